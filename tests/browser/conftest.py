"""A browser, if there is one. With REQUIRE_BROWSER=1 there has to be: a skip is a failure then."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(scope="session")
def without() -> Callable[[str], None]:
    """Skips the test, for the reason given; fails if browsers are required."""
    return pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip


@pytest.fixture(scope="session")
def browser(without: Callable[[str], None]) -> Iterator[object]:
    """Playwright's Chromium: the one of the system if there is one."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        without("needs playwright (pip install -e '.[browser]')")
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        try:
            started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error as error:
            without(f"needs Chromium (apt install chromium): {str(error).splitlines()[0]}")
        yield started
        started.close()

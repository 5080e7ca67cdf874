"""What every test relies on."""

import importlib.util
import os
import shutil
import signal
from collections.abc import Callable, Iterator

import pytest

import autograd as ag


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="run the tests of tests/trust at their full size"
    )


@pytest.fixture(scope="session")
def size(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How much of something a test does: (in the suite, with --long)."""
    return lambda short, long: long if request.config.getoption("--long") else short


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard() -> None:
    """A shell that starts the tests in the background has them ignore it, and what they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def recording_is_left_on() -> Iterator[None]:
    """A test that leaves recording switched off would make the next ones test nothing."""
    assert ag.is_recording()
    yield
    assert ag.is_recording(), "this test left recording switched off"


@pytest.fixture(scope="session")
def without() -> Callable[[str], None]:
    """Skips a test of tests/browser, for the reason given; with REQUIRE_BROWSER=1 it fails."""
    return pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip


@pytest.fixture(scope="module")  # its event loop must not be there in tests that run their own
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


def pytest_terminal_summary(terminalreporter):
    if importlib.util.find_spec("torch") is None:
        terminalreporter.write_line(
            "No PyTorch: tests/oracle did not run (with REQUIRE_ORACLE=1 that is an error)."
        )

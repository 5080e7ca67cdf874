"""What every test relies on."""

import importlib.util
from collections.abc import Iterator

import pytest

import autograd as ag


@pytest.fixture(autouse=True)
def recording_is_left_on() -> Iterator[None]:
    """A test that leaves recording switched off would make the next ones test nothing."""
    assert ag.is_recording()
    yield
    assert ag.is_recording(), "this test left recording switched off"


def pytest_terminal_summary(terminalreporter):
    if importlib.util.find_spec("torch") is None:
        terminalreporter.write_line(
            "No PyTorch: tests/oracle did not run (with REQUIRE_ORACLE=1 that is an error)."
        )

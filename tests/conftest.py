"""What every test relies on."""

from collections.abc import Iterator

import pytest

import autograd as ag


@pytest.fixture(autouse=True)
def recording_is_left_on() -> Iterator[None]:
    """A test that leaves recording switched off would make the next ones test nothing."""
    assert ag.is_recording()
    yield
    assert ag.is_recording(), "this test left recording switched off"

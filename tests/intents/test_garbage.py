"""Python's search for garbage goes on as before once something has been built."""

import gc
from collections.abc import Iterator

import pytest

from intents.garbage import uncollected


@pytest.fixture(params=[True, False], ids=["on", "off"])
def was_on(request: pytest.FixtureRequest) -> Iterator[bool]:
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_there_is_no_search_meanwhile_and_then_it_is_as_before(*, was_on: bool) -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled() == was_on


def test_it_is_as_before_after_an_error_too(*, was_on: bool) -> None:
    with pytest.raises(ValueError, match="broken"), uncollected():
        raise ValueError("broken")
    assert gc.isenabled() == was_on

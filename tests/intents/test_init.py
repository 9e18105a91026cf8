"""What the package offers."""

import pytest

import intents


def test_all_that_is_offered_is_there() -> None:
    offered = {name: getattr(intents, name) for name in intents.__all__}
    assert {name: each.__name__ for name, each in offered.items()} == {name: name for name in intents.__all__}


def test_what_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Matchr"):
        intents.Matchr  # type: ignore[attr-defined]  # noqa: B018 -- that it raises is what is tested

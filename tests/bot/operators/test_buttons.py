"""Operators' buttons: what each does comes back from its value, and no other value does anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.operators.buttons import VALUE_PREFIX, AdminAction, AdminButton

PIECES = st.text(st.characters(codec="ascii", exclude_characters=":"), min_size=1)


@given(st.sampled_from(AdminAction), PIECES, PIECES)
def test_a_button_comes_back_from_its_value(action: AdminAction, key: str, detail: str) -> None:
    for button in (AdminButton(action), AdminButton(action, key), AdminButton(action, key, detail)):
        assert button.encode().startswith(VALUE_PREFIX)
        assert AdminButton.decode(button.encode()) == button


@pytest.mark.parametrize("value", ["", "x", "a:", "a:what", "i:home_visit", "A:miss:1"])
def test_a_value_of_no_button_of_today_is_none(value: str) -> None:
    assert AdminButton.decode(value) is None

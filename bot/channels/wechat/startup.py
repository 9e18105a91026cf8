"""The menu that a verified account sets at the start."""

from collections.abc import Sequence

from bot.channels.wechat import limits, wording
from bot.channels.wx.api import JSON
from bot.messages import Choice


def menu(groups: Sequence[Choice]) -> list[JSON]:
    """The menu below the talk: the groups of topics, and how to use the bot; none where a name doesn't fit."""
    topics: list[JSON] = [_button(group.label, group.value) for group in groups if _fits(group)][
        : limits.SUBMENU_BUTTONS
    ]
    about = [_button(label, words) for label, words in wording.MENU_HELP]
    buttons: list[JSON] = [{"name": wording.MENU_ABOUT, "sub_button": about}]
    return [{"name": wording.MENU_TOPICS, "sub_button": topics}, *buttons] if topics else buttons


def _button(name: str, key: str) -> JSON:
    return {"type": "click", "name": name, "key": key}


def _fits(choice: Choice) -> bool:
    return (
        limits.text_bytes(choice.label) <= limits.SUBMENU_NAME_BYTES
        and limits.text_bytes(choice.value) <= limits.MENU_KEY_BYTES
    )

"""What a verified account asks of WeChat at the start: an access token, then the menu."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from bot.channels.wechat import limits, wording
from bot.channels.wechat.api import WeChatAPI
from bot.channels.wechat.errors import SETTINGS_CODES, TOKEN_CODES, APIError
from bot.channels.wx.api import JSON
from bot.messages import Choice

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 1.0
"""Seconds before the first retry; doubles from retry to retry up to LONGEST_PAUSE."""
LONGEST_PAUSE: Final = 60.0


async def retry_token(api: WeChatAPI, pause: float = FIRST_PAUSE) -> None:
    """Get an access token, again and again while WeChat can't be reached; raises APIError for what the settings must mend."""
    while True:
        try:
            await api.token()
        except APIError as error:
            if error.code in SETTINGS_CODES | TOKEN_CODES:
                raise
            log.warning("wechat_not_reached", kind=str(error), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return


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

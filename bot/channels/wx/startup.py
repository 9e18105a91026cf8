"""What is asked of either vendor before anything is sent: an access token, patiently with the network, plainly about the settings."""

import asyncio
from collections.abc import Collection
from typing import Final

import structlog

from bot.channels.wx.api import APIError, TokenAPI

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 1.0
"""Seconds before the first retry; doubles from retry to retry up to LONGEST_PAUSE."""
LONGEST_PAUSE: Final = 60.0


async def retry_token(api: TokenAPI, event: str, settings_codes: Collection[int], pause: float = FIRST_PAUSE) -> None:
    """Get an access token, again and again while the vendor can't be reached.

    Args:
        api: whose token.
        event: what the log calls a vendor that can't be reached.
        settings_codes: the codes that trying again doesn't mend.
        pause: seconds before the first retry.

    Raises APIError for what the settings must mend.
    """
    while True:
        try:
            await api.token()
        except APIError as error:
            if error.code in settings_codes:
                raise
            log.warning(event, kind=str(error), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return

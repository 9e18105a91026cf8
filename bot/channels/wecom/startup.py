"""What is asked of WeCom before messages are answered: patient with the network, plain about the set-up."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from bot.channels.wecom.api import WeComAPI
from bot.channels.wecom.errors import SETTINGS_CODES, TOKEN_CODES, APIError
from bot.channels.wecom.intake import CHANNEL, Pulls
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 1.0
"""Seconds before the first retry; doubles from retry to retry up to LONGEST_PAUSE."""
LONGEST_PAUSE: Final = 60.0


async def retry_token(api: WeComAPI, pause: float = FIRST_PAUSE) -> None:
    """Get an access token, again and again while WeCom can't be reached; raises APIError for what the settings must mend."""
    while True:
        try:
            await api.token()
        except APIError as error:
            if error.code in SETTINGS_CODES | TOKEN_CODES:
                raise
            log.warning("wecom_not_reached", kind=str(error), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return


async def known_accounts(api: WeComAPI, pulls: Pulls) -> Sequence[str]:
    """The accounts to look for messages in at the start: those pulled before, and those that we may manage.

    Raises APIError for what the settings must mend; any other account is pulled when a callback names it.
    """
    found: list[str] = []
    try:
        found += await pulls.accounts(CHANNEL)
    except StoreError as error:
        log.error("cursors_not_read", reason=str(error))
    try:
        found += await api.accounts()
    except APIError as error:
        if error.code in SETTINGS_CODES:
            raise
        log.warning("wecom_accounts_unknown", kind=str(error), remedy=error.remedy)
    return list(dict.fromkeys(account for account in found if account))

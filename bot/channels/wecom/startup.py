"""Which accounts of WeCom are looked at before messages are answered."""

from collections.abc import Sequence

import structlog

from bot.channels.wecom.api import WeComAPI
from bot.channels.wecom.errors import SETTINGS_CODES, APIError
from bot.channels.wecom.intake import Pulls
from bot.channels.wecom.keeping import CHANNEL
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)


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

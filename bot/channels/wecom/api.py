"""WeCom's API for 微信客服: the access token, and the calls that this channel makes."""

import time
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from pydantic import SecretStr
from typing_extensions import override

from bot.channels.wecom.errors import TOKEN_CODES, APIError
from bot.channels.wecom.limits import PAGE_ACCOUNTS, PAGE_MESSAGES
from bot.channels.wecom.messages import Page
from bot.channels.wx.api import AccessToken, TokenAPI

BASE_URL: Final = "https://qyapi.weixin.qq.com"


class SessionState(IntEnum):
    """Who has a session (https://developer.work.weixin.qq.com/document/path/94669); only the first two let the API speak."""

    NEW = 0
    BOT = 1
    QUEUED = 2
    ATTENDANT = 3
    ENDED = 4


class WeComAPI(TokenAPI):
    """Calls WeCom; close at the end.

    gettoken gives the same token until it ends, to every process (https://developer.work.weixin.qq.com/document/path/91039).
    """

    ERROR = APIError
    TOKEN_CODES = TOKEN_CODES

    def __init__(
        self, corp_id: str, secret: SecretStr, base_url: str = BASE_URL, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(base_url, clock)
        self._corp_id = corp_id
        self._secret = secret

    async def sync(self, account: str, cursor: str, token: str = "") -> Page:
        """The messages of an account behind a cursor (…/path/94670); raises APIError.

        Args:
            account: open_kfid; empty: all accounts that we may manage.
            cursor: where to go on; empty: from the beginning, three days ago.
            token: what a callback brought; without one calls are strictly limited.
        """
        asked = {"open_kfid": account, "cursor": cursor, "token": token}
        given: dict[str, object] = {name: value for name, value in asked.items() if value}
        return Page.from_json(await self.call("/cgi-bin/kf/sync_msg", {**given, "limit": PAGE_MESSAGES}))

    async def send(self, account: str, person: str, message_id: str, content: Mapping[str, object]) -> None:
        """A message to somebody who has written (…/path/94677); raises APIError.

        Args:
            account: open_kfid that they wrote to.
            person: external_userid.
            message_id: ours; a message with one that was used before isn't delivered again.
            content: `msgtype` and what belongs to it.
        """
        await self.call(
            "/cgi-bin/kf/send_msg", {"touser": person, "open_kfid": account, "msgid": message_id, **content}
        )

    async def send_on_event(self, code: str, message_id: str, content: Mapping[str, object]) -> None:
        """The one message that an event's code allows (…/path/95122); raises APIError."""
        await self.call("/cgi-bin/kf/send_msg_on_event", {"code": code, "msgid": message_id, **content})

    async def session_state(self, account: str, person: str) -> int:
        """Who has a session, a SessionState (…/path/94669); raises APIError."""
        answer = await self.call("/cgi-bin/kf/service_state/get", {"open_kfid": account, "external_userid": person})
        state = answer.get("service_state")
        return state if isinstance(state, int) else SessionState.NEW

    async def accounts(self) -> Sequence[str]:
        """The customer-service accounts that we may manage (…/path/94661); raises APIError."""
        found: list[str] = []
        while True:
            answer = await self.call("/cgi-bin/kf/account/list", {"offset": len(found), "limit": PAGE_ACCOUNTS})
            listed = answer.get("account_list")
            items = listed if isinstance(listed, list) else []
            found += [each["open_kfid"] for each in items if isinstance(each, dict) and "open_kfid" in each]
            if len(items) < PAGE_ACCOUNTS:
                return found

    @override
    async def _new_token(self, *, force: bool) -> AccessToken:
        asked = {"corpid": self._corp_id, "corpsecret": self._secret.get_secret_value()}
        return self._token_in(await self._request("GET", "/cgi-bin/gettoken", None, asked))

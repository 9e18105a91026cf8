"""WeChat's API for verified accounts: one owner of the access token, and the calls that this channel makes."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from pydantic import SecretStr

from bot.channels.wechat.errors import BUSY, NETWORK, TOKEN_CODES, APIError
from bot.channels.wechat.limits import TOKEN_REFRESH_SECONDS

BASE_URL: Final = "https://api.weixin.qq.com"
CALL_SECONDS: Final = 10.0

JSON = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    refresh_at: float
    """By the clock of WeChatAPI."""


@dataclass
class WeChatAPI:
    """Calls WeChat; close at the end.

    The token comes from stable_token, which doesn't void the one that another process holds
    (https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html).
    """

    app_id: str
    app_secret: SecretStr
    base_url: str = BASE_URL
    clock: Callable[[], float] = time.monotonic
    _token: _Token | None = field(default=None, repr=False)
    _refreshing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _session: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def send_text(self, person: str, text: str) -> None:
        """A 客服消息 (…/Message_Management/Service_Center_messages.html); raises APIError."""
        await self.call(
            "/cgi-bin/message/custom/send", {"touser": person, "msgtype": "text", "text": {"content": text}}
        )

    async def set_menu(self, buttons: list[JSON]) -> None:
        """The menu below the talk (…/Custom_Menus/Creating_Custom-Defined_Menu.html); raises APIError."""
        await self.call("/cgi-bin/menu/create", {"button": buttons})

    async def qr_url(self, scene: str) -> str:
        """What a QR code says that brings this scene along, for good (…/Generating_a_Parametric_QR_Code.html); raises APIError."""
        action = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
        url = (await self.call("/cgi-bin/qrcode/create", action)).get("url")
        if not isinstance(url, str):
            raise APIError(NETWORK)
        return url

    async def call(self, path: str, body: Mapping[str, object]) -> JSON:
        """Call with an access token, with a new one where WeChat takes the first no longer; raises APIError."""
        token = await self.token()
        try:
            return await self._post(path, body, token)
        except APIError as error:
            if error.code == BUSY:
                return await self._post(path, body, token)
            if error.code not in TOKEN_CODES:
                raise
        return await self._post(path, body, await self.token(instead_of=token))

    async def token(self, *, instead_of: str | None = None) -> str:
        """The access token, refreshed before it ends.

        Args:
            instead_of: one that WeChat has refused.

        Raises:
            APIError: WeChat gives none.
        """
        async with self._refreshing:
            if self._fresh(instead_of) is None:
                self._token = await self._new_token(force=False)
                if self._token.value == instead_of:
                    self._token = await self._new_token(force=True)
            if self._token is None:
                raise APIError(NETWORK)
            return self._token.value

    async def close(self) -> None:
        """Give back the connections."""
        if self._session is not None:
            await self._session.close()

    def _fresh(self, instead_of: str | None) -> _Token | None:
        token = self._token
        return token if token is not None and token.value != instead_of and token.refresh_at > self.clock() else None

    async def _new_token(self, *, force: bool) -> _Token:
        asked = {
            "grant_type": "client_credential",
            "appid": self.app_id,
            "secret": self.app_secret.get_secret_value(),
            "force_refresh": force,
        }
        answer = await self._post("/cgi-bin/stable_token", asked)
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise APIError(NETWORK)
        return _Token(value, self.clock() + max(seconds - TOKEN_REFRESH_SECONDS, seconds / 2))

    async def _post(self, path: str, body: Mapping[str, object], token: str | None = None) -> JSON:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        # Not escaped: people would read 催收 as \u50ac\u6536.
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        params = {"access_token": token} if token is not None else None
        try:
            async with self._session.post(
                self.base_url + path, data=data, params=params, headers={"Content-Type": "application/json"}
            ) as response:
                answer = json.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            raise APIError(NETWORK) from None  # the error's own text may hold the URL with the token
        if not isinstance(answer, dict):
            raise APIError(NETWORK)
        code = answer.get("errcode", 0)
        if code != 0:
            raise APIError(code if isinstance(code, int) else NETWORK, str(answer.get("errmsg", "")))
        return answer

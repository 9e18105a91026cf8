"""JSON over HTTP behind an access token, as WeChat and WeCom have it: one owner of the token, refreshed before it ends."""

import asyncio
import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import aiohttp

NETWORK: Final = -1000
"""Ours: not reached, or not understood."""
BUSY: Final = -1

CALL_SECONDS: Final = 10.0
TOKEN_REFRESH_SECONDS: Final = 300.0
"""So long before its end a token is replaced. It lives two hours, and the next one is given out while the old one still works
(https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html)."""

JSON = dict[str, object]
Count = Callable[[str], None]
"""Counts an event by its kind."""


class APIError(Exception):
    """The vendor refused a call or didn't answer; the text is a kind, never a token, a person or a message."""

    REMEDIES: ClassVar[Mapping[int, str]]
    """What to do about a code, in one line that may hold {ip}."""
    OTHER: ClassVar[str]
    """What to do about any other {code}."""
    IP: ClassVar[re.Pattern[str]]
    """Finds our address in the vendor's message, where it isn't on the list of those that may call."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__("network" if code == NETWORK else f"errcode_{code}")
        self.code = code
        found = self.IP.search(message)
        self.ip = found[1] if found else ""
        """The address that isn't on the list."""

    @property
    def remedy(self) -> str:
        """What to do about it, in one line."""
        return self.REMEDIES.get(self.code, self.OTHER).format(code=self.code, ip=f" {self.ip}" if self.ip else "")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is given out."""

    value: str
    seconds: int
    """How long it lives."""


class TokenAPI(ABC):
    """An API of one vendor; close at the end."""

    ERROR: ClassVar[type[APIError]]
    """What is raised when a call fails."""
    TOKEN_CODES: ClassVar[frozenset[int]]
    """The errors by which the vendor refuses a token that was good once."""

    def __init__(self, base_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is connected yet.

        Args:
            base_url: scheme and host, without a slash at the end.
            clock: seconds.
        """
        self.base_url = base_url
        self.clock = clock
        self._token: AccessToken | None = None
        self._refresh_at = 0.0
        self._refreshing = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None

    async def call(self, path: str, body: Mapping[str, object]) -> JSON:
        """Call with an access token, with a new one where the vendor takes the first no longer; raises APIError."""
        token = await self.token()
        try:
            return await self._request("POST", path, body, {"access_token": token})
        except APIError as error:
            if error.code == BUSY:
                return await self._request("POST", path, body, {"access_token": token})
            if error.code not in self.TOKEN_CODES:
                raise
        return await self._request("POST", path, body, {"access_token": await self.token(instead_of=token)})

    async def token(self, *, instead_of: str | None = None) -> str:
        """The access token, refreshed before it ends.

        Args:
            instead_of: one that the vendor has refused.

        Raises:
            APIError: the vendor gives none.
        """
        async with self._refreshing:
            token = self._token
            if token is None or token.value == instead_of or self._refresh_at <= self.clock():
                token = await self._new_token(force=False)
                if token.value == instead_of:
                    token = await self._new_token(force=True)
                self._token = token
                self._refresh_at = self.clock() + max(token.seconds - TOKEN_REFRESH_SECONDS, token.seconds / 2)
            return token.value

    async def close(self) -> None:
        """Give back the connections."""
        if self._session is not None:
            await self._session.close()

    @abstractmethod
    async def _new_token(self, *, force: bool) -> AccessToken:
        """A token from the vendor; with force never the one it gave before, where the vendor can do that. Raises APIError."""

    def _token_in(self, answer: JSON) -> AccessToken:
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise self.ERROR(NETWORK)
        return AccessToken(value, seconds)

    async def _request(
        self, method: str, path: str, body: Mapping[str, object] | None, params: Mapping[str, str] | None = None
    ) -> JSON:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        # Not escaped: people would read 催收 as \u50ac\u6536.
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace") if body is not None else None
        headers = {"Content-Type": "application/json"} if body is not None else None
        try:
            async with self._session.request(
                method, self.base_url + path, data=data, params=params, headers=headers
            ) as response:
                answer = json.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            raise self.ERROR(NETWORK) from None  # the error's own text may hold the URL with the token
        if not isinstance(answer, dict):
            raise self.ERROR(NETWORK)
        code = answer.get("errcode", 0)
        if code != 0:
            raise self.ERROR(code if isinstance(code, int) else NETWORK, str(answer.get("errmsg", "")))
        return answer

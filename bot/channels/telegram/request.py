"""The HTTP connections of a bot: a request costs a fraction of what it costs through httpx, which is most of a turn."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from aiohttp.abc import AbstractStreamWriter
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest, RequestData
from typing_extensions import override

IDLE_SECONDS: Final = 5.0
"""How long a connection is kept for the next request; servers close theirs later."""
OTHER_SECONDS: Final = 5.0
"""How long connecting and sending may take."""

_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9_.~-]+")


class AiohttpRequest(HTTPXRequest):
    """What a bot asks of Telegram, through aiohttp; files and what goes through a proxy are left to httpx."""

    def __init__(self, connections: int, seconds: float, trust: ssl.SSLContext) -> None:
        super().__init__(
            connection_pool_size=connections,
            read_timeout=seconds,
            pool_timeout=seconds,
            httpx_kwargs={"verify": trust},
        )
        self._connections = connections
        self._seconds = seconds
        self._trust = trust
        self._proxies = getproxies()
        self._session: aiohttp.ClientSession | None = None
        self._ended = False

    @override
    async def initialize(self) -> None:
        """Make ready to connect; as often as wanted."""
        await super().initialize()
        self._ended = False

    @override
    async def shutdown(self) -> None:
        """Close every connection."""
        self._ended = True
        if self._session is not None:
            await self._session.close()
            self._session = None
        await super().shutdown()

    @override
    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The answer's status and body; raises NetworkError and TimedOut, with httpx's error as their cause."""
        if method != "POST" or request_data is None or request_data.contains_files or proxied(url, self._proxies):
            timeouts = (read_timeout, write_timeout, connect_timeout, pool_timeout)
            return await super().do_request(url, method, request_data, *timeouts)
        if self._ended:
            raise RuntimeError("not initialized")
        # Not before: whoever cancels the bot's start has nothing to close.
        if self._session is None:
            self._session = self._connected()
        patience = aiohttp.ClientTimeout(
            connect=_told(pool_timeout, self._seconds),
            sock_connect=_told(connect_timeout, OTHER_SECONDS),
            sock_read=_told(read_timeout, self._seconds),
        )
        form = _Form(request_data.json_parameters, _told(write_timeout, OTHER_SECONDS))
        try:
            async with self._session.post(url, data=form, timeout=patience, allow_redirects=False) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            # Its text and its causes hold the address, with the token: nothing of it goes further but its kind.
            meant = next(meant for kind, meant in _MEANT.items() if isinstance(error, kind))
        raised = TimedOut() if issubclass(meant, httpx.TimeoutException) else NetworkError(meant.__name__)
        raise raised from meant(meant.__name__)

    def _connected(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=IDLE_SECONDS, ssl=self._trust),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            skip_auto_headers=("Accept", "Accept-Encoding"),
        )


class _Form(aiohttp.BytesPayload):
    """Parameters as a form, which must be gone after so many seconds: aiohttp itself waits for ever."""

    def __init__(self, parameters: Mapping[str, str], seconds: float | None) -> None:
        # urllib looks at every byte of a hanzi by itself.
        fields = (f"{name}=".encode() + _UNSAFE.sub(_escaped, value.encode()) for name, value in parameters.items())
        super().__init__(b"&".join(fields), content_type="application/x-www-form-urlencoded")
        self._seconds = seconds

    @override
    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        async with asyncio.timeout(self._seconds):
            await super().write_with_length(writer, content_length)


def proxied(url: str, proxies: Mapping[str, str]) -> bool:
    """Whether one of these proxies, by scheme, stands before this address."""
    server = urlsplit(url)
    return not ({server.scheme, "all"}.isdisjoint(proxies) or proxy_bypass(server.hostname or ""))


_MEANT: Final[Mapping[type[Exception], type[httpx.TransportError]]] = {
    aiohttp.ConnectionTimeoutError: httpx.ConnectTimeout,
    aiohttp.SocketTimeoutError: httpx.ReadTimeout,
    TimeoutError: httpx.WriteTimeout,
    aiohttp.ClientConnectorError: httpx.ConnectError,
    OSError: httpx.ReadError,
    aiohttp.ClientError: httpx.RemoteProtocolError,
}
"""What httpx calls each error: the first that fits. A wait for a free connection counts as connecting."""


def _told(seconds: Any, usual: float) -> float | None:  # noqa: ANN401 -- the library's own type for this is private
    return usual if seconds is BaseRequest.DEFAULT_NONE else seconds


def _escaped(run: re.Match[bytes]) -> bytes:
    return b"%" + run[0].hex("%").encode()

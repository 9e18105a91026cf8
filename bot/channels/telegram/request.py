"""HTTP to the Bot API, through aiohttp in place of httpx (docs/decisions/0002-telegram-requests.md)."""

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
"""How long an idle connection is kept; servers close theirs later."""
OTHER_SECONDS: Final = 5.0
"""How long connecting and sending may take."""

_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9_.~-]+")


class AiohttpRequest(HTTPXRequest):
    """Sends a bot's requests through aiohttp; those with files, and those through a proxy, through httpx."""

    def __init__(self, connections: int, seconds: float, ssl_context: ssl.SSLContext) -> None:
        """Prepare; connections are opened by the first request.

        Args:
            connections: how many at most.
            seconds: how long reading an answer, or waiting for a free connection, may take.
            ssl_context: the certificates to trust.
        """
        super().__init__(
            connection_pool_size=connections,
            read_timeout=seconds,
            pool_timeout=seconds,
            httpx_kwargs={"verify": ssl_context},
        )
        self._connections = connections
        self._seconds = seconds
        self._ssl_context = ssl_context
        self._proxies = getproxies()
        self._session: aiohttp.ClientSession | None = None
        self._shut_down = False

    @override
    async def initialize(self) -> None:
        """Allow requests, also again after a shutdown."""
        await super().initialize()
        self._shut_down = False

    @override
    async def shutdown(self) -> None:
        """Close every connection."""
        self._shut_down = True
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
        """Send a request and return the answer's status and body; raises NetworkError or TimedOut, caused by httpx's error."""
        if method != "POST" or request_data is None or request_data.contains_files or proxied(url, self._proxies):
            timeouts = (read_timeout, write_timeout, connect_timeout, pool_timeout)
            return await super().do_request(url, method, request_data, *timeouts)
        if self._shut_down:
            raise RuntimeError("not initialized")
        # Not before: whoever cancels the bot's start has nothing to close.
        if self._session is None:
            self._session = self._open_session()
        timeout = aiohttp.ClientTimeout(
            connect=_given_or(pool_timeout, self._seconds),
            sock_connect=_given_or(connect_timeout, OTHER_SECONDS),
            sock_read=_given_or(read_timeout, self._seconds),
        )
        form = _Form(request_data.json_parameters, _given_or(write_timeout, OTHER_SECONDS))
        try:
            async with self._session.post(url, data=form, timeout=timeout, allow_redirects=False) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            # Its text and its causes hold the URL with the token, so nothing but its kind is passed on.
            equivalent = next(theirs for ours, theirs in _HTTPX_ERRORS.items() if isinstance(error, ours))
        raised = TimedOut() if issubclass(equivalent, httpx.TimeoutException) else NetworkError(equivalent.__name__)
        raise raised from equivalent(equivalent.__name__)

    def _open_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=IDLE_SECONDS, ssl=self._ssl_context
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            skip_auto_headers=("Accept", "Accept-Encoding"),
        )


class _Form(aiohttp.BytesPayload):
    """Parameters as a form, with a limit on the time that sending takes; aiohttp has none."""

    def __init__(self, parameters: Mapping[str, str], seconds: float | None) -> None:
        # In place of urllib's urlencode, which takes every byte of a hanzi by itself.
        fields = (f"{name}=".encode() + _UNSAFE.sub(_escaped, value.encode()) for name, value in parameters.items())
        super().__init__(b"&".join(fields), content_type="application/x-www-form-urlencoded")
        self._seconds = seconds

    @override
    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        async with asyncio.timeout(self._seconds):
            await super().write_with_length(writer, content_length)


def proxied(url: str, proxies: Mapping[str, str]) -> bool:
    """Whether one of these proxies (by scheme) is used for this URL."""
    server = urlsplit(url)
    return not ({server.scheme, "all"}.isdisjoint(proxies) or proxy_bypass(server.hostname or ""))


_HTTPX_ERRORS: Final[Mapping[type[Exception], type[httpx.TransportError]]] = {
    aiohttp.ConnectionTimeoutError: httpx.ConnectTimeout,
    aiohttp.SocketTimeoutError: httpx.ReadTimeout,
    TimeoutError: httpx.WriteTimeout,
    aiohttp.ClientConnectorError: httpx.ConnectError,
    OSError: httpx.ReadError,
    aiohttp.ClientError: httpx.RemoteProtocolError,
}
"""The error of httpx for each of aiohttp's; the first that fits. A wait for a free connection counts as connecting."""


def _given_or(seconds: Any, default: float) -> float | None:  # noqa: ANN401 -- the library's own type for this is private
    return default if seconds is BaseRequest.DEFAULT_NONE else seconds


def _escaped(run: re.Match[bytes]) -> bytes:
    return b"%" + run[0].hex("%").encode()

"""The HTTP connections of a bot: a request costs a tenth of what it costs through httpx, which is most of a turn."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import h11
import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest, RequestData
from typing_extensions import override

IDLE_SECONDS: Final = 5.0
"""How long a connection is kept for the next request; servers close theirs later."""
OTHER_SECONDS: Final = 5.0
"""How long connecting and sending may take."""
READ_BYTES: Final = 1 << 16
SECOND_ADDRESS_AFTER: Final = 0.25
"""Seconds after which a host's next address is tried as well (https://www.rfc-editor.org/rfc/rfc8305)."""


_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9_.~-]+")


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds each stage of a request may take; None: any."""

    pool: float | None
    connect: float | None
    write: float | None
    read: float | None


class Line:
    """One connection, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT)
        self._idle_since = monotonic()

    @property
    def usable(self) -> bool:
        """Whether another request may go out on it."""
        fresh = monotonic() - self._idle_since < IDLE_SECONDS
        settled = self._protocol.our_state is h11.IDLE
        return fresh and settled and not self._reader.at_eof() and not self._writer.is_closing()

    async def exchange(self, request: h11.Request, body: bytes, patience: Patience) -> tuple[int, bytes]:
        """Send one request: its status and its body; raises httpx.WriteError, ReadError, RemoteProtocolError and timeouts."""
        async with _within(patience.write, httpx.WriteTimeout, httpx.WriteError):
            sent = (self._protocol.send(part) or b"" for part in (request, h11.Data(body), h11.EndOfMessage()))
            self._writer.write(b"".join(sent))
            await self._writer.drain()
        status, parts = 0, bytearray()
        while True:
            event = await self._next_event(patience)
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                parts += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
        self._idle_since = monotonic()
        return status, bytes(parts)

    def close(self) -> None:
        """Give the connection up."""
        self._writer.transport.abort()

    async def _next_event(self, patience: Patience) -> object:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            async with _within(patience.read, httpx.ReadTimeout, httpx.ReadError):
                self._protocol.receive_data(await self._reader.read(READ_BYTES))
        return event


@dataclass
class Lines:
    """The connections to one server; so many at a time."""

    most: int
    trust: ssl.SSLContext
    _idle: list[Line] = field(default_factory=list)
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.most)

    async def post(self, url: str, headers: dict[str, str], body: bytes, patience: Patience) -> tuple[int, bytes]:
        """Post a body: the answer's status and body; raises httpx.TransportError, as httpx itself would."""
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        request = h11.Request(
            method="POST",
            target=parts.path,
            headers=[("Host", f"{parts.hostname}{port}"), ("Content-Length", str(len(body))), *headers.items()],
        )
        async with self._turn(patience.pool):
            line = await self._line(parts, patience.connect)
            try:
                answer = await line.exchange(request, body, patience)
            except h11.RemoteProtocolError as error:
                line.close()
                raise httpx.RemoteProtocolError(type(error).__name__) from error
            except BaseException:
                line.close()
                raise
            self._idle.append(line)
        return answer

    def close(self) -> None:
        """Give up every connection that is idle."""
        while self._idle:
            self._idle.pop().close()

    @contextlib.asynccontextmanager
    async def _turn(self, seconds: float | None) -> AsyncIterator[None]:
        async with _within(seconds, httpx.PoolTimeout, httpx.PoolTimeout):
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _line(self, server: SplitResult, seconds: float | None) -> Line:
        # The one used last is the likeliest to be alive.
        while self._idle:
            line = self._idle.pop()
            if line.usable:
                return line
            line.close()
        secure = server.scheme == "https"
        async with _within(seconds, httpx.ConnectTimeout, httpx.ConnectError):
            return Line(
                *await asyncio.open_connection(
                    server.hostname,
                    server.port or (443 if secure else 80),
                    ssl=self.trust if secure else None,
                    happy_eyeballs_delay=SECOND_ADDRESS_AFTER,
                )
            )


class DirectRequest(HTTPXRequest):
    """What a bot asks of Telegram, straight to its server; files and what goes through a proxy are left to httpx."""

    def __init__(self, connections: int, seconds: float, trust: ssl.SSLContext) -> None:
        super().__init__(
            connection_pool_size=connections,
            read_timeout=seconds,
            pool_timeout=seconds,
            httpx_kwargs={"verify": trust},
        )
        self._usual = Patience(pool=seconds, connect=OTHER_SECONDS, write=OTHER_SECONDS, read=seconds)
        self._lines = Lines(connections, trust)
        self._proxies = getproxies()

    @override
    async def shutdown(self) -> None:
        """Close every connection."""
        self._lines.close()
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
        told = {"pool": pool_timeout, "connect": connect_timeout, "write": write_timeout, "read": read_timeout}
        patience = replace(self._usual, **{key: each for key, each in told.items() if each is not self.DEFAULT_NONE})
        headers = {"User-Agent": self.USER_AGENT, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            return await self._lines.post(url, headers, _form(request_data.json_parameters), patience)
        except httpx.TimeoutException as error:
            raise TimedOut from error
        except httpx.TransportError as error:
            raise NetworkError(type(error).__name__) from error


def _form(parameters: Mapping[str, str]) -> bytes:
    """The parameters as a form; urllib looks at every byte of a hanzi by itself."""
    return b"&".join(f"{name}=".encode() + _UNSAFE.sub(_escaped, value.encode()) for name, value in parameters.items())


def _escaped(run: re.Match[bytes]) -> bytes:
    return b"%" + run[0].hex("%").encode()


def proxied(url: str, proxies: Mapping[str, str]) -> bool:
    """Whether one of these proxies, by scheme, stands before this address."""
    server = urlsplit(url)
    return not ({server.scheme, "all"}.isdisjoint(proxies) or proxy_bypass(server.hostname or ""))


@contextlib.asynccontextmanager
async def _within(
    seconds: float | None, late: type[httpx.TimeoutException], broken: type[httpx.TransportError]
) -> AsyncIterator[None]:
    """What takes longer than so many seconds, or breaks, as httpx names it; without the address, which holds the token."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise late(late.__name__) from error
    except OSError as error:
        raise broken(type(error).__name__) from error

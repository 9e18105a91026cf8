"""One HTTP connection, and how many there may be: whoever is slow, silent or too many gives the socket back."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.http.addresses import Crowds

HEAD_SECONDS = 10.0
"""From the connection, or the end of the last answer, until the whole head of a request is there."""
BODY_SECONDS = 15.0
"""From the head to the end of the body; a little longer than `request_body` waits, which answers in words."""
WRITE_SECONDS = 30.0
"""How long the other side may read nothing of an answer that waits for it."""
MAX_HEAD_BYTES = 32 * 1024
"""Of a request's line and headers; the parser has no limit of its own."""


@dataclass
class Census:
    """How many connections there are, in all and from each address."""

    most: int
    """In all: less than the process may have descriptors, so that accepting never fails for want of one."""
    most_per_address: int
    crowds: Crowds = field(default_factory=Crowds)
    """Whom the second limit isn't for."""
    _open: Counter[str] = field(default_factory=Counter, repr=False)
    _idle: dict[asyncio.Transport, None] = field(default_factory=dict, repr=False)
    """Those that owe a request, the longest first."""

    def enter(self, address: str) -> bool:
        """Count a connection; False, and not counted, where there are too many already.

        Where all places are taken, the one that has been idle longest makes room.
        """
        if self._open[address] >= self.most_per_address and self.crowds.client(address) is not None:
            return False
        if self._open.total() >= self.most:
            longest = next(iter(self._idle), None)
            if longest is None:
                return False
            self.busy(longest)
            longest.abort()
        self._open[address] += 1
        return True

    def idle(self, transport: asyncio.Transport) -> None:
        """Note that a connection owes a request from now on."""
        self._idle[transport] = None

    def busy(self, transport: asyncio.Transport) -> None:
        """Note that a connection owes none any more."""
        self._idle.pop(transport, None)

    def leave(self, address: str) -> None:
        """Count a connection no more."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration, with the census that its connections are counted in."""

    census: Census


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which ends when a request, or the reading of its answer, takes too long.

    uvicorn itself limits only the silence between two requests, and every byte begins that anew.
    """

    _counted = False
    _reading_head = True
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def _census(self) -> Census | None:
        return self.config.census if isinstance(self.config, ServerConfig) else None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._counted = self._census is not None and self._census.enter(self._address)
        if self._census is not None and not self._counted:
            transport.abort()
            return
        self._expect_request()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._counted and self._census is not None:
            self._census.leave(self._address)
            self._census.busy(self.transport)
            self._counted = False
        self._expect(None)
        if self._write_deadline is not None:
            self._write_deadline.cancel()
        self._unset_keepalive_if_required()  # uvicorn forgets it after a reset
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._reading_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.abort()

    @override
    def on_headers_complete(self) -> None:
        self._reading_head = False
        self._head_bytes = 0
        if self._census is not None:
            self._census.busy(self.transport)
        self._expect(BODY_SECONDS)
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._expect(None)
        super().on_message_complete()
        self._reading_head = True
        if self.cycle.response_complete:  # refused before its body had come
            self._expect_request()

    @override
    def on_response_complete(self) -> None:
        if self._reading_head and not self.transport.is_closing():
            self._expect_request()
        super().on_response_complete()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_deadline = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_deadline is not None:
            self._write_deadline.cancel()

    def _expect_request(self) -> None:
        if self._census is not None:
            self._census.idle(self.transport)
        self._expect(HEAD_SECONDS)

    def _expect(self, seconds: float | None) -> None:
        """Abort when so much time passes; None: the other side owes nothing."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

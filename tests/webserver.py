"""A real web server on loopback for tests that speak HTTP to an application."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override


class QuickServer(uvicorn.Server):
    """uvicorn that says when it is up and goes when it is told to; by itself it looks ten times a second whether it should."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self._leaving = asyncio.Event()

    def leave(self, *, at_once: bool = False) -> None:
        """End serve(), when what is being answered is done or at once."""
        self.should_exit, self.force_exit = True, at_once
        self._leaving.set()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @override
    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._leaving.wait()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in (*self.servers, *(sockets or ())):
            each.close()
        for connection in [*self.server_state.connections]:
            if self.force_exit and connection.transport is not None:
                connection.transport.abort()
            else:
                connection.shutdown()
        while self.server_state.connections or (self.server_state.tasks and not self.force_exit):  # noqa: ASYNC110 -- as uvicorn
            await asyncio.sleep(0.001)
        await self.lifespan.shutdown()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The application's URL, as long as it is served."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = QuickServer(uvicorn.Config(app, log_config=None, access_log=False))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.leave()
        await running

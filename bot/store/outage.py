"""A database server that is restarted, or another that takes its place: whoever asks meanwhile waits for it, as long as that is short."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

BRIDGED_SECONDS = 5.0
"""How long the server may be away before calls fail at once; a call that takes too long has failed before."""
PAUSE_SECONDS = 0.05


class Outage:
    """Knows since when the server can't be reached, and gives connections to it."""

    def __init__(self, bridged_seconds: float = BRIDGED_SECONDS, clock: Callable[[], float] = monotonic) -> None:
        """Well so far.

        Args:
            bridged_seconds: how long it is waited for; 0: not at all, as where the database is a file.
            clock: seconds.
        """
        self._bridged_seconds = bridged_seconds
        self._clock = clock
        self._since: float | None = None

    @contextlib.asynccontextmanager
    async def connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A connection; waits while the server is away only briefly, then raises what the driver does."""
        connection = await self._connected(engine)
        try:
            yield connection
        finally:
            await connection.close()

    async def _connected(self, engine: AsyncEngine) -> AsyncConnection:
        while True:
            try:
                connection = await engine.connect()
            except (SQLAlchemyError, OSError):
                now = self._clock()
                self._since = now if self._since is None else self._since
                if now - self._since >= self._bridged_seconds:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self._since = None
                return connection


"""A database server that is restarted, or another that takes its place: whoever asks meanwhile waits for it, as long as that is short."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")

BRIDGED_SECONDS = 5.0
"""How long the server may be away before calls fail at once; a call that takes too long has failed before."""
PAUSE_SECONDS = 0.05
SHUTDOWN_STATES = frozenset({"57P01", "57P02", "57P03"})
"""admin_shutdown, crash_shutdown, cannot_connect_now (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


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


async def once_more(attempt: Callable[[], Awaitable[T]]) -> T:
    """What an attempt gives; one that the server's end has cut off is made again, on another connection."""
    try:
        return await attempt()
    except DBAPIError as error:
        if not _is_cut_off(error):
            raise
    return await attempt()


def _is_cut_off(error: DBAPIError) -> bool:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    # asyncpg calls it an internal error where the end comes between two of its messages.
    own = type(error.orig).__name__ == "InternalClientError"
    return error.connection_invalidated or state in SHUTDOWN_STATES or state.startswith("08") or own

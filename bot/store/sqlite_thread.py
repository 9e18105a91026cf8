"""One thread with one connection to a SQLite file: many statements for one hand-over, where a driver hands over for each.

Measured with benchmarks/http.py: aiosqlite below SQLAlchemy takes ten hand-overs for a turn, which is more than all the rest of it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class SqliteThread:
    """Runs work on its own connection, one piece after the other; a connection that failed is opened anew for the next."""

    def __init__(self, path: str, busy_seconds: float, name: str) -> None:
        """Nothing is opened yet.

        Args:
            path: of the file.
            busy_seconds: how long SQLite waits for another's write before it reports a lock.
            name: of the thread.
        """
        self._path = path
        self._busy_seconds = busy_seconds
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T], seconds: float) -> T:
        """What the work gives, of whose statements each is a transaction of its own; raises sqlite3's errors, TimeoutError.

        Args:
            work: is called in the thread.
            seconds: how long the database may take. What it has answered counts, however late this loop hears of it.
        """
        job = self._executor.submit(self._do, work)
        answer = asyncio.wrap_future(job)
        _, waiting = await asyncio.wait({answer}, timeout=seconds)
        if waiting and not job.done():
            job.cancel()
            answer.cancel()
            raise TimeoutError
        return await answer

    async def transaction(self, work: Callable[[sqlite3.Connection], T], seconds: float) -> T:
        """The same, all statements in one transaction that takes the lock for writing before it reads."""

        def locked(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result

        return await self.run(locked, seconds)

    async def reset(self) -> None:
        """Open the file anew for the next work: another one may lie there by now."""
        await asyncio.wrap_future(self._executor.submit(self._disconnect))

    async def close(self) -> None:
        """Give back the connection and the thread, once what is under way has ended."""
        closing = self._executor.submit(self._disconnect)
        self._executor.shutdown(wait=False)
        await asyncio.wrap_future(closing)

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._connected())
        except (sqlite3.OperationalError, sqlite3.DatabaseError):
            # The file may have been moved away, or be another one when its disk is back.
            self._disconnect()
            raise

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._path, timeout=self._busy_seconds, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

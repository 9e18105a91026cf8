"""One database behind a URL: opens it, brings its tables up to date, runs statements; whatever goes wrong is a StoreError."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import Executable, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store.call_timeout import call_timeout
from bot.store.engine import (
    FileIdentity,
    autocommit_engine,
    file_identity,
    is_in_memory,
    make_engine,
    probe,
    sqlite_file,
)
from bot.store.errors import StoreError, map_errors
from bot.store.outage import BRIDGED_SECONDS, Outage, once_more
from bot.store.schema import HEAD, bring_up_to_date, version_of
from bot.store.sqlite_thread import SqliteThread

log = structlog.get_logger(__name__)

CALL_SECONDS = 1.5
"""How long one call may take before the answer goes out without it."""
OPEN_SECONDS = 5.0
"""How long connecting may take at the start, when nobody waits for an answer."""
MIGRATION_SECONDS = 600.0
"""How long making or changing the tables may take at the start, and waiting for another process that does."""
BUSY_SHARE = 0.8
"""How much of a call SQLite may wait for a lock: its wait can't be cancelled, so it has to end first."""

T = TypeVar("T")
Rows = Sequence[Any]
"""Of columns of several types; SQLAlchemy 2.0 and 2.1 differ in how Row names them."""
Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None


class Database:
    """Runs statements for many tasks at once, beside other processes.

    A database that is away is tried again at each call, so that it is used again without a restart.
    """

    def __init__(self, url: str, call_seconds: float = CALL_SECONDS, failed: Callable[[], None] | None = None) -> None:
        """Nothing is opened yet.

        Args:
            url: as in YOUSHU_DATABASE_URL.
            call_seconds: how long one call may take before it is a StoreError.
            failed: told of every call that the database did not answer.
        """
        self.call_seconds = call_seconds
        self.limit_seconds: float | None = call_seconds
        """The same for calls that go through SQLAlchemy; None where whoever waits waits for this process alone."""
        self._url = url
        self._failed = failed
        self._engine: AsyncEngine | None = None
        self._autocommit: AsyncEngine | None = None
        self._outage = Outage()
        self._ready = False
        self._migration: asyncio.Task[None] | None = None
        self._sqlite_writer = asyncio.Lock()
        self._reader: SqliteThread | None = None
        self._writer: SqliteThread | None = None
        self._path: str | None = None
        self._file: FileIdentity | None = None
        self._log_file: FileIdentity | None = None
        self._replacing = asyncio.Lock()

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the kind of database: sqlite, postgresql; raises StoreError before open()."""
        return _opened(self._engine).dialect.name

    async def open(self) -> None:
        """Connect and bring the tables up to date; raises StoreError, and each later call tries again."""
        async with self.errors():
            self._engine = make_engine(self._url, self.call_seconds * BUSY_SHARE)
            self._autocommit = autocommit_engine(self._engine)
            self._outage = Outage(0.0 if self._engine.dialect.name == "sqlite" else BRIDGED_SECONDS)
            self.limit_seconds = None if is_in_memory(self._url) else self.call_seconds
            path, busy = sqlite_file(self._url), self.call_seconds * BUSY_SHARE
            self._path = path
            if path is not None and self._reader is None:
                # Two, because in WAL mode nobody who reads waits for one who writes.
                self._reader, self._writer = SqliteThread(path, busy, "read"), SqliteThread(path, busy, "write")
        async with map_errors(max(self.call_seconds, OPEN_SECONDS), self._failed):
            current = await self._is_current()
        if not current:
            async with map_errors(MIGRATION_SECONDS, self._failed):
                await self._migrated()

    async def close(self) -> None:
        """Give back every connection."""
        if self._migration is not None and not self._migration.done():
            self._migration.cancel()
            await asyncio.wait({self._migration})
        threads, self._reader, self._writer = (self._reader, self._writer), None, None
        for thread in threads:
            if thread is not None:
                await thread.close()
        if self._engine is not None:
            await self._engine.dispose()

    async def ping(self) -> None:
        """One round trip; raises StoreError."""
        await self.execute(select(1))

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Rows:
        """The rows that one statement gives, which is a transaction of its own; raises StoreError."""

        async def call() -> Rows:
            async with self.errors(), self.connect() as connection:
                return (await connection.execute(statement, parameters)).all()

        return await self._to_the_end(call())

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]], *, one_statement: bool = False) -> T:
        """What some work gives whose statements are one transaction; raises StoreError.

        Work of one statement needs no round trips for the transaction's begin and end.
        """

        async def attempt() -> T:
            async with self.connect() if one_statement else self._transaction() as connection:
                return await work(connection)

        async def call() -> T:
            async with self._in_line(), self.errors():
                # A restart just behind the commit has the work done twice: a count is one too high then.
                return await once_more(attempt)

        return await self._to_the_end(call())

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What some work gives that only reads, each statement by itself; raises the driver's errors, TimeoutError."""

        async def attempt() -> T:
            async with self.connect() as connection:
                return await work(connection)

        async def call() -> T:
            async with call_timeout(self.limit_seconds):
                return await once_more(attempt)

        return await self._to_the_end(call())

    async def _to_the_end(self, call: Coroutine[Any, Any, T]) -> T:
        """What a call gives; in memory it isn't cut off with whoever waits, for its connection would be closed, and that is all there is."""
        return await (asyncio.shield(call) if self.limit_seconds is None else call)

    @property
    def is_file(self) -> bool:
        """Whether read_file() and write_file() are there: it is a SQLite file; raises StoreError before open()."""
        return _opened(self._engine) is not None and self._reader is not None

    async def read_file(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What some work gives that reads a SQLite file, in a thread; raises the driver's errors, TimeoutError."""
        await self._prepared()
        return await _opened(self._reader).run(work, self.call_seconds)

    async def write_file(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The same for work that writes, all of it one transaction."""
        await self._prepared()
        async with self._sqlite_writer:
            return await _opened(self._writer).transaction(work, self.call_seconds)

    def untimed_errors(self) -> contextlib.AbstractAsyncContextManager[None]:
        """As errors(), for calls that look to their time themselves, so that waiting in line for one isn't counted."""
        return map_errors(None, self._failed)

    def errors(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Turns whatever fails inside, or takes longer than a call may, into StoreError."""
        return map_errors(self.limit_seconds, self._failed)

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is a transaction of its own; raises the driver's errors."""
        await self._prepared()
        async with self._outage.connection(_opened(self._autocommit)) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which all statements are one transaction; raises the driver's errors."""
        async with self._in_line(), self._transaction() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        engine = await self._prepared()
        async with self._outage.connection(engine) as connection, connection.begin():
            yield connection

    def _in_line(self) -> contextlib.AbstractAsyncContextManager[None]:
        """SQLite has one writer at a time; waiting in line here is fair, cheaper than its busy loop, and not the database's time."""
        return self._sqlite_writer if self.dialect == "sqlite" else contextlib.nullcontext()

    async def _prepared(self) -> AsyncEngine:
        """The engine, once its tables are there."""
        if self._is_replaced():
            async with self._replacing:
                if self._is_replaced():
                    await self._reopen()
        if not self._ready and not await self._is_current():
            await self._migrated()
        return _opened(self._engine)

    async def _is_current(self) -> bool:
        """Whether the tables are those of this program."""
        engine = _opened(self._autocommit)
        await asyncio.to_thread(probe, self._url)
        async with engine.connect() as connection:
            is_current = await connection.run_sync(version_of) == HEAD
        if is_current:
            self._be_ready()
        return is_current

    async def _migrated(self) -> None:
        """Bring the tables up to date. Whoever can't wait for it any longer leaves it under way."""
        if self._migration is None or self._migration.done():
            self._migration = asyncio.create_task(self._migrate())
            # Where nobody is left who waits, its failure is told by the next call.
            self._migration.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(self._migration)

    async def _migrate(self) -> None:
        async with self._sqlite_writer, _opened(self._engine).begin() as connection:
            await connection.run_sync(bring_up_to_date)
        self._be_ready()

    def _be_ready(self) -> None:
        if self._path is not None:
            self._file, self._log_file = file_identity(self._path), file_identity(f"{self._path}-wal")
        self._ready = True

    def _is_replaced(self) -> bool:
        """Whether the SQLite file that is open was deleted, or another one lies in its place: what is written would be lost."""
        return self._file is not None and self._path is not None and file_identity(self._path) != self._file

    async def _reopen(self) -> None:
        """Let go of a file that is no longer there."""
        log.error("database_file_replaced")
        for thread in (self._reader, self._writer):
            if thread is not None:
                await thread.reset()
        await _opened(self._engine).dispose()
        if self._log_file is not None and file_identity(f"{self._path}-wal") == self._log_file:
            # SQLite leaves the log of a file that was moved, and would write what is in it into the file that lies there now.
            for suffix in ("-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)  # noqa: ASYNC240 -- once, and on a disk of ours
        self._ready, self._file, self._log_file = False, None, None


def _opened(opened: T | None) -> T:
    if opened is None:
        raise StoreError("not open")
    return opened

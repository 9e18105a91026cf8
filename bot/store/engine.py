"""SQLAlchemy engines that several processes can share: SQLite in WAL mode, or PostgreSQL."""

import os
import sqlite3
from time import monotonic
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

POOL_SIZE = 5
"""Connections to a SQLite file. Each is a thread; more of them wait for each other's writes, and opening one costs a turn."""

FileIdentity = tuple[int, int]
"""By what a file is known to be the same one: its device, and its number there."""

_IN_MEMORY = (None, "", ":memory:")
_AUTOCOMMIT = "youshu_autocommit"

REST_SECONDS = 1.0
"""A connection that was used less long ago is taken to be alive unless it is known to be closed."""
_USED = "used"


def make_engine(url: str, busy_seconds: float) -> AsyncEngine:
    """An engine for this URL; SQLite in WAL mode, its writers taking the lock before they read.

    Args:
        url: as in YOUSHU_DATABASE_URL; raises SQLAlchemyError when it can't be read.
        busy_seconds: how long SQLite waits for another process's write before it reports a lock.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_async_engine(parsed)
        event.listen(engine.sync_engine, "invalidate", _abort)
        _ping_after_rest(engine)
        return engine
    in_memory = is_in_memory(url)
    engine = create_async_engine(
        parsed,
        poolclass=AsyncAdaptedQueuePool,
        # One connection is the whole of a database in memory; closing it would lose everything.
        pool_size=1 if in_memory else POOL_SIZE,
        max_overflow=0,
        pool_reset_on_return=None,
        connect_args={"timeout": busy_seconds, "isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def autocommit_engine(engine: AsyncEngine) -> AsyncEngine:
    """The same engine for one statement at a time, which is a transaction of its own."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_AUTOCOMMIT: True})
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def is_in_memory(url: str) -> bool:
    """Whether a URL names a SQLite database in this process's memory, which is never away."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and parsed.database in _IN_MEMORY


def sqlite_file(url: str) -> str | None:
    """The path of the SQLite file that a URL names; None for another kind of database, or one in memory."""
    parsed = make_url(url)
    in_file = parsed.get_backend_name() == "sqlite" and parsed.database not in _IN_MEMORY
    return str(parsed.database) if in_file else None


def file_identity(path: str) -> FileIdentity | None:
    """Which file lies at a path; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- asked at every call, in a third of Path's time
    except OSError:
        return None
    return found.st_dev, found.st_ino


def probe(url: str) -> None:
    """Open and close a SQLite file; raises sqlite3.Error when it can't be. Blocks for a moment.

    aiosqlite's thread outlives a failed connect and then complains of the closed loop on stderr.
    """
    path = sqlite_file(url)
    if path is not None:
        sqlite3.connect(path).close()


def _ping_after_rest(engine: AsyncEngine) -> None:
    """Before a connection is used that is closed, or has rested for so long that its server may be gone, look whether it answers.

    SQLAlchemy's own pool_pre_ping looks each time, which is three round trips with asyncpg: more than a turn itself takes.
    """
    dialect = engine.dialect

    def checked_in(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = monotonic()

    def checked_out(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401 -- as below
        is_closed = getattr(connection.driver_connection, "is_closed", None)
        if is_closed is not None and is_closed():
            raise InvalidatePoolError
        if monotonic() - record.info.get(_USED, monotonic()) < REST_SECONDS:
            return
        try:
            answers = dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
        if not answers:
            raise InvalidatePoolError

    event.listen(engine.sync_engine, "checkin", checked_in)
    event.listen(engine.sync_engine, "checkout", checked_out)


def _abort(connection: Any, _record: object, _error: object) -> None:  # noqa: ANN401 -- as below
    # A server that says nothing more would otherwise be given two more seconds to say goodbye, while somebody waits.
    abort = getattr(connection.driver_connection, "terminate", None)
    if abort is not None:
        abort()


def _set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 -- the driver's own connection type
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can't wait for the lock (SQLITE_BUSY_SNAPSHOT), so it takes it at
    # once: https://www.sqlite.org/lang_transaction.html. A single statement needs no transaction around it.
    if not connection.get_execution_options().get(_AUTOCOMMIT, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

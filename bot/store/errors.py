"""The many ways in which a database can fail, as one error."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from typing_extensions import override

from bot.store.call_timeout import call_timeout
from intents.errors import ExpectedError

_DISK_ERRORS: Mapping[int, str] = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: "数据库写不进去（磁盘满了）；请先腾出空间，再试一次",
        # Where the disk is full, SQLite can't make the index of its write-ahead log longer.
        sqlite3.SQLITE_IOERR_SHMSIZE: "数据库写不进去（磁盘满了）；请先腾出空间，再试一次",
        sqlite3.SQLITE_CANTOPEN: (
            "数据库没有应答（打不开数据库文件）；请检查 YOUSHU_DATABASE_URL 里的文件夹在不在、能不能写"
        ),
        sqlite3.SQLITE_READONLY: "数据库写不进去（那里只能读）；请检查数据库文件和所在文件夹的写权限",
    }
)
"""What is wrong with the disk below a SQLite file (https://www.sqlite.org/rescode.html)."""


class StoreError(ExpectedError):
    """The database can't be reached, refuses, or takes too long; names the kind of error, never a value."""

    def __init__(self, kind: str, code: int | None = None) -> None:
        """An error of this kind; of SQLite, also its number."""
        super().__init__(kind)
        self.code = code

    @property
    @override
    def user_message(self) -> str:
        away = f"数据库没有应答（{self}）；请检查 YOUSHU_DATABASE_URL"
        return _DISK_ERRORS.get(self.code or 0, away)


def is_item_error(error: Exception) -> bool:
    """Whether an error may come of what one call says, rather than of the database being away, locked or slow."""
    return not isinstance(error, OperationalError | InterfaceError | OSError | StoreError)


@contextlib.asynccontextmanager
async def map_errors(seconds: float | None, failed: Callable[[], None] | None) -> AsyncIterator[None]:
    """Whatever fails inside, or takes longer, as StoreError; nothing of the error's text, which may hold values.

    Args:
        seconds: how long the inside may take; None where it looks to that itself.
        failed: told of every failure.
    """
    try:
        async with call_timeout(seconds):
            yield
    except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        if failed is not None:
            failed()
        original: Any = getattr(error, "orig", None)
        cause = original or error
        raise StoreError(type(cause).__name__, _sqlite_code(cause)) from error


def _sqlite_code(error: BaseException) -> int | None:
    """SQLite's number of the error, where it is one of SQLite's."""
    return getattr(error, "sqlite_errorcode", None)

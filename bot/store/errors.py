"""The many ways in which a database can fail, as one error."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from typing_extensions import override

from intents.errors import ExpectedError


class StoreError(ExpectedError):
    """The database can't be reached, refuses, or takes too long; names the kind of error, never a value."""

    @property
    @override
    def user_message(self) -> str:
        return f"数据库没有应答（{self}）；请检查 YOUSHU_DATABASE_URL"


def is_item_error(error: Exception) -> bool:
    """Whether an error may come of what one call says, rather than of the database being away, locked or slow."""
    return not isinstance(error, OperationalError | InterfaceError | OSError | StoreError)


@contextlib.asynccontextmanager
async def map_errors(seconds: float, failed: Callable[[], None] | None) -> AsyncIterator[None]:
    """Whatever fails inside, or takes longer, as StoreError; nothing of the error's text, which may hold values.

    Args:
        seconds: how long the inside may take.
        failed: told of every failure.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        if failed is not None:
            failed()
        original: Any = getattr(error, "orig", None)
        raise StoreError(type(original or error).__name__) from error

"""The many ways in which a database can fail, as one error."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError


class StoreError(Exception):
    """The database can't be reached, refuses, or takes too long; names the kind of error, never a value."""


@contextlib.asynccontextmanager
async def translated(seconds: float, failed: Callable[[], None] | None) -> AsyncIterator[None]:
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

"""Helpers for tests that need a store: files with tables, a clock that only a test moves, people, and counts of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from uuid import uuid4

from sqlalchemy import BigInteger, Boolean, Executable, Integer, Table, create_engine, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.analytics import day_of
from bot.store.data_map import KeptTable
from bot.store.schema import bring_up_to_date
from bot.store.store import Store
from bot.store.tables import metadata

WANG, LI = ChatIdentity("telegram", "1001"), ChatIdentity("web", "会话-2")
ADMIN, OTHER_ADMIN = ChatIdentity("telegram", "7"), ChatIdentity("telegram", "8")
BEGIN = 1_795_000_000
DEADLINE = 20


@dataclass
class Clock:
    """Time that only a test moves."""

    now: float = BEGIN

    def __call__(self) -> float:
        return self.now


def sqlite_url(folder: Path, name: str = "youshu.db") -> str:
    """The URL of a SQLite file in this folder; a new one has its tables already, copied: making them takes most of a short test."""
    file = folder / name
    if not file.exists():
        file.write_bytes(_with_tables())
    return f"sqlite+aiosqlite:///{file}"


@cache
def _with_tables() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder, "tables.db")
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            bring_up_to_date(connection)
        engine.dispose()
        return file.read_bytes()


async def count(store: Store, query: Executable) -> int:
    """The one number that a query gives."""
    await store.turns.settle()
    [(number,)] = await store.database.execute(query)
    return int(number)


async def row_counts(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    tables = metadata.tables.items()
    return {name: await count(store, select(func.count()).select_from(table)) for name, table in tables}


ROW: Mapping[str, object] = MappingProxyType({"state": "{}", "data": "{}"})
"""Values of columns that can't be just anything."""


async def add_row(store: Store, kept: KeptTable, person: ChatIdentity, subject: str = "", at: int = BEGIN) -> None:
    """Put a row into a table, whatever its columns: where it names people, this person as this subject and nobody else."""
    row = {column.name: _value(kept.table, column.name, at) for column in kept.table.columns}
    for each in kept.subjects:
        named = person if each == subject else ChatIdentity("nobody", uuid4().hex)
        row |= {f"{each}channel": named.channel, f"{each}user": named.user}
    row = {name: value for name, value in row.items() if value is not None}

    async def write(connection: AsyncConnection) -> None:
        await connection.execute(insert(kept.table).values(row))

    await store.database.write(write)


def _value(table: Table, name: str, at: int) -> object:
    column = table.c[name]
    if name == "day":
        return day_of(at)
    if name in ROW:
        return ROW[name]
    if isinstance(column.type, BigInteger):
        return at
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer):
        return None if column.primary_key else 1  # the database's own number
    return uuid4().hex[: getattr(column.type, "length", None)]

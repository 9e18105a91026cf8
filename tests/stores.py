"""Helpers for tests of the store: a clock that only a test moves, people, and counts of rows."""

from dataclasses import dataclass

from sqlalchemy import Executable, func, select

from bot.messages import ChatIdentity
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


async def count(store: Store, query: Executable) -> int:
    """The one number that a query gives."""
    await store.turns.settle()
    [(number,)] = await store.database.execute(query)
    return int(number)


async def row_counts(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    tables = metadata.tables.items()
    return {name: await count(store, select(func.count()).select_from(table)) for name, table in tables}

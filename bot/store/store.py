"""All that is kept, and for how long: each subject in a repository of its own, and here what concerns several of them."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnClause, ColumnElement, Table, delete, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.analytics import AnalyticsRepository
from bot.store.broadcasts import BroadcastQueue
from bot.store.channel_states import ChannelStateRepository
from bot.store.claims import ClaimRepository
from bot.store.data_map import DATA_MAP
from bot.store.database import CALL_SECONDS, Database
from bot.store.handoffs import HandoffRepository
from bot.store.personal_data import delete_person, export_person
from bot.store.pulls import PullRepository
from bot.store.turns import TurnRepository

DELETED_AT_ONCE = 1000
"""Rows of a table that one transaction deletes when they have expired."""


class Store:
    """The database of one service; open before use, close at the end. Every call may raise StoreError.

    No message text is kept but masked misses and doubts, and the text of a broadcast until it is done.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] = time.time,
        call_seconds: float = CALL_SECONDS,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            url: as in YOUSHU_DATABASE_URL.
            clock: seconds since 1970 UTC.
            call_seconds: how long one call may take before it is a StoreError.
            failed: told of every call that the database did not answer.
        """
        self.clock = clock
        self.database = Database(url, call_seconds, failed)
        self.turns = TurnRepository(self.database, self.now)
        self.analytics = AnalyticsRepository(self.database, self.turns.settle)
        self.claims = ClaimRepository(self.database, self.now)
        self.pulls = PullRepository(self.database, self.now)
        self.channel_states = ChannelStateRepository(self.database, self.now)
        self.handoffs = HandoffRepository(self.database, self.now)
        self.broadcasts = BroadcastQueue(self.database, self.now, self.turns.settle)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect and make the tables that aren't there; a database that is away is tried again at each call."""
        await self.database.open()

    async def close(self) -> None:
        """Finish the turns under way and give back every connection."""
        for several in (self.turns, self.claims, self.channel_states, self.pulls):
            await several.drain()
        await self.database.close()

    async def ping(self) -> None:
        """One round trip."""
        await self.database.ping()

    def now(self) -> int:
        """Seconds since 1970 UTC."""
        return int(self.clock())

    async def forget(self, person: ChatIdentity) -> int:
        """Delete every row that names a person, in private and in groups; the number of rows that went.

        Misses, doubts and counts name nobody.
        """
        await self._settle()
        return await delete_person(self.database, person)

    async def export(self, person: ChatIdentity) -> list[dict[str, object]]:
        """Every row that names a person, in private and in groups, table by table, as bot.store.personal_data has it."""
        await self._settle()
        return await export_person(self.database, person)

    async def delete_expired(self, retention_days: int) -> int:
        """Delete what is older than its time, some rows at a time, so that no turn waits for it; the number of rows that went."""
        now = self.now()
        return sum([await self._delete_batches(kept.table, kept.expired(now, retention_days)) for kept in DATA_MAP])

    async def _delete_batches(self, table: Table, expired: ColumnElement[bool]) -> int:
        # Where a row lies, which both databases know of every table.
        place: ColumnClause[Any] = literal_column("ctid" if self.database.dialect == "postgresql" else "rowid")
        batch = select(place).select_from(table).where(expired).limit(DELETED_AT_ONCE).scalar_subquery()

        async def write(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(table).where(place.in_(batch)))).rowcount

        rows = went = await self.database.write(write)
        while went == DELETED_AT_ONCE:
            went = await self.database.write(write)
            rows += went
        return rows

    async def _settle(self) -> None:
        """Wait for what is being kept by now."""
        await self.turns.settle()
        await self.channel_states.settle()

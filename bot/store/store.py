"""All that is kept, and for how long: each subject in a repository of its own, and here what concerns several of them."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, Table, delete, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.analytics import AnalyticsRepository, day_of
from bot.store.broadcasts import RESUME_SECONDS, BroadcastQueue
from bot.store.channel_states import ChannelStateRepository
from bot.store.claims import CLAIM_SECONDS, ClaimRepository
from bot.store.database import CALL_SECONDS, Database
from bot.store.handoffs import HandoffRepository
from bot.store.pulls import PullRepository
from bot.store.tables import (
    broadcasts,
    channel_states,
    claims,
    clarify_choices,
    doubts,
    handoffs,
    misses,
    names_person,
    outcomes,
    pull_cursors,
    pull_work,
    recipients,
    talks,
    votes,
)
from bot.store.turns import TurnRepository

DAY_SECONDS = 24 * 3600


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
        for several in (self.turns, self.claims, self.channel_states):
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
        own = ((table, "") for table in (talks, votes, channel_states, handoffs, recipients))
        await self.turns.settle()
        await self.channel_states.settle()
        named = [*own, (handoffs, "admin_"), (broadcasts, "admin_")]
        return await self._delete(
            [
                (table, or_(*(names_person(table, each, prefix) for each in person.everywhere)))
                for table, prefix in named
            ]
        )

    async def delete_expired(self, retention_days: int) -> int:
        """Delete what is older than its time; the number of rows that went."""
        now = self.now()
        oldest = now - retention_days * DAY_SECONDS
        first_day = day_of(oldest)
        return await self._delete(
            [
                (talks, talks.c.updated_at < oldest),
                (misses, misses.c.last_at < oldest),
                (doubts, doubts.c.last_at < oldest),
                (votes, votes.c.at < oldest),
                (channel_states, channel_states.c.updated_at < oldest),
                (clarify_choices, clarify_choices.c.day < first_day),
                (outcomes, outcomes.c.day < first_day),
                (claims, claims.c.at <= now - CLAIM_SECONDS),
                (pull_cursors, pull_cursors.c.at < oldest),
                (pull_work, pull_work.c.at < oldest),
                (handoffs, handoffs.c.until <= now),
                (recipients, recipients.c.at <= now - RESUME_SECONDS),
                (broadcasts, broadcasts.c.at <= now - RESUME_SECONDS),
            ]
        )

    async def _delete(self, conditions: Sequence[tuple[Table, ColumnElement[bool]]]) -> int:
        async def write(connection: AsyncConnection) -> int:
            results = [await connection.execute(delete(table).where(where)) for table, where in conditions]
            return sum(result.rowcount for result in results)

        return await self.database.write(write)

"""What every turn reads and writes: where the person's talk stands, and what is counted of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store import analytics
from bot.store.analytics import OutcomeKey, TurnEvent
from bot.store.batching import Batcher
from bot.store.database import Database
from bot.store.errors import is_item_error
from bot.store.handoffs import Handoff
from bot.store.statements import turn_statements
from bot.store.tables import names_person, talks

BATCH_SIZE = 64
"""How many turns share a round trip at most."""


@dataclass(frozen=True, slots=True)
class TurnContext:
    """All that a turn starts from."""

    state: str | None = None
    """Where the person's talk stands, as it was saved; None for a new talk."""
    handoff: Handoff | None = None
    """An operator has the person's talk."""
    held_handoff: Handoff | None = None
    """The person is an operator and has somebody's talk."""


@dataclass(frozen=True, slots=True)
class TurnRead:
    """What a turn asks for at its beginning."""

    person: ChatIdentity
    with_handoffs: bool


@dataclass(frozen=True, slots=True)
class TurnWrite:
    """What a turn leaves at its end."""

    person: ChatIdentity
    state: str
    at: int
    outcome: OutcomeKey | None = None


class TurnRepository:
    """Loads and saves turns; those of the same moment share a round trip. Every call may raise StoreError."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._loads = Batcher(self._load_batch, BATCH_SIZE, is_item_error)
        self._saves = Batcher(self._save_batch, BATCH_SIZE, is_item_error)

    async def load(self, person: ChatIdentity, *, with_handoffs: bool = True) -> TurnContext:
        """Where this person's talk stands, and whether an operator is in it."""
        async with self._database.errors():
            return await self._loads.submit(TurnRead(person, with_handoffs))

    async def save(self, person: ChatIdentity, state: str, event: TurnEvent | None = None) -> None:
        """Keep where this person's talk stands, and count what happened, in one transaction.

        Turns that end at the same moment share it; what somebody said or chose is looked up first and has its own.
        """
        now = self._now()
        turn = TurnWrite(person, state, now, event.outcome(now) if event is not None else None)
        if event is None or not event.chosen:
            async with self._database.errors():
                return await self._saves.submit(turn)

        async def write(connection: AsyncConnection) -> None:
            await _save(connection, [turn])
            await analytics.add(connection, person, event, now)

        return await self._database.write(write)

    async def last_heard(self, person: ChatIdentity) -> int | None:
        """When somebody's talk was last kept (seconds since 1970 UTC); None for nobody with a talk."""
        rows = await self._database.execute(select(talks.c.updated_at).where(names_person(talks, person)))
        return next((int(row.updated_at) for row in rows), None)

    async def people(self, channel: str) -> list[ChatIdentity]:
        """Everybody with a talk in a channel, those heard from last first."""
        query = select(talks.c.user).where(talks.c.channel == channel).order_by(talks.c.updated_at.desc())
        return [ChatIdentity(channel, row.user) for row in await self._database.execute(query)]

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        for batcher in (self._loads, self._saves):
            await batcher.drain()

    async def _load_batch(self, reads: Sequence[TurnRead]) -> Sequence[TurnContext]:
        async with asyncio.timeout(self._database.call_seconds), self._database.connect() as connection:
            return await _load(connection, reads, self._now())

    async def _save_batch(self, writes: Sequence[TurnWrite]) -> Sequence[None]:
        async with asyncio.timeout(self._database.call_seconds), self._database.begin() as connection:
            await _save(connection, writes)
        return [None] * len(writes)


async def _load(connection: AsyncConnection, reads: Sequence[TurnRead], now: int) -> Sequence[TurnContext]:
    """What each turn asks for, in their order."""
    statements = turn_statements(connection.dialect.name)
    people = [(read.person.channel, read.person.user) for read in reads]
    rows = await connection.execute(statements.load_states, {"people": people})
    states = {ChatIdentity(channel, user): state for channel, user, state in rows}
    handoffs: Sequence[Handoff] = ()
    if any(read.with_handoffs for read in reads):
        found = await connection.execute(statements.load_handoffs, {"now": now})
        handoffs = [
            Handoff(ChatIdentity(row.channel, row.user), ChatIdentity(row.admin_channel, row.admin_user), row.until)
            for row in found
        ]
    by_person = {handoff.person: handoff for handoff in handoffs}
    by_admin = {handoff.admin: handoff for handoff in handoffs}
    return [
        TurnContext(states.get(read.person), by_person.get(read.person), by_admin.get(read.person))
        if read.with_handoffs
        else TurnContext(states.get(read.person))
        for read in reads
    ]


async def _save(connection: AsyncConnection, writes: Sequence[TurnWrite]) -> None:
    """Keep talks, the last of each person, and count outcomes.

    Always in the same order of rows, so that no two transactions wait for each other.
    """
    statements = turn_statements(connection.dialect.name)
    rows = {
        (write.person.channel, write.person.user): {
            "channel": write.person.channel,
            "user": write.person.user,
            "state": write.state,
            "updated_at": write.at,
        }
        for write in writes
    }
    await connection.execute(statements.save_state, [rows[key] for key in sorted(rows)])
    counts = Counter(write.outcome for write in writes if write.outcome is not None)
    if counts:
        counted = [
            {"day": key.day, "decision": key.decision, "intent": key.intent, "count": count}
            for key, count in sorted(counts.items())
        ]
        await connection.execute(statements.count_outcome, counted)

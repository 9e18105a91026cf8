"""What every turn reads and writes: where the person's talk stands, and what is counted of it."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store import analytics, sqlite_turns
from bot.store.analytics import OutcomeKey, TurnEvent
from bot.store.batching import Batcher
from bot.store.call_timeout import call_timeout
from bot.store.database import Database, Rows
from bot.store.errors import StoreError, is_item_error
from bot.store.handoffs import Handoff
from bot.store.statements import load_states, run, turn_statements
from bot.store.tables import names_person, talks
from bot.store.turn_swap import is_one_statement, swap

BATCH_SIZE = 256
"""How many turns share a round trip at most: in a rush most of those that wait, because the line would grow otherwise."""
CHOSEN_BATCH_SIZE = 64
"""The same of those that say or choose something, which is compared with what was said before."""


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
    chosen: TurnEvent | None = None
    """What somebody said or chose, which is looked up before it is counted."""


@dataclass
class _Unsaved:
    """Where a talk stands that is still being kept."""

    state: str
    saving: asyncio.Task[None]


class TurnRepository:
    """Loads and saves turns; those of the same moment share a round trip. Every call may raise StoreError."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._loads = Batcher(self._load_batch, BATCH_SIZE, is_item_error)
        self._saves = Batcher(self._save_batch, BATCH_SIZE, is_item_error)
        self._chosen_saves = Batcher(self._save_batch, CHOSEN_BATCH_SIZE, is_item_error)
        self._unsaved: dict[ChatIdentity, _Unsaved] = {}

    async def load(self, person: ChatIdentity, *, with_handoffs: bool = True) -> TurnContext:
        """Where this person's talk stands, and whether an operator is in it."""
        unsaved = self._unsaved.get(person)
        if unsaved is not None and not with_handoffs:
            return TurnContext(unsaved.state)
        async with self._database.untimed_errors():
            context = await self._loads.submit(TurnRead(person, with_handoffs))
        return context if unsaved is None else replace(context, state=unsaved.state)

    async def save(self, person: ChatIdentity, state: str, event: TurnEvent | None = None) -> None:
        """Keep where this person's talk stands, and count what happened, in one transaction.

        Turns that end at the same moment share it. What somebody said or chose is looked up first: on a server, where that is a round
        trip and others needn't wait for it, it has its own.
        """
        now = self._now()
        counted = event.outcome(now) if event is not None else None
        chosen = event if event is not None and event.chosen else None
        turn = TurnWrite(person, state, now, counted, chosen)
        if chosen is None or self._database.is_file:
            async with self._database.untimed_errors():
                return await (self._saves if chosen is None else self._chosen_saves).submit(turn)

        async def write(connection: AsyncConnection) -> None:
            await _save(connection, [turn])
            await run(connection, analytics.additions(person, chosen, now))

        return await self._database.write(write)

    def save_later(
        self, person: ChatIdentity, state: str, event: TurnEvent, failed: Callable[[StoreError], None]
    ) -> None:
        """The same behind the reply, which needn't wait for it; load() knows the state at once. Raises nothing.

        One turn of a person at a time: what was kept before must have been loaded since, or be settled.
        """
        before = self._unsaved.get(person)

        async def saving() -> None:
            try:
                if before is not None:
                    await asyncio.wait({before.saving})
                await self.save(person, state, event)
            except StoreError as error:
                failed(error)
            finally:
                if self._unsaved.get(person) is unsaved:
                    del self._unsaved[person]

        unsaved = self._unsaved[person] = _Unsaved(state, asyncio.create_task(saving()))

    async def swap(self, person: ChatIdentity, before: str | None, state: str, event: TurnEvent) -> bool:
        """Save a turn where the talk still stands as load() gave it; false where another process has saved one since."""
        now = self._now()

        async def write(connection: AsyncConnection) -> bool:
            return await swap(connection, person, before, state, event=event, now=now)

        one_statement = is_one_statement(self._database.dialect, before, event, now)
        return await self._database.write(write, one_statement=one_statement)

    async def settle(self) -> None:
        """Wait for all that is being kept by now, so that what is read next has it."""
        if self._unsaved:
            await asyncio.wait({each.saving for each in self._unsaved.values()})

    async def last_heard(self, person: ChatIdentity) -> int | None:
        """When somebody's talk was last kept (seconds since 1970 UTC); None for nobody with a talk."""
        await self.settle()
        rows = await self._database.execute(select(talks.c.updated_at).where(names_person(talks, person)))
        return next((int(row.updated_at) for row in rows), None)

    async def people(self, channel: str) -> list[ChatIdentity]:
        """Everybody with a talk in a channel, those heard from last first."""
        await self.settle()
        query = select(talks.c.user).where(talks.c.channel == channel).order_by(talks.c.updated_at.desc())
        return [ChatIdentity(channel, row.user) for row in await self._database.execute(query)]

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        await self.settle()
        for batcher in (self._loads, self._saves, self._chosen_saves):
            await batcher.drain()

    async def _load_batch(self, reads: Sequence[TurnRead]) -> Sequence[TurnContext]:
        people, now = [read.person for read in reads], self._now()
        with_handoffs = any(read.with_handoffs for read in reads)
        if self._database.is_file:
            states, rows = await self._database.read_file(
                lambda connection: _load_file(connection, people, now, with_handoffs=with_handoffs)
            )
        else:
            states, rows = await self._database.read(
                lambda connection: _load(connection, people, now, with_handoffs=with_handoffs)
            )
        handoffs = [Handoff(ChatIdentity(*row[:2]), ChatIdentity(*row[2:4]), row[4]) for row in rows]
        by_person = {handoff.person: handoff for handoff in handoffs}
        by_admin = {handoff.admin: handoff for handoff in handoffs}
        return [
            TurnContext(states.get(read.person), by_person.get(read.person), by_admin.get(read.person))
            if read.with_handoffs
            else TurnContext(states.get(read.person))
            for read in reads
        ]

    async def _save_batch(self, writes: Sequence[TurnWrite]) -> Sequence[None]:
        if self._database.is_file:
            await self._database.write_file(lambda connection: _save_file(connection, writes))
        else:
            async with call_timeout(self._database.limit_seconds), self._database.begin() as connection:
                await _save(connection, writes)
        return [None] * len(writes)


States = Mapping[ChatIdentity, str]


def _load_file(
    connection: sqlite3.Connection, people: Sequence[ChatIdentity], now: int, *, with_handoffs: bool
) -> tuple[States, Rows]:
    states = sqlite_turns.load_states(connection, people)
    return states, sqlite_turns.load_handoffs(connection, now) if with_handoffs else ()


async def _load(
    connection: AsyncConnection, people: Sequence[ChatIdentity], now: int, *, with_handoffs: bool
) -> tuple[States, Rows]:
    """Where these people's talks stand, and the handoffs in force."""
    found = await connection.execute(load_states(dict.fromkeys(people)))
    states = {ChatIdentity(channel, user): state for channel, user, state in found}
    if not with_handoffs:
        return states, ()
    statement = turn_statements(connection.dialect.name).load_handoffs
    return states, (await connection.execute(statement, {"now": now})).all()


def _save_file(connection: sqlite3.Connection, writes: Sequence[TurnWrite]) -> None:
    states, counts = _rows(writes)
    sqlite_turns.save(connection, states, counts)
    for write in writes:
        if write.chosen is not None:
            sqlite_turns.run(connection, analytics.additions(write.person, write.chosen, write.at))


async def _save(connection: AsyncConnection, writes: Sequence[TurnWrite]) -> None:
    statements = turn_statements(connection.dialect.name)
    states, counts = _rows(writes)
    await connection.execute(statements.save_state, states)
    if counts:
        await connection.execute(statements.count_outcome, counts)


def _rows(writes: Sequence[TurnWrite]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The talks to keep, the last of each person, and the outcomes to count.

    Always in the same order of rows, so that no two transactions wait for each other.
    """
    states: dict[tuple[str, str], dict[str, object]] = {
        (write.person.channel, write.person.user): {
            "channel": write.person.channel,
            "user": write.person.user,
            "state": write.state,
            "updated_at": write.at,
        }
        for write in writes
    }
    counts = Counter(write.outcome for write in writes if write.outcome is not None)
    return [states[key] for key in sorted(states)], [
        {"day": key.day, "decision": key.decision, "intent": key.intent, "count": count}
        for key, count in sorted(counts.items())
    ]

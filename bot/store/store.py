"""What is kept, and for how long: talks, tallies, claims, handovers. No message text but masked misses."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.messages import ChatIdentity
from bot.store import analytics as tallies
from bot.store import turns
from bot.store.analytics import ClarifyChoiceCount, Miss, OutcomeCount, TurnEvent, VoteCount
from bot.store.batching import Batcher
from bot.store.broadcasts import RESUME_SECONDS, BroadcastQueue
from bot.store.errors import StoreError, is_item_error, map_errors
from bot.store.statements import Statements, insert, statements
from bot.store.tables import (
    autocommit_engine,
    broadcasts,
    claims,
    handovers,
    make_engine,
    metadata,
    misses,
    outcomes,
    picks,
    probe,
    recipients,
    talks,
    votes,
)
from bot.store.turns import Handoff, TurnContext, TurnRead, TurnWrite
from bot.talk.state import ConversationState

__all__ = ["ConversationState", "Handoff", "Store", "StoreError", "TurnContext", "TurnEvent"]

CALL_SECONDS = 1.5
"""How long one call may take before the answer goes out without it."""
OPEN_SECONDS = 5.0
"""How long making the tables may take at the start, when nobody waits for an answer."""
BUSY_SHARE = 0.8
"""How much of it SQLite may wait for a lock: its wait can't be cancelled, so it has to end first."""
CLAIM_SECONDS = 24 * 3600
"""How long a message id stays claimed; Telegram keeps updates no longer (core.telegram.org/bots/api#getting-updates)."""
DAY_SECONDS = 24 * 3600
BATCH_SIZE = 64
"""How many turns share a round trip at most."""

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]


@dataclass
class Store:
    """The tables behind a URL; open before use, close at the end. Every call may raise StoreError."""

    url: str
    clock: Callable[[], float] = time.time
    call_seconds: float = CALL_SECONDS
    failed: Callable[[], None] | None = field(default=None, repr=False)
    """Told of every call that the database did not answer."""
    _engine: AsyncEngine | None = field(default=None, repr=False)
    _one: AsyncEngine = field(init=False, repr=False)
    _statements: Statements = field(init=False, repr=False)
    _prepared: bool = field(default=False, repr=False)
    _recalling: Batcher[TurnRead, TurnContext] = field(init=False, repr=False)
    _keeping: Batcher[TurnWrite, None] = field(init=False, repr=False)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def __post_init__(self) -> None:
        self._recalling = Batcher(self._recall_all, BATCH_SIZE, is_item_error)
        self._keeping = Batcher(self._keep_all, BATCH_SIZE, is_item_error)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect and make the tables that aren't there; a database that is away is tried again at each call."""
        async with map_errors(self.call_seconds, self.failed):
            self._engine = make_engine(self.url, self.call_seconds * BUSY_SHARE)
            self._one = autocommit_engine(self._engine)
            self._statements = statements(self._engine.dialect.name, CLAIM_SECONDS)
        async with map_errors(max(self.call_seconds, OPEN_SECONDS), self.failed):
            await self._ready()

    async def close(self) -> None:
        """Give back every connection."""
        for together in (self._recalling, self._keeping):
            await together.settle()
        if self._engine is not None:
            await self._engine.dispose()

    async def ping(self) -> None:
        """One round trip."""
        await self._single(_ping)

    async def load_turn(self, person: ChatIdentity, *, handovers_too: bool = True) -> TurnContext:
        """Where this person's talk stands, and whether an operator is in it."""
        async with map_errors(self.call_seconds, self.failed):
            return await self._recalling.ask(TurnRead(person, handovers_too))

    async def save_turn(self, person: ChatIdentity, talk: ConversationState, event: TurnEvent | None = None) -> None:
        """Keep where this person's talk stands, and add to the tallies, in one transaction.

        Turns that end at the same moment share it; what somebody said or chose is looked up first and has its own.
        """
        now = self._now()
        outcome: tuple[str, str, str] | None = None
        if event is not None and event.decision is not None:
            outcome = (tallies.day_of(now), event.decision, event.intent or "")
        kept = TurnWrite(person, talk.to_json(), now, outcome)
        if event is None or not event.chosen:
            async with map_errors(self.call_seconds, self.failed):
                return await self._keeping.ask(kept)

        async def write(connection: AsyncConnection) -> None:
            await turns.save_turns(connection, self._statements, [kept])
            await tallies.add(connection, person, event, now)

        return await self._write(write)

    async def forget(self, person: ChatIdentity) -> int:
        """Delete every row that names a person, in private and in groups; the number of rows that went.

        Misses and counts name nobody.
        """
        plain = ((table, "") for table in (talks, votes, handovers, recipients))
        named = [*plain, (handovers, "admin_"), (broadcasts, "admin_")]
        return await self._delete(
            [(table, or_(*(_is(table, each, prefix) for each in person.everywhere))) for table, prefix in named]
        )

    async def delete_expired(self, retention_days: int) -> int:
        """Delete what is older than its time; the number of rows that went."""
        now = self._now()
        oldest = now - retention_days * DAY_SECONDS
        first_day = time.strftime("%Y-%m-%d", time.gmtime(oldest))
        return await self._delete(
            [
                (talks, talks.c.updated_at < oldest),
                (misses, misses.c.last_at < oldest),
                (votes, votes.c.at < oldest),
                (picks, picks.c.day < first_day),
                (outcomes, outcomes.c.day < first_day),
                (claims, claims.c.at <= now - CLAIM_SECONDS),
                (handovers, handovers.c.until <= now),
                (recipients, recipients.c.at <= now - RESUME_SECONDS),
                (broadcasts, broadcasts.c.at <= now - RESUME_SECONDS),
            ]
        )

    async def claim(self, channel: str, message_id: str) -> bool:
        """Whether this message is ours to answer: true once, false for a repeat until the claim has expired."""
        return message_id in await self.deduplicate(channel, [message_id])

    async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Those of these messages that are ours to answer, as `claim` says it of one; in one statement."""
        now = self._now()
        keys = {_claim_key(channel, each): each for each in message_ids}

        async def write(connection: AsyncConnection) -> frozenset[str]:
            taken = await connection.execute(self._statements.claim, [{"key": key, "at": now} for key in keys])
            return frozenset(keys[key] for key in taken.scalars())

        return await self._single(write) if keys else frozenset()

    async def take(self, handover: Handoff) -> bool:
        """Put a talk into an operator's hands; false if another operator has it. The operator lets go of any other."""
        now = self._now()
        row = {"admin_channel": handover.admin.channel, "admin_user": handover.admin.user, "until": handover.until}
        keys = {"channel": handover.person.channel, "user": handover.person.user}

        async def write(connection: AsyncConnection) -> bool:
            await connection.execute(delete(handovers).where(_is(handovers, handover.admin, "admin_")))
            statement = insert(connection.dialect.name, handovers).values(**keys, **row)
            free = handovers.c.until <= now
            statement = statement.on_conflict_do_update(index_elements=list(keys), set_=row, where=free)
            return (await connection.execute(statement.returning(handovers.c.until))).first() is not None

        return await self._write(write)

    async def release(self, person: ChatIdentity) -> int:
        """Give a talk back to the bot, named by the person or by the operator who has it; the number of talks."""
        theirs = or_(_is(handovers, person), _is(handovers, person, "admin_"))
        return await self._delete([(handovers, theirs)])

    @property
    def mailings(self) -> BroadcastQueue:
        """Broadcasts under way."""
        return BroadcastQueue(self._single, self._write, self._now)

    async def people(self, channel: str) -> list[ChatIdentity]:
        """Everybody with a talk in a channel, those heard from last first."""

        async def read(connection: AsyncConnection) -> list[ChatIdentity]:
            query = select(talks.c.user).where(talks.c.channel == channel).order_by(talks.c.updated_at.desc())
            return [ChatIdentity(channel, user) for user in (await connection.execute(query)).scalars()]

        return await self._single(read)

    async def misses(self, limit: int = 100) -> list[Miss]:
        """What wasn't understood, the most frequent first."""
        return await self._single(lambda connection: tallies.read_misses(connection, limit))

    async def votes(self, since: int = 0) -> list[VoteCount]:
        """Votes by intent, side and reason, from a moment (seconds since 1970 UTC) on."""
        return await self._single(lambda connection: tallies.read_votes(connection, since))

    async def clarify_choices(self, since: str = "") -> list[ClarifyChoiceCount]:
        """What was picked when the bot asked back, from a day (YYYY-MM-DD) on."""
        return await self._single(lambda connection: tallies.read_clarify_choices(connection, since))

    async def outcomes(self, since: str = "") -> list[OutcomeCount]:
        """Outcomes by day, decision and intent, from a day (YYYY-MM-DD) on."""
        return await self._single(lambda connection: tallies.read_outcomes(connection, since))

    async def _recall_all(self, wanted: Sequence[TurnRead]) -> Sequence[TurnContext]:
        now = self._now()
        async with asyncio.timeout(self.call_seconds):
            await self._ready()
            async with self._one.connect() as connection:
                return await turns.load_turns(connection, self._statements, wanted, now)

    async def _keep_all(self, kept: Sequence[TurnWrite]) -> Sequence[None]:
        async with asyncio.timeout(self.call_seconds), self._transaction(await self._ready()) as connection:
            await turns.save_turns(connection, self._statements, kept)
        return [None] * len(kept)

    async def _delete(self, conditions: list[tuple[Table, ColumnElement[bool]]]) -> int:
        async def write(connection: AsyncConnection) -> int:
            results = [await connection.execute(delete(table).where(where)) for table, where in conditions]
            return sum(result.rowcount for result in results)

        return await self._write(write)

    async def _single(self, work: Work[T]) -> T:
        """Reads, or one statement that writes: no transaction around them."""
        async with map_errors(self.call_seconds, self.failed):
            await self._ready()
            async with self._one.connect() as connection:
                return await work(connection)

    async def _write(self, work: Work[T]) -> T:
        async with map_errors(self.call_seconds, self.failed), self._transaction(await self._ready()) as connection:
            return await work(connection)

    @contextlib.asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        # SQLite has one writer at a time; waiting in line here is fair and cheaper than its busy loop.
        async with (
            self._writing if engine.dialect.name == "sqlite" else contextlib.nullcontext(),
            engine.begin() as connection,
        ):
            yield connection

    async def _ready(self) -> AsyncEngine:
        if self._engine is None:
            raise StoreError("not open")
        if not self._prepared:
            await asyncio.to_thread(probe, self.url)
            async with self._writing, self._engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
            self._prepared = True
        return self._engine

    def _now(self) -> int:
        return int(self.clock())


def _claim_key(channel: str, message_id: str) -> str:
    return sha256(f"{channel}:{message_id}".encode()).hexdigest()


async def _ping(connection: AsyncConnection) -> None:
    await connection.execute(select(1))


def _is(table: Table, person: ChatIdentity, prefix: str = "") -> ColumnElement[bool]:
    return and_(table.c[f"{prefix}channel"] == person.channel, table.c[f"{prefix}user"] == person.user)

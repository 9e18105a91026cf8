"""What operators learn from: counts of outcomes, votes and picks, and what wasn't understood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Select, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.statements import insert
from bot.store.tables import misses, outcomes, picks, votes

ALIKE = 80.0
"""From this rapidfuzz ratio on (0 to 100), two messages that weren't understood count as one."""
MAX_MISSES = 2000
"""Rows kept of what wasn't understood; past it the oldest goes, so that nobody can fill the disk."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Something that wasn't understood, masked; how often, and when (seconds since 1970 UTC)."""

    text: str
    count: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person thinks of one answer."""

    intent: str
    useful: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class VoteCount:
    """How many people voted so on an answer."""

    intent: str
    useful: bool
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class ClarifyChoice:
    """What was offered when it wasn't clear, and what was taken; `none` when it was neither."""

    shown: tuple[str, ...]
    picked: str


@dataclass(frozen=True, slots=True)
class ClarifyChoiceCount:
    """How often this was picked among these."""

    shown: tuple[str, ...]
    picked: str
    count: int


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many turns of a day (UTC, YYYY-MM-DD) ended so; intent is None where no topic was answered."""

    day: str
    decision: str
    intent: str | None
    count: int


@dataclass(frozen=True, slots=True)
class TurnEvent:
    """What one turn adds to the tallies; nothing in it tells who it was, but for the vote."""

    decision: str | None = None
    intent: str | None = None
    miss: str | None = None
    """Masked by bot.privacy."""
    likeness: str = ""
    """The miss in the form in which it is compared."""
    clarify_choice: ClarifyChoice | None = None
    vote: Vote | None = None

    @property
    def chosen(self) -> bool:
        """Whether the person said or chose something that is counted by itself."""
        return self.miss is not None or self.clarify_choice is not None or self.vote is not None


def day_of(now: int) -> str:
    """The day (UTC, YYYY-MM-DD) of a moment in seconds since 1970."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()


async def add(connection: AsyncConnection, person: ChatIdentity, event: TurnEvent, now: int) -> None:
    """Write what one turn adds beyond its outcome."""
    day = day_of(now)
    if event.clarify_choice is not None:
        shown = ",".join(sorted(event.clarify_choice.shown))[:200]
        await _count(connection, picks, {"day": day, "shown": shown, "picked": event.clarify_choice.picked})
    if event.miss is not None:
        await _add_miss(connection, event.miss, event.likeness, now)
    if event.vote is not None:
        await _add_vote(connection, person, event.vote, now)


async def read_misses(connection: AsyncConnection, limit: int) -> list[Miss]:
    """What wasn't understood, the most frequent first."""
    columns = (misses.c.text, misses.c.count, misses.c.first_at, misses.c.last_at)
    query = select(*columns).order_by(misses.c.count.desc(), misses.c.last_at.desc(), misses.c.id).limit(limit)
    return [Miss(*row) for row in await connection.execute(query)]


async def read_votes(connection: AsyncConnection, since: int) -> list[VoteCount]:
    """Votes by intent, side and reason, from a moment (seconds since 1970 UTC) on."""
    keys = (votes.c.intent, votes.c.useful, votes.c.reason)
    query = _grouped(keys, func.count()).where(votes.c.at >= since)
    return [VoteCount(*row) for row in await connection.execute(query)]


async def read_clarify_choices(connection: AsyncConnection, since: str) -> list[ClarifyChoiceCount]:
    """Picks from a day (YYYY-MM-DD) on, the most frequent first."""
    query = _grouped((picks.c.shown, picks.c.picked), func.sum(picks.c.count)).where(picks.c.day >= since)
    rows = [
        ClarifyChoiceCount(tuple(shown.split(",")), picked, count)
        for shown, picked, count in await connection.execute(query)
    ]
    return sorted(rows, key=lambda row: -row.count)


async def read_outcomes(connection: AsyncConnection, since: str) -> list[OutcomeCount]:
    """Outcomes by day, decision and intent, from a day (YYYY-MM-DD) on."""
    query = select(outcomes).where(outcomes.c.day >= since).order_by(*outcomes.primary_key)
    return [
        OutcomeCount(day, decision, intent or None, n) for day, decision, intent, n in await connection.execute(query)
    ]


def _grouped(keys: Sequence[Any], total: Any) -> Select[Any]:  # noqa: ANN401 -- columns of several types
    return select(*keys, total).group_by(*keys).order_by(*keys)


async def _count(connection: AsyncConnection, table: Table, keys: dict[str, str]) -> None:
    statement = insert(connection.dialect.name, table).values(**keys, count=1)
    more = {"count": table.c.count + 1}
    await connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=more))


async def _add_vote(connection: AsyncConnection, person: ChatIdentity, vote: Vote, now: int) -> None:
    said = {"useful": vote.useful, "reason": vote.reason, "at": now}
    keys = {"channel": person.channel, "user": person.user, "intent": vote.intent}
    statement = insert(connection.dialect.name, votes).values(**keys, **said)
    await connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=said))


async def _add_miss(connection: AsyncConnection, text: str, likeness: str, now: int) -> None:
    kept = (await connection.execute(select(misses.c.id, misses.c.likeness).order_by(misses.c.last_at.desc()))).all()
    nearest = process.extractOne(
        likeness, [row.likeness for row in kept], scorer=fuzz.ratio, processor=None, score_cutoff=ALIKE
    )
    if nearest is not None:
        same = misses.c.id == kept[nearest[2]].id
        await connection.execute(update(misses).where(same).values(count=misses.c.count + 1, last_at=now))
        return
    if len(kept) >= MAX_MISSES:
        surplus = [row.id for row in kept[MAX_MISSES - 1 :]]
        await connection.execute(delete(misses).where(misses.c.id.in_(surplus)))
    row = {"text": text, "likeness": likeness, "count": 1, "first_at": now, "last_at": now}
    statement = insert(connection.dialect.name, misses).values(**row)
    # Two processes may see the same new sentence at once: the second only counts it.
    again = {"count": misses.c.count + 1, "last_at": now}
    await connection.execute(statement.on_conflict_do_update(index_elements=["likeness"], set_=again))

"""What operators learn from: counts of outcomes, votes and choices, and what wasn't understood."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Executable, Select, func, select

from bot.messages import ChatIdentity
from bot.store.database import Database, Rows
from bot.store.statements import Steps
from bot.store.tables import clarify_choices, doubts, misses, outcomes, votes

CHINA = timezone(timedelta(hours=8), "北京时间")
"""By its days what happens is counted; there is no summer time."""
SAME_MISS = 80.0
"""From this rapidfuzz ratio on (0 to 100), two messages that weren't understood count as one."""
MAX_MISSES = 2000
"""Rows kept of what wasn't understood; past it the oldest goes, so that nobody can fill the disk."""
SHOWN_CHARACTERS = 200
"""Of the intents that were offered, joined; the column holds no more."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Something that wasn't understood, masked; how often, and when (seconds since 1970 UTC)."""

    text: str
    count: int
    first_at: int
    last_at: int


class DoubtKind(StrEnum):
    """Why a sentence that got an answer is worth a look."""

    ASKED_BACK = "clarify"
    """The bot asked which of several topics was meant."""
    USELESS = "useless"
    """The answer to it was voted useless."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence that was understood, perhaps wrongly."""

    kind: DoubtKind
    intent: str
    """What it was taken for; where the bot asked back, what it offered first."""
    text: str
    """Masked by bot.privacy."""
    likeness: str
    """The text in the form in which it is compared."""


@dataclass(frozen=True, slots=True)
class DoubtCount:
    """How often such a sentence came, and when (seconds since 1970 UTC)."""

    kind: DoubtKind
    intent: str
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


@dataclass(frozen=True, slots=True, order=True)
class OutcomeKey:
    """What turns are counted by."""

    day: str
    """In China, YYYY-MM-DD."""
    decision: str
    intent: str
    """Empty where no topic was answered."""


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many turns of a day (in China, YYYY-MM-DD) ended so; intent is None where no topic was answered."""

    day: str
    decision: str
    intent: str | None
    count: int


@dataclass(frozen=True, slots=True)
class TurnEvent:
    """What one turn adds to the counts; nothing in it tells who it was, but for the vote."""

    decision: str | None = None
    intent: str | None = None
    miss: str | None = None
    """Masked by bot.privacy."""
    likeness: str = ""
    """The miss in the form in which it is compared."""
    clarify_choice: ClarifyChoice | None = None
    vote: Vote | None = None
    doubt: Doubt | None = None

    @property
    def chosen(self) -> bool:
        """Whether the person said or chose something that is counted by itself."""
        return any(each is not None for each in (self.miss, self.clarify_choice, self.vote, self.doubt))

    def outcome(self, now: int) -> OutcomeKey | None:
        """What the turn is counted by, where it is; now in seconds since 1970 UTC."""
        return OutcomeKey(day_of(now), self.decision, self.intent or "") if self.decision is not None else None


def day_of(now: int) -> str:
    """The day in China (YYYY-MM-DD) of a moment in seconds since 1970."""
    return datetime.fromtimestamp(now, CHINA).date().isoformat()


@dataclass(frozen=True)
class AnalyticsRepository:
    """Reads what was counted; TurnRepository.save counts. Every call may raise StoreError."""

    database: Database
    settle: Callable[[], Awaitable[None]]
    """Waits for the turns that are still being kept."""

    async def misses(self, limit: int = 100) -> list[Miss]:
        """What wasn't understood, the most frequent first."""
        columns = (misses.c.text, misses.c.count, misses.c.first_at, misses.c.last_at)
        query = select(*columns).order_by(misses.c.count.desc(), misses.c.last_at.desc(), misses.c.id).limit(limit)
        return [Miss(*row) for row in await self._read(query)]

    async def doubts(self, since: int = 0, limit: int = MAX_MISSES) -> list[DoubtCount]:
        """Sentences that were asked back or whose answer was voted useless, from a moment on, the most frequent first."""
        columns = (doubts.c.kind, doubts.c.intent, doubts.c.text, doubts.c.count, doubts.c.first_at, doubts.c.last_at)
        query = select(*columns).where(doubts.c.last_at >= since).limit(limit)
        query = query.order_by(doubts.c.count.desc(), doubts.c.last_at.desc(), doubts.c.id)
        return [DoubtCount(DoubtKind(kind), *row) for kind, *row in await self._read(query)]

    async def votes(self, since: int = 0) -> list[VoteCount]:
        """Votes by intent, side and reason, from a moment (seconds since 1970 UTC) on."""
        query = _grouped((votes.c.intent, votes.c.useful, votes.c.reason), func.count()).where(votes.c.at >= since)
        return [VoteCount(*row) for row in await self._read(query)]

    async def clarify_choices(self, since: str = "") -> list[ClarifyChoiceCount]:
        """What was picked when the bot asked back, from a day (YYYY-MM-DD) on, the most frequent first."""
        keys = (clarify_choices.c.shown, clarify_choices.c.picked)
        query = _grouped(keys, func.sum(clarify_choices.c.count)).where(clarify_choices.c.day >= since)
        counts = [
            ClarifyChoiceCount(tuple(shown.split(",")), picked, count)
            for shown, picked, count in await self._read(query)
        ]
        return sorted(counts, key=lambda each: -each.count)

    async def outcomes(self, since: str = "") -> list[OutcomeCount]:
        """Outcomes by day, decision and intent, from a day (YYYY-MM-DD) on."""
        query = select(outcomes).where(outcomes.c.day >= since).order_by(*outcomes.primary_key)
        return [
            OutcomeCount(day, decision, intent or None, count)
            for day, decision, intent, count in await self._read(query)
        ]

    async def _read(self, query: Executable) -> Rows:
        await self.settle()
        return await self.database.execute(query)


def additions(person: ChatIdentity, event: TurnEvent, now: int) -> Steps:
    """The steps that count what one turn adds beyond its outcome, at a moment in seconds since 1970 UTC."""
    if event.clarify_choice is not None:
        yield from _add_clarify_choice(event.clarify_choice, day_of(now))
    if event.miss is not None:
        yield from _add_sentence("miss", {"text": event.miss, "likeness": event.likeness}, {}, now)
    if event.doubt is not None:
        yield from _add_sentence("doubt", asdict(event.doubt), {"kind": event.doubt.kind}, now)
    if event.vote is not None:
        yield from _add_vote(person, event.vote, now)


def _grouped(keys: Sequence[Any], total: Any) -> Select[Any]:  # noqa: ANN401 -- columns of several types
    return select(*keys, total).group_by(*keys).order_by(*keys)


def _add_clarify_choice(choice: ClarifyChoice, day: str) -> Steps:
    shown = ",".join(sorted(choice.shown))[:SHOWN_CHARACTERS]
    yield "add_clarify_choice", {"day": day, "shown": shown, "picked": choice.picked, "count": 1}


def _add_vote(person: ChatIdentity, vote: Vote, now: int) -> Steps:
    said = {"intent": vote.intent, "useful": vote.useful, "reason": vote.reason, "at": now}
    yield "add_vote", {"channel": person.channel, "user": person.user, **said}


def _add_sentence(name: str, row: Mapping[str, str], among: Mapping[str, str], now: int) -> Steps:
    """Count a sentence of a table: with the one that it is like among those of the same kind, or as a new row."""
    said_before = yield f"find_{name}", {**among, "likeness": row["likeness"]}
    if said_before:
        yield f"count_{name}", {"same": said_before[0][0], "now": now}
        return
    kept = yield f"list_{name}", among
    nearest = process.extractOne(
        row["likeness"], [each[1] for each in kept], scorer=fuzz.ratio, processor=None, score_cutoff=SAME_MISS
    )
    if nearest is not None:
        yield f"count_{name}", {"same": kept[nearest[2]][0], "now": now}
        return
    if len(kept) >= MAX_MISSES:
        for each in kept[MAX_MISSES - 1 :]:
            yield f"delete_{name}", {"surplus": each[0]}
    # Two processes may see the same new sentence at once: the second only counts it.
    yield f"add_{name}", {**row, "count": 1, "first_at": now, "last_at": now}

"""What operators learn from what people asked: read from the store, put beside the FAQ; no channel, no output."""

import asyncio
import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from rapidfuzz import fuzz, process

from bot.operators.teaching import masked_kinds
from bot.store.analytics import ClarifyChoiceCount, Miss, OutcomeCount, VoteCount
from bot.store.store import Store
from bot.talk import wording
from intents import FAQ, Decision, Match
from intents.faq.problems import Problem
from intents.faq.schema import OUT_OF_SCOPE
from intents.knowledge import Knowledge
from intents.matching.decide import DecisionReason
from intents.matching.normalize import Normalizer

ALIKE = 55.0
"""From this rapidfuzz ratio on (0 to 100), two messages stand in one group of the report."""
READ_MISSES = 2000
NEAREST = 2
NONE = "none"
"""What a pick is called when it was none of what was offered."""
DATE_CODES = frozenset({"W-STALE-REVIEW", "W-STALE-PARAMETER", "W-FUTURE-DATE"})
"""What `check` warns of that only time brings about."""

_SINCE = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class NearestIntent:
    """An intent that a group of messages comes close to."""

    intent: str
    title: str
    score: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class MissGroup:
    """Messages alike that weren't understood, masked, the most frequent first."""

    texts: tuple[str, ...]
    count: int
    last: date
    near: tuple[NearestIntent, ...]
    """The two nearest intents, nearest first."""
    settled: str | None
    """Where it belongs since it was taught: the intent that now answers it, or OUT_OF_SCOPE; None while that is open."""

    @property
    def commands(self) -> tuple[str, ...]:
        """What teaches it to each nearest intent, or that it is out of scope, ready for a shell; none of only masked words."""
        told = next((text for text in self.texts if not masked_kinds(text)), None)
        if told is None:
            return ()
        places = (*(near.intent for near in self.near), OUT_OF_SCOPE)
        return tuple(shlex.join(["youshu", "teach", place, told]) for place in places)


@dataclass(frozen=True, slots=True)
class VoteRow:
    """What people think of one answer."""

    intent: str
    title: str
    up: int
    down: int
    reasons: tuple[tuple[str, int], ...]
    """Why not useful, in words, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """What was offered when it wasn't clear, and what people meant."""

    shown: tuple[str, ...]
    """Titles."""
    picked: str
    """A title, or 都不是."""
    count: int


@dataclass(frozen=True, slots=True)
class TopicCount:
    """How often an intent was answered."""

    intent: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class DailyTurns:
    """How the turns of one day (UTC) ended."""

    day: date
    answer: int = 0
    clarify: int = 0
    fallback: int = 0

    @property
    def total(self) -> int:
        """All turns of the day."""
        return self.answer + self.clarify + self.fallback


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A line of the FAQ that wants a review."""

    line: int
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on one page; each list the most pressing first."""

    since: datetime
    until: datetime
    digest: str
    """The version of the FAQ that it was put beside."""
    days: tuple[DailyTurns, ...]
    misses: tuple[MissGroup, ...]
    votes: tuple[VoteRow, ...]
    confusions: tuple[Confusion, ...]
    asked: tuple[TopicCount, ...]
    never: tuple[TopicCount, ...]
    due: tuple[ReviewDue, ...]
    totals: DailyTurns = field(default_factory=lambda: DailyTurns(date.min))

    @property
    def voted(self) -> int:
        """How many votes there are."""
        return self.useful + sum(row.down for row in self.votes)

    @property
    def useful(self) -> int:
        """How many of them say that an answer was useful."""
        return sum(row.up for row in self.votes)

    @property
    def empty(self) -> bool:
        """Nobody has asked anything yet."""
        return not (self.totals.total or self.misses or self.votes)


async def gather(store: Store, knowledge: Knowledge, since: datetime, until: datetime) -> Report:
    """The report on what happened from `since` to `until` (UTC); raises StoreError."""
    first_day = since.date()
    begin = int(since.timestamp())
    misses = [miss for miss in await store.misses(READ_MISSES) if miss.last_at >= begin]
    outcomes = await store.outcomes(first_day.isoformat())
    days = _days(outcomes, first_day, until.date())
    asked = _asked(knowledge.faq, outcomes)
    return Report(
        since,
        until,
        knowledge.digest,
        days,
        # Thousands of sentences to match: in a thread, so that a service that asks for this goes on answering.
        await asyncio.to_thread(_miss_groups, knowledge, misses),
        _votes(knowledge.faq, await store.votes(begin)),
        _confusions(knowledge.faq, await store.clarify_choices(first_day.isoformat())),
        tuple(row for row in asked if row.count),
        tuple(row for row in asked if not row.count),
        _due(knowledge.problems),
        _sum(days),
    )


def since(text: str, now: datetime) -> datetime:
    """The moment that `7d`, `24h`, `2w` or `2026-11-01` names, in UTC; raises ValueError."""
    found = _SINCE.fullmatch(text.strip())
    if found is not None:
        return now - int(found[1]) * _UNITS[found[2]]
    return datetime.combine(date.fromisoformat(text.strip()), datetime.min.time(), UTC)


def _miss_groups(knowledge: Knowledge, misses: Sequence[Miss]) -> tuple[MissGroup, ...]:
    groups = (_miss_group(knowledge, members) for members in _alike(misses))
    return tuple(sorted(groups, key=lambda group: (group.settled is not None, -group.count, group.texts)))


def _alike(misses: Sequence[Miss]) -> list[list[Miss]]:
    """Each miss with the first of a group that it is like, the most frequent leading."""
    normalize = Normalizer()
    leaders: list[str] = []
    groups: list[list[Miss]] = []
    for miss in sorted(misses, key=lambda miss: (-miss.count, miss.text)):
        comparable = normalize(miss.text)
        nearest = process.extractOne(comparable, leaders, scorer=fuzz.ratio, processor=None, score_cutoff=ALIKE)
        if nearest is None:
            leaders.append(comparable)
            groups.append([miss])
        else:
            groups[nearest[2]].append(miss)
    return groups


def _miss_group(knowledge: Knowledge, members: Sequence[Miss]) -> MissGroup:
    match = knowledge.matcher.match(members[0].text)
    near = tuple(
        NearestIntent(candidate.intent, _title(knowledge.faq, candidate.intent), candidate.score)
        for candidate in match.candidates[:NEAREST]
    )
    last = datetime.fromtimestamp(max(miss.last_at for miss in members), UTC).date()
    texts = tuple(miss.text for miss in members)
    return MissGroup(texts, sum(miss.count for miss in members), last, near, _settled(match))


def _settled(match: Match) -> str | None:
    if match.decision is Decision.ANSWER:
        return match.intent
    # What is refused word for word stands in out_of_scope.
    return OUT_OF_SCOPE if match.reason is DecisionReason.EXACT else None


def _votes(faq: FAQ, counts: Iterable[VoteCount]) -> tuple[VoteRow, ...]:
    up: Counter[str] = Counter()
    down: Counter[str] = Counter()
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in counts:
        (up if row.useful else down)[row.intent] += row.count
        if not row.useful:
            label = wording.REASONS.get(row.reason, row.reason) if row.reason else "没说原因"
            reasons[row.intent][label] += row.count
    rows = [
        VoteRow(intent, _title(faq, intent), up[intent], down[intent], tuple(reasons[intent].most_common()))
        for intent in {*up, *down}
    ]
    return tuple(sorted(rows, key=lambda row: (-row.down, -row.up, row.intent)))


def _confusions(faq: FAQ, counts: Iterable[ClarifyChoiceCount]) -> tuple[Confusion, ...]:
    rows = [
        Confusion(
            tuple(_title(faq, intent) for intent in row.shown),
            wording.NONE_OF_THESE if row.picked == NONE else _title(faq, row.picked),
            row.count,
        )
        for row in counts
    ]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.shown, row.picked)))


def _asked(faq: FAQ, outcomes: Iterable[OutcomeCount]) -> list[TopicCount]:
    counts: Counter[str] = Counter()
    for row in outcomes:
        if row.decision == "answer" and row.intent:
            counts[row.intent] += row.count
    rows = [TopicCount(intent.id, intent.title, counts[intent.id]) for intent in faq.intents]
    return sorted(rows, key=lambda row: -row.count)


def _days(outcomes: Iterable[OutcomeCount], first: date, last: date) -> tuple[DailyTurns, ...]:
    """One row a day without gaps, from the first day on which anything happened."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in outcomes:
        counts[row.day][row.decision] += row.count
    if not counts:
        return ()
    begin = max(first, date.fromisoformat(min(counts)))
    span = [begin + timedelta(days=number) for number in range((last - begin).days + 1)]
    return tuple(_day(day, counts[day.isoformat()]) for day in span)


def _day(day: date, counts: Counter[str]) -> DailyTurns:
    return DailyTurns(day, counts["answer"], counts["clarify"], counts["fallback"])


def _sum(days: Sequence[DailyTurns]) -> DailyTurns:
    return DailyTurns(
        date.min,
        sum(day.answer for day in days),
        sum(day.clarify for day in days),
        sum(day.fallback for day in days),
    )


def _due(problems: Iterable[Problem]) -> tuple[ReviewDue, ...]:
    """What `check` says about dates: the same rule, so that the two never disagree."""
    return tuple(ReviewDue(each.line, each.message, each.remedy) for each in problems if each.code in DATE_CODES)


def _title(faq: FAQ, intent: str) -> str:
    found = faq.by_id.get(intent)
    return found.title if found else f"{intent}（已删去）"

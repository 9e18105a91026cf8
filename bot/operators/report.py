"""What operators learn from what people asked: read from the store, put beside the FAQ; no channel, no output."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.operators.miss_groups import MissGroup, day_in_china, load_miss_groups, title_of
from bot.store.analytics import CHINA, ClarifyChoiceCount, DoubtCount, DoubtKind, OutcomeCount, VoteCount
from bot.store.store import Store
from bot.talk import wording
from intents import FAQ
from intents.faq.problems import Problem
from intents.knowledge import Knowledge

NONE = "none"
"""What a choice is called when it was none of what was offered."""
DATE_CODES = frozenset({"W-STALE-REVIEW", "W-STALE-PARAMETER", "W-FUTURE-DATE"})
"""What `check` warns of that only time brings about."""

_SINCE = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


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
    """How the turns of one day in China ended."""

    day: date
    answer: int = 0
    clarify: int = 0
    fallback: int = 0

    @property
    def total(self) -> int:
        """All turns of the day."""
        return self.answer + self.clarify + self.fallback


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """A masked sentence that was asked back, or whose answer was voted useless."""

    text: str
    intent: str
    title: str
    """What it was taken for, or what was offered first."""
    count: int
    last_seen: date


@dataclass(frozen=True, slots=True)
class DueReview:
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
    asked_back: tuple[DoubtRow, ...]
    voted_useless: tuple[DoubtRow, ...]
    votes: tuple[VoteRow, ...]
    confusions: tuple[Confusion, ...]
    asked_topics: tuple[TopicCount, ...]
    unasked_topics: tuple[TopicCount, ...]
    due_reviews: tuple[DueReview, ...]
    totals: DailyTurns = field(default_factory=lambda: DailyTurns(date.min))
    """All days together."""

    @property
    def vote_count(self) -> int:
        """How many votes there are."""
        return self.useful_count + sum(row.down for row in self.votes)

    @property
    def useful_count(self) -> int:
        """How many of them say that an answer was useful."""
        return sum(row.up for row in self.votes)

    @property
    def is_empty(self) -> bool:
        """Nobody has asked anything yet."""
        return not (self.totals.total or self.misses or self.votes)


async def build_report(store: Store, knowledge: Knowledge, since: datetime, until: datetime) -> Report:
    """The report on what happened from `since` to `until` (aware), by days in China; raises StoreError."""
    since, until = since.astimezone(CHINA), until.astimezone(CHINA)
    first_day = since.date()
    doubts = await store.analytics.doubts(int(since.timestamp()))
    begin = int(since.timestamp())
    outcomes = await store.analytics.outcomes(first_day.isoformat())
    days = _days(outcomes, first_day, until.date())
    topics = _topic_counts(knowledge.faq, outcomes)
    return Report(
        since=since,
        until=until,
        digest=knowledge.digest,
        days=days,
        misses=await load_miss_groups(store, knowledge, begin),
        asked_back=_doubts(knowledge.faq, doubts, DoubtKind.ASKED_BACK),
        voted_useless=_doubts(knowledge.faq, doubts, DoubtKind.USELESS),
        votes=_votes(knowledge.faq, await store.analytics.votes(begin)),
        confusions=_confusions(knowledge.faq, await store.analytics.clarify_choices(first_day.isoformat())),
        asked_topics=tuple(topic for topic in topics if topic.count),
        unasked_topics=tuple(topic for topic in topics if not topic.count),
        due_reviews=_due_reviews(knowledge.problems),
        totals=_totals(days),
    )


def parse_since(text: str, now: datetime) -> datetime:
    """The moment that `7d`, `24h`, `2w` or `2026-11-01` names, in UTC; a day begins in China. Raises ValueError."""
    found = _SINCE.fullmatch(text.strip())
    if found is not None:
        return now - int(found[1]) * _UNITS[found[2]]
    return datetime.combine(date.fromisoformat(text.strip()), datetime.min.time(), CHINA).astimezone(UTC)


def _doubts(faq: FAQ, counts: Iterable[DoubtCount], kind: DoubtKind) -> tuple[DoubtRow, ...]:
    return tuple(
        DoubtRow(row.text, row.intent, title_of(faq, row.intent), row.count, day_in_china(row.last_at))
        for row in counts
        if row.kind is kind
    )


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
        VoteRow(intent, title_of(faq, intent), up[intent], down[intent], tuple(reasons[intent].most_common()))
        for intent in {*up, *down}
    ]
    return tuple(sorted(rows, key=lambda row: (-row.down, -row.up, row.intent)))


def _confusions(faq: FAQ, counts: Iterable[ClarifyChoiceCount]) -> tuple[Confusion, ...]:
    rows = [
        Confusion(
            tuple(title_of(faq, intent) for intent in row.shown),
            wording.NONE_OF_THESE if row.picked == NONE else title_of(faq, row.picked),
            row.count,
        )
        for row in counts
    ]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.shown, row.picked)))


def _topic_counts(faq: FAQ, outcomes: Iterable[OutcomeCount]) -> list[TopicCount]:
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


def _totals(days: Sequence[DailyTurns]) -> DailyTurns:
    return DailyTurns(
        date.min,
        sum(day.answer for day in days),
        sum(day.clarify for day in days),
        sum(day.fallback for day in days),
    )


def _due_reviews(problems: Iterable[Problem]) -> tuple[DueReview, ...]:
    """What `check` says about dates: the same rule, so that the two never disagree."""
    return tuple(DueReview(each.line, each.message, each.remedy) for each in problems if each.code in DATE_CODES)

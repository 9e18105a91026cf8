"""What wasn't understood, grouped by likeness and put beside the FAQ: where it may belong, or already does."""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from rapidfuzz import fuzz, process

from bot.privacy import kinds_of_personal_data
from bot.store.analytics import CHINA, Miss
from bot.store.store import Store
from intents import FAQ, Decision, Match
from intents.faq.schema import OUT_OF_SCOPE
from intents.knowledge import Knowledge
from intents.matching.decide import DecisionReason
from intents.matching.normalize import Normalizer

SIMILAR = 55.0
"""From this rapidfuzz ratio on (0 to 100), two messages stand in one group."""
READ_MISSES = 2000
NEAREST = 2
NEAR_ENOUGH = 0.05
"""A sentence that is less likely in scope is near no topic: to offer one would invite wrong teaching."""
SHARE = 0.2
"""A topic with a smaller share of what is in scope is no nearer than others."""


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
    last_seen: date
    nearest: tuple[NearestIntent, ...]
    """The two nearest intents that are near enough to be right, nearest first."""
    resolved_to: str | None
    """Where it belongs since it was taught: the intent that now answers it, or OUT_OF_SCOPE; None while that is open."""

    @property
    def key(self) -> str:
        """A short name that a button can hold, the same after a restart."""
        return sha256(self.texts[0].encode()).hexdigest()[:12]

    @property
    def commands(self) -> tuple[str, ...]:
        """What teaches it to each nearest intent, or that it is out of scope, ready for a shell; none of only masked words."""
        text = next((text for text in self.texts if not kinds_of_personal_data(text)), None)
        if text is None:
            return ()
        places = (*(near.intent for near in self.nearest), OUT_OF_SCOPE)
        return tuple(shlex.join(["youshu", "teach", place, text]) for place in places)


async def load_miss_groups(store: Store, knowledge: Knowledge, since: int = 0) -> tuple[MissGroup, ...]:
    """The groups of what was last said at a moment (seconds since 1970 UTC) or later; open ones first, then the most frequent.

    Raises StoreError.
    """
    misses = [miss for miss in await store.analytics.misses(READ_MISSES) if miss.last_at >= since]
    # Thousands of sentences to match: in a thread, so that a service that asks for this goes on answering.
    return await asyncio.to_thread(_group, knowledge, misses)


def title_of(faq: FAQ, intent: str) -> str:
    """An intent's title; one that the FAQ no longer has is named by its id."""
    found = faq.by_id.get(intent)
    return found.title if found else f"{intent}（已删去）"


def day_in_china(at: int) -> date:
    """The day of a moment in seconds since 1970."""
    return datetime.fromtimestamp(at, CHINA).date()


def _group(knowledge: Knowledge, misses: Sequence[Miss]) -> tuple[MissGroup, ...]:
    groups = (_beside_faq(knowledge, members) for members in _similar(misses))
    return tuple(sorted(groups, key=lambda group: (group.resolved_to is not None, -group.count, group.texts)))


def _similar(misses: Sequence[Miss]) -> list[list[Miss]]:
    """Each miss with the first of a group that it is like, the most frequent leading."""
    normalize = Normalizer()
    leaders: list[str] = []
    groups: list[list[Miss]] = []
    for miss in sorted(misses, key=lambda miss: (-miss.count, miss.text)):
        comparable = normalize(miss.text)
        nearest = process.extractOne(comparable, leaders, scorer=fuzz.ratio, processor=None, score_cutoff=SIMILAR)
        if nearest is None:
            leaders.append(comparable)
            groups.append([miss])
        else:
            groups[nearest[2]].append(miss)
    return groups


def _beside_faq(knowledge: Knowledge, members: Sequence[Miss]) -> MissGroup:
    match = knowledge.matcher.match(members[0].text)
    # What wasn't understood was hardly in scope: how near topics are is told from each other.
    inside = sum(candidate.score for candidate in match.candidates)
    return MissGroup(
        texts=tuple(miss.text for miss in members),
        count=sum(miss.count for miss in members),
        last_seen=day_in_china(max(miss.last_at for miss in members)),
        nearest=tuple(
            NearestIntent(candidate.intent, title_of(knowledge.faq, candidate.intent), candidate.score)
            for candidate in match.candidates[:NEAREST]
            if inside >= NEAR_ENOUGH and candidate.score >= SHARE * inside
        ),
        resolved_to=_resolved_to(match),
    )


def _resolved_to(match: Match) -> str | None:
    if match.decision is Decision.ANSWER:
        return match.intent
    # What is refused word for word stands in out_of_scope.
    return OUT_OF_SCOPE if match.reason is DecisionReason.EXACT else None

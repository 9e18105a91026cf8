"""How many messages one person may send; beyond it one kind word, then silence."""

from dataclasses import dataclass, field
from enum import StrEnum

from limits import RateLimitItemPerMinute

from bot.limit_counters import LimitCounters, MemoryCounters
from bot.messages import ChatIdentity

PER_MINUTE = 30
"""More than anybody types or taps; a script is through it in a second."""


class RateDecision(StrEnum):
    """What becomes of one message."""

    ALLOW = "allow"
    WARN = "warn"
    """Not answered; the person is told once why."""
    DROP = "drop"
    """Not answered, and not told again."""


@dataclass(frozen=True)
class RateLimiter:
    """Counts each person's messages."""

    per_minute: int = PER_MINUTE
    counters: LimitCounters = field(default_factory=MemoryCounters, repr=False, compare=False)
    """Those that all processes share, where there are several."""

    async def check(self, person: ChatIdentity) -> RateDecision:
        """Count one message of this person and say what becomes of it."""
        if await self.counters.hit(RateLimitItemPerMinute(self.per_minute), "messages", person.channel, person.user):
            return RateDecision.ALLOW
        told = await self.counters.hit(RateLimitItemPerMinute(1), "told", person.channel, person.user)
        return RateDecision.WARN if told else RateDecision.DROP

    async def forget(self, person: ChatIdentity) -> None:
        """Drop this person's counters."""
        await self.counters.clear(RateLimitItemPerMinute(self.per_minute), "messages", person.channel, person.user)
        await self.counters.clear(RateLimitItemPerMinute(1), "told", person.channel, person.user)

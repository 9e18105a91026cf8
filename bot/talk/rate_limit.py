"""How many messages one person may send; beyond it one kind word, then silence."""

from dataclasses import dataclass, field
from enum import StrEnum

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

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
    """Counts each person's messages in memory; one per process.

    The library's asynchronous storage: the other one starts a thread for every message.
    """

    per_minute: int = PER_MINUTE
    _limiter: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(MemoryStorage()), repr=False, compare=False
    )

    async def check(self, person: ChatIdentity) -> RateDecision:
        """Count one message of this person and say what becomes of it."""
        if await self._limiter.hit(RateLimitItemPerMinute(self.per_minute), "messages", person.channel, person.user):
            return RateDecision.ALLOW
        told = await self._limiter.hit(RateLimitItemPerMinute(1), "told", person.channel, person.user)
        return RateDecision.WARN if told else RateDecision.DROP

    async def forget(self, person: ChatIdentity) -> None:
        """Drop this person's counters."""
        await self._limiter.clear(RateLimitItemPerMinute(self.per_minute), "messages", person.channel, person.user)
        await self._limiter.clear(RateLimitItemPerMinute(1), "told", person.channel, person.user)

"""How many requests one client address may make, whoever it says it is."""

from dataclasses import dataclass, field

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request

from bot.http.addresses import Crowds

PER_MINUTE = 300
"""Many people may stand behind one address of a mobile network; a script is through it in a second."""


@dataclass(frozen=True)
class ClientLimit:
    """Counts requests by client address in memory.

    The address is that of the connection, or what a listed proxy says (`bot.http.server`).
    """

    crowds: Crowds = field(default_factory=Crowds)
    """Whom it isn't for."""
    per_minute: int = PER_MINUTE
    _limiter: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(MemoryStorage()), repr=False, compare=False
    )

    async def allows(self, request: Request) -> bool:
        """Count one request; whether it is within the limit."""
        client = self.crowds.client(request.client.host) if request.client is not None else None
        return client is None or await self._limiter.hit(RateLimitItemPerMinute(self.per_minute), client)

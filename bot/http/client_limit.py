"""How many requests one client address may make, whoever it says it is."""

from dataclasses import dataclass, field

from limits import RateLimitItemPerMinute
from starlette.requests import Request

from bot.http.addresses import Crowds
from bot.limit_counters import LimitCounters, MemoryCounters

PER_MINUTE = 300
"""Many people may stand behind one address of a mobile network; a script is through it in a second."""


@dataclass(frozen=True)
class ClientLimit:
    """Counts requests by client address.

    The address is that of the connection, or what a listed proxy says (`bot.http.server`).
    """

    crowds: Crowds = field(default_factory=Crowds)
    """Whom it isn't for."""
    per_minute: int = PER_MINUTE
    counters: LimitCounters = field(default_factory=MemoryCounters, repr=False, compare=False)
    """Those that all processes share, where there are several."""

    async def allows(self, request: Request) -> bool:
        """Count one request; whether it is within the limit."""
        client = self.crowds.client(request.client.host) if request.client is not None else None
        return client is None or await self.counters.hit(RateLimitItemPerMinute(self.per_minute), "requests", client)

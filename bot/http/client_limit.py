"""How many requests one client address may make, whoever it says it is."""

from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request

PER_MINUTE = 300
"""Many people may stand behind one address of a mobile network; a script is through it in a second."""
IPV6_PREFIX = 64
"""What one subscriber is given (RFC 6177)."""


@dataclass(frozen=True)
class ClientLimit:
    """Counts requests by client address in memory; programs of this machine aren't counted.

    The address is that of the connection, or what a listed proxy says (`bot.http.server`).
    """

    per_minute: int = PER_MINUTE
    _limiter: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(MemoryStorage()), repr=False, compare=False
    )

    async def allows(self, request: Request) -> bool:
        """Count one request; whether it is within the limit."""
        client = client_network(request.client.host) if request.client is not None else None
        return client is None or await self._limiter.hit(RateLimitItemPerMinute(self.per_minute), client)


def client_network(host: str) -> str | None:
    """Whom an address stands for: itself, or a network of IPv6; None for this machine and what is no address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return client_network(str(address.ipv4_mapped))
        if not address.is_loopback:
            return str(IPv6Address(int(address) >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX)))
    return None if address.is_loopback else str(address)

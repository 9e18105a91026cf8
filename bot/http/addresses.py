"""Whom a client's address stands for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IPV6_PREFIX = 64
"""What one subscriber is given (RFC 6177)."""


@dataclass(frozen=True)
class Crowds:
    """Addresses behind which many people are, so that no limit holds for them: this machine, and the listed proxies."""

    proxies: Sequence[str] = ()
    """Addresses and networks."""
    _networks: tuple[IPv4Network | IPv6Network, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_networks", tuple(map(ip_network, self.proxies)))

    def client(self, host: str) -> str | None:
        """The address, or of IPv6 its network; None for a crowd and for what is no address."""
        address = _address(host)
        if address is None or address.is_loopback or any(address in network for network in self._networks):
            return None
        if isinstance(address, IPv6Address):
            spare = 128 - IPV6_PREFIX
            return str(IPv6Address(int(address) >> spare << spare))
        return str(address)


@lru_cache(maxsize=1024)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address

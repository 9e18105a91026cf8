"""What rate limits count with: this process's memory, or a Redis (or Valkey) that several processes share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Protocol

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

log = structlog.get_logger(__name__)

CALL_SECONDS: Final = 0.25
"""How long Redis may take for one count: whoever writes waits for it."""
AWAY_SECONDS: Final = 2.0
"""So long after a failure Redis isn't asked again."""
KEY_PREFIX: Final = "youshu"


class LimitCounters(Protocol):
    """Counts by what the limit is of and whom it is for."""

    async def hit(self, limit: RateLimitItem, *names: str) -> bool:
        """Count one; whether it is within the limit. Raises nothing."""
        ...

    async def clear(self, limit: RateLimitItem, *names: str) -> None:
        """Begin anew. Raises nothing."""
        ...

    async def problem(self) -> str | None:
        """What is wrong with what is counted with, in one line without a secret; None: nothing. Raises nothing."""
        ...


@dataclass
class _Generations:
    """Counts of one length of window; a count that nobody has asked for through a whole window is dropped."""

    began: float
    young: dict[tuple[str, ...], tuple[float, int]] = field(default_factory=dict)
    """When each window began, and how many are counted in it."""
    old: dict[tuple[str, ...], tuple[float, int]] = field(default_factory=dict)


class MemoryCounters:
    """Counts in memory: each process for itself.

    In place of the library's MemoryStorage, which looks through all its keys at every count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is counted yet; the clock gives seconds."""
        self._clock = clock
        self._generations: dict[int, _Generations] = {}

    async def hit(self, limit: RateLimitItem, *names: str) -> bool:
        """Count one; whether it is within the limit."""
        now, seconds = self._clock(), limit.get_expiry()
        counts = self._counts(seconds, now)
        since, count = counts.young.get(names) or counts.old.pop(names, None) or (now, 0)
        if since <= now - seconds:
            since, count = now, 0
        counts.young[names] = since, count + 1
        return count < limit.amount

    async def clear(self, limit: RateLimitItem, *names: str) -> None:
        """Begin anew."""
        counts = self._counts(limit.get_expiry(), self._clock())
        for generation in (counts.young, counts.old):
            generation.pop(names, None)

    async def problem(self) -> str | None:
        """Memory is always there."""
        return None

    def _counts(self, seconds: int, now: float) -> _Generations:
        counts = self._generations.setdefault(seconds, _Generations(now))
        if counts.began <= now - seconds:
            counts.began, counts.old, counts.young = now, counts.young, {}
        return counts


class RedisCounters:
    """Counts in Redis, the same for every process; close at the end.

    While Redis is away each process counts in its memory, which is said once; it is asked again every AWAY_SECONDS. What a count is
    for is kept hashed and no longer than the limit's window.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is connected yet.

        Args:
            url: as in YOUSHU_REDIS_URL.
            clock: seconds, for AWAY_SECONDS.
        """
        self._clock = clock
        self._memory = MemoryCounters(clock)
        self._away_until: float | None = None
        # Here, because without Redis nobody needs the library.
        from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.exceptions import RedisError  # noqa: PLC0415

        self._errors: tuple[type[Exception], ...] = (RedisError, OSError, TimeoutError)
        self._pool = BlockingConnectionPool.from_url(
            url.replace("valkey", "redis", 1) if url.startswith("valkey") else url,
            timeout=CALL_SECONDS,
            socket_timeout=CALL_SECONDS,
            socket_connect_timeout=CALL_SECONDS,
            # One refused count is answered from memory at once; redis-py would try three times more.
            retry=Retry(NoBackoff(), 0),
        )
        self._client = Redis(connection_pool=self._pool)
        # The library's own types know numbers and texts only.
        options: dict[str, Any] = {"connection_pool": self._pool}
        storage = RedisStorage("async+redis://", implementation="redispy", key_prefix=KEY_PREFIX, **options)
        self._limiter = FixedWindowRateLimiter(storage)

    async def hit(self, limit: RateLimitItem, *names: str) -> bool:
        """Count one; whether it is within the limit."""
        if self._may_ask():
            try:
                within = await self._limiter.hit(limit, _key(names))
            except self._errors as error:
                self._failed(error)
            else:
                self._answered()
                return within
        return await self._memory.hit(limit, *names)

    async def clear(self, limit: RateLimitItem, *names: str) -> None:
        """Begin anew, in Redis and in memory."""
        await self._memory.clear(limit, *names)
        if self._may_ask():
            try:
                await self._limiter.clear(limit, _key(names))
            except self._errors as error:
                self._failed(error)
            else:
                self._answered()

    async def problem(self) -> str | None:
        """Why Redis can't be asked now; None: it answers."""
        try:
            await self._client.ping()
        except self._errors as error:
            return type(error).__name__
        return None

    async def close(self) -> None:
        """Give back the connections."""
        await self._pool.disconnect()

    def _may_ask(self) -> bool:
        if self._away_until is None:
            return True
        if self._clock() < self._away_until:
            return False
        # One asks; the others go on in memory until it has answered.
        self._away_until = self._clock() + AWAY_SECONDS
        return True

    def _failed(self, error: Exception) -> None:
        if self._away_until is None:
            log.warning("redis_away", error=type(error).__name__, limits="each process counts for itself")
        self._away_until = self._clock() + AWAY_SECONDS

    def _answered(self) -> None:
        if self._away_until is not None:
            log.info("redis_back")
        self._away_until = None


def _key(names: tuple[str, ...]) -> str:
    return sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:32]

"""What limits count with, in memory and in a real Redis; and what happens while Redis is away."""

from collections.abc import AsyncIterator

import pytest
from limits import RateLimitItemPerMinute
from redis.asyncio import Redis, SSLConnection
from starlette.requests import Request
from structlog.testing import capture_logs

from bot.http.client_limit import ClientLimit
from bot.limit_counters import AWAY_SECONDS, CALL_SECONDS, MemoryCounters, RedisCounters
from bot.messages import ChatIdentity
from bot.talk.rate_limit import RateDecision, RateLimiter
from tests.redis_server import RedisServer, redis_server
from tests.stores import Clock

WANG = ChatIdentity("telegram", "1001")
TWO = RateLimitItemPerMinute(2)


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with redis_server() as server:
        yield server


def request_from(address: str) -> Request:
    return Request({"type": "http", "client": (address, 1), "headers": []})


async def test_in_memory_a_window_begins_with_its_first_count_and_ends_a_minute_later() -> None:
    clock = Clock(0)
    counters = MemoryCounters(clock)
    assert [await counters.hit(TWO, "王") for _ in range(3)] == [True, True, False]
    clock.now = 59.9
    assert not await counters.hit(TWO, "王")
    assert await counters.hit(TWO, "李")
    clock.now = 60.0
    assert [await counters.hit(TWO, name) for name in "王王王李李"] == [True, True, False, True, False]


async def test_in_memory_who_was_not_heard_of_through_a_window_is_not_held() -> None:
    clock = Clock(0)
    counters = MemoryCounters(clock)
    for number in range(1000):
        await counters.hit(TWO, str(number))
    for clock.now in (60.0, 120.0):
        await counters.hit(TWO, "王")
    [counts] = counters._generations.values()
    assert len(counts.young) + len(counts.old) == 1


async def test_processes_that_share_redis_count_as_one(redis: RedisServer) -> None:
    one, other = RedisCounters(redis.url), RedisCounters(redis.url)
    people = [RateLimiter(2, counters) for counters in (one, other)]
    verdicts = [await limiter.check(WANG) for limiter in (*people, *people)]
    assert verdicts == [RateDecision.ALLOW, RateDecision.ALLOW, RateDecision.WARN, RateDecision.DROP]
    await people[0].forget(WANG)
    assert await people[1].check(WANG) is RateDecision.ALLOW
    clients = [ClientLimit(per_minute=1, counters=counters) for counters in (one, other)]
    assert [await each.allows(request_from("203.0.113.7")) for each in clients] == [True, False]
    assert await clients[0].allows(request_from("203.0.113.8"))
    for counters in (one, other):
        await counters.close()


async def test_redis_has_no_word_of_who_it_is_and_forgets_by_itself(redis: RedisServer) -> None:
    counters = RedisCounters(redis.url)
    await RateLimiter(2, counters).check(WANG)
    async with Redis.from_url(redis.url, decode_responses=True) as client:
        [key] = await client.keys()
        assert WANG.user not in key
        assert str(key).startswith("youshu")
        assert 0 < await client.ttl(key) <= 60
    await counters.close()


async def test_without_redis_each_counts_for_itself_and_says_so_once_until_it_is_back(redis: RedisServer) -> None:
    clock = Clock(0)
    counters, other = RedisCounters(redis.url, clock), RedisCounters(redis.url, clock)
    assert await counters.hit(TWO, "王")
    await redis.kill()
    with capture_logs() as logged:
        assert [await counters.hit(TWO, "王") for _ in range(3)] == [True, True, False]
        clock.now += AWAY_SECONDS
        assert not await counters.hit(TWO, "王")
        await counters.clear(TWO, "王")
        assert await counters.hit(TWO, "王")
    assert [(each["event"], each["log_level"]) for each in logged] == [("redis_away", "warning")]
    assert await counters.problem() == "ConnectionError"
    await redis.start()
    with capture_logs() as logged:
        await counters.hit(TWO, "李")
    assert not logged  # it isn't asked again yet
    clock.now += AWAY_SECONDS
    assert [counters._may_ask() for _ in range(3)] == [True, False, False]  # one asks, the others don't wait for it
    clock.now += AWAY_SECONDS
    with capture_logs() as logged:
        assert [await each.hit(TWO, "王") for each in (counters, other, counters)] == [True, True, False]
    assert [each["event"] for each in logged] == ["redis_back"]
    assert await counters.problem() is None
    for each in (counters, other):
        await each.close()


async def test_redis_that_answers_nothing_is_not_waited_for(redis: RedisServer) -> None:
    counters = RedisCounters(redis.url)
    assert await counters.hit(TWO, "王")
    async with Redis.from_url(redis.url) as client:
        await client.client_pause(60_000)
        assert [await counters.hit(TWO, "王") for _ in range(3)] == [True, True, False]
        assert await counters.problem() is not None
    await counters.close()
    assert CALL_SECONDS < 1  # whoever writes waits for it


@pytest.mark.parametrize(
    ("url", "host", "encrypted"),
    [
        ("redis://valkey:6380", "valkey", False),
        ("rediss://h:6380", "h", True),
        ("valkey://valkey:6380", "valkey", False),
        ("valkeys://h:6380", "h", True),
    ],
)
def test_valkey_is_named_as_redis_is(url: str, host: str, encrypted: bool) -> None:  # noqa: FBT001 -- a case
    pool = RedisCounters(url)._pool
    assert (pool.connection_kwargs["host"], pool.connection_kwargs["port"]) == (host, 6380)
    assert issubclass(pool.connection_class, SSLConnection) is encrypted
    assert pool.connection_kwargs["retry"].get_retries() == 0


async def test_whoever_is_named_by_half_a_character_is_counted_too(redis: RedisServer) -> None:
    counters = RedisCounters(redis.url)
    assert [await counters.hit(TWO, "\ud800") for _ in range(3)] == [True, True, False]
    await counters.close()

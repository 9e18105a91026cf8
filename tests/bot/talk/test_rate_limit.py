"""How many messages one person may send."""

from bot.messages import ChatIdentity
from bot.talk.rate_limit import RateDecision, RateLimiter

WANG, LI = ChatIdentity("telegram", "1"), ChatIdentity("web", "1")


async def test_beyond_the_limit_one_word_and_then_silence_for_that_person_only() -> None:
    limiter = RateLimiter(per_minute=2)
    verdicts = [await limiter.check(WANG) for _ in range(5)]
    assert verdicts == [
        RateDecision.ALLOW,
        RateDecision.ALLOW,
        RateDecision.WARN,
        RateDecision.DROP,
        RateDecision.DROP,
    ]
    assert await limiter.check(LI) is RateDecision.ALLOW


async def test_who_asks_to_be_forgotten_starts_anew() -> None:
    limiter = RateLimiter(per_minute=1)
    for _ in range(3):
        await limiter.check(WANG)
    await limiter.forget(WANG)
    assert [await limiter.check(WANG), await limiter.check(WANG)] == [RateDecision.ALLOW, RateDecision.WARN]


async def test_two_services_count_apart() -> None:
    one, other = RateLimiter(per_minute=1), RateLimiter(per_minute=1)
    await one.check(WANG)
    assert await other.check(WANG) is RateDecision.ALLOW

"""How many messages one person may send."""

from bot.messages import ChatIdentity
from bot.talk.rate_limit import RateDecision, RateLimiter

WANG, LI = ChatIdentity("telegram", "1"), ChatIdentity("web", "1")


async def test_beyond_the_limit_one_word_and_then_silence_for_that_person_only() -> None:
    flood = RateLimiter(per_minute=2)
    verdicts = [await flood.judge(WANG) for _ in range(5)]
    assert verdicts == [
        RateDecision.PASS,
        RateDecision.PASS,
        RateDecision.TELL,
        RateDecision.SILENT,
        RateDecision.SILENT,
    ]
    assert await flood.judge(LI) is RateDecision.PASS


async def test_who_asks_to_be_forgotten_starts_anew() -> None:
    flood = RateLimiter(per_minute=1)
    for _ in range(3):
        await flood.judge(WANG)
    await flood.forget(WANG)
    assert [await flood.judge(WANG), await flood.judge(WANG)] == [RateDecision.PASS, RateDecision.TELL]


async def test_two_services_count_apart() -> None:
    one, other = RateLimiter(per_minute=1), RateLimiter(per_minute=1)
    await one.judge(WANG)
    assert await other.judge(WANG) is RateDecision.PASS

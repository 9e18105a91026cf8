"""How many messages one person may send."""

from bot.messages import Person
from bot.talk.rate_limit import Flood, Verdict

WANG, LI = Person("telegram", "1"), Person("web", "1")


async def test_beyond_the_limit_one_word_and_then_silence_for_that_person_only() -> None:
    flood = Flood(per_minute=2)
    verdicts = [await flood.judge(WANG) for _ in range(5)]
    assert verdicts == [Verdict.PASS, Verdict.PASS, Verdict.TELL, Verdict.SILENT, Verdict.SILENT]
    assert await flood.judge(LI) is Verdict.PASS


async def test_who_asks_to_be_forgotten_starts_anew() -> None:
    flood = Flood(per_minute=1)
    for _ in range(3):
        await flood.judge(WANG)
    await flood.forget(WANG)
    assert [await flood.judge(WANG), await flood.judge(WANG)] == [Verdict.PASS, Verdict.TELL]


async def test_two_services_count_apart() -> None:
    one, other = Flood(per_minute=1), Flood(per_minute=1)
    await one.judge(WANG)
    assert await other.judge(WANG) is Verdict.PASS

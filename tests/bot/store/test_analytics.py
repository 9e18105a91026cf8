"""What is counted for operators, and that it names nobody."""

import pytest

from bot.store.analytics import ClarifyChoice, ClarifyChoiceCount, Doubt, DoubtKind, TurnEvent, Vote, VoteCount
from bot.store.data_map import DAY_SECONDS
from bot.store.store import Store
from bot.store.tables import metadata
from tests.stores import BEGIN, LI, WANG, Clock


async def test_misses_that_are_alike_count_as_one_and_name_nobody(store: Store, clock: Clock) -> None:
    for text in ("花呗怎么注销掉", "花呗怎么注销呢", "花呗怎么注销掉", "今天天气如何"):
        clock.now += 1
        await store.turns.save(WANG, "{}", TurnEvent("fallback", miss=text, likeness=text))
    found = await store.analytics.misses()
    assert [(miss.text, miss.count) for miss in found] == [("花呗怎么注销掉", 3), ("今天天气如何", 1)]
    assert (found[0].first_at, found[0].last_at) == (BEGIN + 1, BEGIN + 3)
    columns = set(metadata.tables["misses"].columns.keys())
    assert columns == {"id", "text", "likeness", "count", "first_at", "last_at"}


async def test_misses_cannot_fill_the_disk(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.analytics.MAX_MISSES", 3)
    for text in ("甲甲甲甲", "乙乙乙乙", "丙丙丙丙", "丁丁丁丁"):
        clock.now += 1
        await store.turns.save(WANG, "{}", TurnEvent(miss=text, likeness=text))
    assert {miss.text for miss in await store.analytics.misses()} == {"乙乙乙乙", "丙丙丙丙", "丁丁丁丁"}


async def test_a_person_has_one_vote_on_an_answer_and_the_last_one_counts(store: Store) -> None:
    await store.turns.save(WANG, "{}", TurnEvent(vote=Vote("lawsuit", useful=False)))
    await store.turns.save(WANG, "{}", TurnEvent(vote=Vote("lawsuit", useful=False, reason="hard")))
    await store.turns.save(LI, "{}", TurnEvent(vote=Vote("lawsuit", useful=True)))
    counts = await store.analytics.votes()
    assert sorted(counts, key=str) == [
        VoteCount("lawsuit", useful=False, reason="hard", count=1),
        VoteCount("lawsuit", useful=True, reason=None, count=1),
    ]


async def test_picks_and_outcomes_are_counted_by_day(store: Store, clock: Clock) -> None:
    for _ in range(2):
        await store.turns.save(
            WANG,
            "{}",
            TurnEvent("answer", "lawsuit", clarify_choice=ClarifyChoice(("lawsuit", "home_visit"), "lawsuit")),
        )
    clock.now += DAY_SECONDS
    await store.turns.save(
        LI, "{}", TurnEvent("fallback", clarify_choice=ClarifyChoice(("home_visit", "lawsuit"), "none"))
    )
    assert await store.analytics.clarify_choices() == [
        ClarifyChoiceCount(("home_visit", "lawsuit"), "lawsuit", 2),
        ClarifyChoiceCount(("home_visit", "lawsuit"), "none", 1),
    ]
    days = [(row.decision, row.intent, row.count) for row in await store.analytics.outcomes()]
    assert days == [("answer", "lawsuit", 2), ("fallback", None, 1)]
    later = await store.analytics.outcomes(since=(await store.analytics.outcomes())[1].day)
    assert [row.decision for row in later] == ["fallback"]


async def test_votes_and_doubts_are_those_of_a_moment_and_later(store: Store) -> None:
    doubt = Doubt(DoubtKind.USELESS, "lawsuit", "会起诉吗", "会起诉吗")
    await store.turns.save(WANG, "{}", TurnEvent(vote=Vote("lawsuit", useful=False), doubt=doubt))
    for since, found in ((BEGIN, 1), (BEGIN + 1, 0)):
        assert len(await store.analytics.votes(since)) == found
        assert len(await store.analytics.doubts(since)) == found

"""The report: what happened, read from a real database, put beside the FAQ as it is now."""

import re
import shlex
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.messages import ChatIdentity
from bot.operators.miss_groups import NEAR_ENOUGH, SHARE
from bot.operators.report import DailyTurns, Report, build_report, parse_since
from bot.operators.report_page import draw_chart, render_page
from bot.store.analytics import ClarifyChoice, Doubt, DoubtKind, TurnEvent, Vote
from bot.store.store import Store
from intents.knowledge import Knowledge
from tests.faqs import intent, write_faq

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
FAR = "蓝色信封要不要拆开看"
"""Stands in out_of_scope."""
OPEN = "公积金能不能取出来"


class Past:
    """A store that can be written to as if it were another day."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOW
        store.clock = self._clock
        self._people = 0

    def _clock(self) -> float:
        return self.now.timestamp()

    async def learn(self, days_ago: int, event: TurnEvent) -> None:
        """What one turn of a new person added so many days ago."""
        self.now = NOW - timedelta(days=days_ago)
        self._people += 1
        await self.store.turns.save(ChatIdentity("web", f"person-{self._people}"), "{}", event)


@pytest.fixture
async def past(database_url: str) -> AsyncIterator[Past]:
    async with Store(database_url, call_seconds=30) as store:
        yield Past(store)


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    home_visit = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账"], title="上门催收")
    lawsuit = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办"], title="被起诉", reviewed="2020-01-01")
    return Knowledge.load(write_faq(tmp_path, [home_visit, lawsuit], out_of_scope={"questions": [FAR]}))


async def report(past: Past, knowledge: Knowledge, span: timedelta = WEEK) -> Report:
    return await build_report(past.store, knowledge, NOW - span, NOW)


async def test_with_nothing_asked_it_still_says_what_wants_a_review(past: Past, knowledge: Knowledge) -> None:
    found = await report(past, knowledge)
    assert found.is_empty
    assert [row.intent for row in found.unasked_topics] == ["home_visit", "lawsuit"]
    assert any("被起诉" in row.message for row in found.due_reviews)
    assert "还没有人来问" in render_page(found)


async def test_outcomes_are_told_for_each_day_without_gaps(past: Past, knowledge: Knowledge) -> None:
    await past.learn(3, TurnEvent("answer", "home_visit"))
    await past.learn(3, TurnEvent("clarify", "home_visit"))
    await past.learn(1, TurnEvent("fallback"))
    await past.learn(30, TurnEvent("answer", "lawsuit"))
    found = await report(past, knowledge)
    assert found.days == (
        DailyTurns(date(2026, 11, 20), 1, 1, 0),
        DailyTurns(date(2026, 11, 21)),
        DailyTurns(date(2026, 11, 22), 0, 0, 1),
        DailyTurns(date(2026, 11, 23)),
    )
    assert (found.totals.answer, found.totals.clarify, found.totals.fallback) == (1, 1, 1)
    assert [(row.intent, row.count) for row in found.asked_topics] == [("home_visit", 1)]
    assert [row.intent for row in found.unasked_topics] == ["lawsuit"]


async def test_what_was_not_understood_is_grouped_by_likeness_with_the_nearest_intents(
    past: Past, knowledge: Knowledge
) -> None:
    for text in ("孩子上学会受影响吗", "孩子上学会受影响吗", "将来孩子上学受不受影响", OPEN):
        await past.learn(1, TurnEvent("fallback", miss=text, likeness=text))
    found = await report(past, knowledge)
    by_text = {group.texts[0]: group for group in found.misses}
    school = by_text["孩子上学会受影响吗"]
    assert (school.count, school.texts) == (3, ("孩子上学会受影响吗", "将来孩子上学受不受影响"))
    assert {near.intent for near in school.nearest} <= {"home_visit", "lawsuit"}
    # It is near a topic as far as it is about this FAQ at all, and each topic has its share of that.
    inside = sum(each.score for each in knowledge.matcher.match("孩子上学会受影响吗").candidates)
    assert bool(school.nearest) == (inside >= NEAR_ENOUGH)
    assert all(near.score >= SHARE * inside for near in school.nearest)
    assert OPEN in by_text
    places = (*(near.intent for near in school.nearest), "out_of_scope")
    taught = [["youshu", "teach", place, "孩子上学会受影响吗"] for place in places]
    assert [shlex.split(command) for command in school.commands] == taught


async def test_what_was_not_understood_long_ago_is_left_out(past: Past, knowledge: Knowledge) -> None:
    await past.learn(30, TurnEvent("fallback", miss="很久以前的话", likeness="很久以前的话"))
    await past.learn(1, TurnEvent("fallback", miss=FAR, likeness=FAR))
    assert [group.texts for group in (await report(past, knowledge)).misses] == [(FAR,)]


async def test_what_has_been_settled_since_is_told_and_comes_last(past: Past, knowledge: Knowledge) -> None:
    for text in ("不还钱会被起诉吗", "不还钱会被起诉吗", FAR, FAR, OPEN):
        await past.learn(1, TurnEvent("fallback", miss=text, likeness=text))
    found = await report(past, knowledge)
    assert [(group.texts[0], group.resolved_to) for group in found.misses] == [
        (OPEN, None),
        ("不还钱会被起诉吗", "lawsuit"),
        (FAR, "out_of_scope"),
    ]
    html = render_page(found)
    assert "现在已经答得上：被起诉" in html
    assert "已记为不归我们管" in html
    assert html.count("youshu teach") == len(found.misses[0].commands)


async def test_a_masked_sentence_comes_without_a_command_to_teach_it(past: Past, knowledge: Knowledge) -> None:
    await past.learn(1, TurnEvent("fallback", miss="我爸[手机号]被打爆了", likeness="x"))
    (group,) = (await report(past, knowledge)).misses
    assert group.commands == ()


async def test_votes_come_with_their_reasons_the_least_useful_answer_first(past: Past, knowledge: Knowledge) -> None:
    for event in (
        Vote("home_visit", useful=True),
        Vote("lawsuit", useful=False, reason="hard"),
        Vote("lawsuit", useful=False, reason="hard"),
        Vote("lawsuit", useful=False),
    ):
        await past.learn(1, TurnEvent(vote=event))
    await past.learn(30, TurnEvent(vote=Vote("lawsuit", useful=False, reason="wrong")))
    found = await report(past, knowledge)
    assert [(row.intent, row.up, row.down) for row in found.votes] == [("lawsuit", 0, 3), ("home_visit", 1, 0)]
    assert found.votes[0].reasons == (("看不懂", 2), ("没说原因", 1))
    assert (found.useful_count, found.vote_count) == (1, 4)


async def test_what_people_picked_when_asked_back_is_told_by_title(past: Past, knowledge: Knowledge) -> None:
    for picked in ("lawsuit", "lawsuit", "none"):
        await past.learn(1, TurnEvent(clarify_choice=ClarifyChoice(("home_visit", "lawsuit"), picked)))
    found = await report(past, knowledge)
    assert [(row.picked, row.count) for row in found.confusions] == [("被起诉", 2), ("都不是", 1)]
    assert set(found.confusions[0].shown) == {"上门催收", "被起诉"}


async def test_what_was_asked_back_or_voted_useless_is_told_with_its_topic_masked_and_apart(
    past: Past, knowledge: Knowledge
) -> None:
    for kind, text in (
        (DoubtKind.ASKED_BACK, "他们要来怎么办"),
        (DoubtKind.ASKED_BACK, "他们要来怎么办呢"),
        (DoubtKind.USELESS, "法院的人会来吗"),
    ):
        await past.learn(1, TurnEvent("clarify", "home_visit", doubt=Doubt(kind, "home_visit", text, text)))
    await past.learn(30, TurnEvent(doubt=Doubt(DoubtKind.USELESS, "lawsuit", "很久以前的话", "很久以前的话")))
    found = await report(past, knowledge)
    assert [(row.text, row.title, row.count) for row in found.asked_back] == [("他们要来怎么办", "上门催收", 2)]
    assert [(row.text, row.intent) for row in found.voted_useless] == [("法院的人会来吗", "home_visit")]
    html = render_page(found)
    assert "反问过的话" in html
    assert "法院的人会来吗" in html


async def test_days_are_those_of_china(past: Past, knowledge: Knowledge) -> None:
    past.now = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    await past.store.turns.save(ChatIdentity("web", "late"), "{}", TurnEvent("answer", "home_visit"))
    found = await report(past, knowledge)
    assert found.days == (DailyTurns(date(2026, 11, 23), 1, 0, 0),)
    assert "按北京时间计日" in render_page(found)


async def test_a_topic_that_is_not_near_is_not_offered_to_be_taught(past: Past, knowledge: Knowledge) -> None:
    await past.learn(1, TurnEvent("fallback", miss="xyzw", likeness="xyzw"))
    (group,) = (await report(past, knowledge)).misses
    assert group.nearest == ()
    assert [shlex.split(command)[2] for command in group.commands] == ["out_of_scope"]


async def test_an_intent_that_is_gone_is_still_told(past: Past, knowledge: Knowledge) -> None:
    await past.learn(1, TurnEvent(vote=Vote("gone", useful=True)))
    (row,) = (await report(past, knowledge)).votes
    assert row.title == "gone（已删去）"


async def test_the_page_fetches_nothing_and_takes_no_word_for_markup(past: Past, knowledge: Knowledge) -> None:
    evil = "<script>alert(1)</script>&<b>"
    await past.learn(1, TurnEvent("fallback", miss=evil, likeness="evil"))
    await past.learn(1, TurnEvent("answer", "home_visit"))
    html = render_page(await report(past, knowledge))
    assert evil not in html
    assert "&lt;script&gt;alert(1)" in html
    assert not re.search(r"<(?:script|link|img|iframe)|(?:src|href)=|url\(|https?://|@import", html)


def test_the_columns_of_the_chart_stand_inside_it_and_add_up() -> None:
    days = [DailyTurns(date(2026, 11, 1) + timedelta(days=number), number, number // 2, 3) for number in range(40)]
    drawn = draw_chart(days)
    assert len([column for column in drawn.columns if column.label]) <= 8
    top = drawn.lines[-1][1]
    assert top >= max(day.total for day in days)
    for column in drawn.columns:
        assert column.x >= 0
        assert column.x + column.width <= drawn.width + 0.01
        assert all(0 <= bar.y <= drawn.height for bar in column.bars)
        assert sum(bar.height for bar in column.bars) == pytest.approx(drawn.height * column.day.total / top)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("7d", NOW - timedelta(days=7)),
        ("24h", NOW - timedelta(hours=24)),
        ("2w", NOW - timedelta(days=14)),
        ("2026-11-01", datetime(2026, 10, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_span_or_a_day_is_understood(text: str, moment: datetime) -> None:
    assert parse_since(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "a week", "7", "7m", "2026-13-01", "-3d"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_since(text, NOW)

"""One turn after another, through the conversation, on a little FAQ and a real store."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.choices import OpenGroup, decode
from bot.messages import IN_GROUPS, ChatIdentity, Choice, Incoming, Part, Reply
from bot.store.analytics import ClarifyChoiceCount, DoubtKind, Miss, VoteCount
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.turns import TurnContext
from bot.talk import answers, wording
from bot.talk.conversation import SWAP_TRIES, Conversation
from bot.talk.rate_limit import RateLimiter
from bot.talk.state import ConversationState
from intents import Decision, Matcher
from intents.danger.detector import DangerDetector
from intents.faq.schema import Group
from intents.knowledge import Knowledge
from tests.faqs import BASIS, faq, intent
from tests.stores import sqlite_url

WANG, LI = ChatIdentity("test", "1001"), ChatIdentity("test", "1002")
DEADLINE = 20
OUTSIDE = ["今天天气怎么样", "红烧肉要炖多久", "帮我写首诗", "明天会下雨吗", "推荐一部电影"]

VISIT, LAWSUIT, BOTH = "催收真的会上门吗", "银行会不会去法院起诉我", "这件事到底怎么处理才好"
BARE = {"summary": "只有一句话。", "basis": [BASIS], "rights": ["一项权利。"]}
LITTLE = faq(
    [
        intent("home_visit", [VISIT, "逾期多久会有人来我家", BOTH], related=["lawsuit"]),
        intent("lawsuit", [LAWSUIT, "收到法院传票该怎么应诉", BOTH], group="consequences"),
        intent("bare", ["减免罚息怎么申请", "能不能只还本金"], answer=BARE, group="negotiation"),
        intent("greeting", ["你好", "在吗"], answer={"summary": "您好。"}, group="support"),
        intent("human_help", ["转人工客服", "我要找真人律师"], answer={"summary": "打 12348。"}, group="support"),
        intent("crisis", ["我不想活了", "活着没意思"], group="support"),
    ],
    out_of_scope={"questions": OUTSIDE},
    parameters={
        "hotline_legal": {"value": "99348", "as_of": "2026-11-23", "source": "测试"},
    },
)


@dataclass
class Talking:
    """One person's side of a talk."""

    conversation: Conversation
    person: ChatIdentity = WANG
    choices: tuple[Choice, ...] = ()

    async def say(self, text: str) -> Reply:
        reply = await self.maybe(text)
        assert reply is not None
        return reply

    async def maybe(self, text: str) -> Reply | None:
        reply = await self.conversation.turn(Incoming(self.person, text))
        self.choices = reply.choices if reply else ()
        return reply

    async def tap(self, label: str) -> Reply:
        value = next(choice.value for choice in self.choices if choice.label == label)
        return await self.tap_value(value)

    async def tap_value(self, value: str) -> Reply:
        reply = await self.conversation.turn(Incoming(self.person, choice=value))
        assert reply is not None
        self.choices = reply.choices
        return reply


@dataclass
class Clock:
    """Time that only a test moves."""

    now: float = 1_795_000_000

    def __call__(self) -> float:
        return self.now


@dataclass
class Version:
    """The FAQ in force, which a test may change."""

    current: Knowledge = field(default_factory=lambda: Knowledge(LITTLE, Matcher(LITTLE), "1"))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Version().current


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(sqlite_url(tmp_path), Clock(), call_seconds=DEADLINE) as opened:
        yield opened


@pytest.fixture(scope="module")
def danger() -> DangerDetector:
    return DangerDetector()


@pytest.fixture
def conversation(knowledge: Knowledge, store: Store, danger: DangerDetector) -> Conversation:
    return Conversation(lambda: knowledge, store, danger=danger)


@pytest.fixture
def wang(conversation: Conversation) -> Talking:
    return Talking(conversation)


def labels(reply: Reply) -> list[str]:
    return [choice.label for choice in reply.choices]


# --- answers and their parts ------------------------------------------------------------------------------------


async def test_the_first_answer_is_short_and_offers_its_parts_its_neighbours_and_a_vote(wang: Talking) -> None:
    reply = await wang.say(VISIT)
    assert (reply.decision, reply.intent, reply.part) == (Decision.ANSWER, "home_visit", None)
    assert "home_visit的后果一" in reply.text
    assert "home_visit的后果二" not in reply.text
    assert labels(reply) == ["后果", "权利", "怎么做", "话术", "依据", "lawsuit标题", "有用", "没用"]


@pytest.mark.parametrize(
    "said", ["2", "２", "2.", "②", "二", "第二个", "选2", "权利", "「权利」", "我有什么权利", "那我有啥權利呢"]
)
async def test_a_number_a_label_or_a_question_in_words_is_as_good_as_the_button(wang: Talking, said: str) -> None:
    await wang.say(VISIT)
    reply = await wang.say(said)
    assert (reply.intent, reply.part) == ("home_visit", Part.RIGHTS)
    assert "home_visit的权利二" in reply.text
    assert "权利" not in labels(reply)


async def test_a_part_that_the_answer_lacks_is_said_to_be_missing_and_the_nearest_one_shown(wang: Talking) -> None:
    await wang.say("减免罚息怎么申请")
    reply = await wang.say("有没有话术")
    assert reply.intent == "bare"
    assert "没有单独写“话术”" in reply.text
    assert "只有一句话" in reply.text
    assert (await wang.say("依据是什么")).part is Part.BASIS


async def test_a_number_beyond_what_was_offered_is_told_and_offers_the_same_again(wang: Talking) -> None:
    first = await wang.say(VISIT)
    reply = await wang.say("77")
    assert "没有第 77 项" in reply.text
    assert labels(reply) == labels(first)
    assert (await wang.say("1")).part is Part.CONSEQUENCES


async def test_back_goes_from_a_part_to_the_answer_to_the_topic_before_to_the_menu(wang: Talking) -> None:
    await wang.say(VISIT)
    await wang.say(LAWSUIT)
    await wang.tap("权利")
    seen = [await wang.say("返回") for _ in range(3)]
    assert [(reply.intent, reply.part) for reply in seen] == [("lawsuit", None), ("home_visit", None), (None, None)]
    assert labels(seen[-1]) == ["逾期的后果", "催收与您的权利", "协商与解决", "求助与闲聊"]


async def test_a_courtesy_does_not_change_what_the_talk_is_about(wang: Talking) -> None:
    await wang.say(VISIT)
    assert (await wang.say("你好")).intent == "greeting"
    assert (await wang.say("我有什么权利")).intent == "home_visit"


async def test_a_new_question_leaves_the_old_topic(wang: Talking) -> None:
    await wang.say(VISIT)
    await wang.say("换个问题")
    assert wording.WHICH_TOPIC in (await wang.say("我有什么权利")).text


async def test_two_questions_get_the_stronger_answered_and_the_other_offered(wang: Talking) -> None:
    reply = await wang.say("催收真的会上门吗？银行会不会去法院起诉我？")
    assert reply.decision is Decision.ANSWER
    other = {"home_visit": "lawsuit", "lawsuit": "home_visit"}[reply.intent or ""]
    assert reply.choices[0].value == f"i:{other}"
    assert labels(reply).count(f"{other}标题") == 1


# --- asking back ------------------------------------------------------------------------------------------------


async def test_when_it_is_not_clear_the_titles_and_none_of_these_are_offered(wang: Talking, store: Store) -> None:
    reply = await wang.say(BOTH)
    assert reply.decision is Decision.CLARIFY
    assert {"home_visit标题", "lawsuit标题", "都不是"} <= set(labels(reply))
    assert len(reply.choices) <= 4
    assert (await wang.tap("lawsuit标题")).intent == "lawsuit"
    shown = tuple(sorted(choice.value[2:] for choice in reply.choices if choice.value != "none"))
    assert await store.analytics.clarify_choices() == [ClarifyChoiceCount(shown, "lawsuit", 1)]


async def test_typing_something_new_cancels_the_question(wang: Talking, store: Store) -> None:
    await wang.say(BOTH)
    assert (await wang.say("减免罚息怎么申请")).intent == "bare"
    assert (await wang.say("1")).part is Part.RIGHTS
    assert await store.analytics.clarify_choices() == []


async def test_none_of_these_is_kept_as_such_and_leads_to_the_topics(wang: Talking, store: Store) -> None:
    shown = (await wang.say(BOTH)).intent
    reply = await wang.tap("都不是")
    assert reply.decision is Decision.FALLBACK
    assert "逾期的后果" in labels(reply)
    assert [(shown in row.shown, row.picked) for row in await store.analytics.clarify_choices()] == [(True, "none")]


async def test_the_same_question_back_is_not_asked_twice_in_a_row(wang: Talking) -> None:
    first, second = await wang.say(BOTH), await wang.say(BOTH)
    assert first.decision is Decision.CLARIFY
    assert second.decision is not Decision.CLARIFY
    assert {"home_visit标题", "lawsuit标题"} & set(labels(second))


async def test_the_second_miss_names_real_people_from_the_parameters_and_no_miss_repeats_the_one_before(
    wang: Talking,
) -> None:
    replies = [await wang.say(text) for text in OUTSIDE * 2]
    texts = [reply.text for reply in replies]
    assert all(reply.decision is Decision.FALLBACK for reply in replies)
    assert all(before != after for before, after in pairwise(texts))
    assert "99348" not in texts[0]
    assert all("99348" in text and "12378" in text for text in texts[1:])
    assert all("逾期的后果" in labels(reply) for reply in replies)


async def test_an_answer_in_between_starts_the_misses_anew(wang: Talking) -> None:
    first = await wang.say(OUTSIDE[0])
    await wang.say(VISIT)
    assert (await wang.say(OUTSIDE[0])).text == first.text


async def test_what_follows_something_out_of_scope_is_out_of_scope(wang: Talking) -> None:
    await wang.say(OUTSIDE[0])
    assert (await wang.say("那明天呢")).decision is Decision.FALLBACK


@pytest.mark.parametrize("text", ["", " ", "😭😭", "？？！", "\u200b", "。" * 10_000])
async def test_a_message_without_words_is_asked_for_words_and_is_no_miss(
    wang: Talking, store: Store, text: str
) -> None:
    reply = await wang.say(text)
    assert wording.WORDS_PLEASE in reply.text
    assert await store.analytics.misses() == []


async def test_ten_thousand_characters_get_a_reply(wang: Talking) -> None:
    assert (await wang.say("催收天天打电话骂人，" * 1000)).text


# --- danger to life ---------------------------------------------------------------------------------------------


async def test_danger_comes_before_a_pending_question_and_offers_nothing_that_leads_away(wang: Talking) -> None:
    await wang.say(BOTH)
    reply = await wang.say("我不想活了")
    assert reply.intent == "crisis"
    assert not [choice for choice in reply.choices if choice.value[:2] in {"i:", "g:", "v:"}]
    assert "12356" in reply.text


async def test_after_danger_the_talk_stays_with_the_person_until_a_debt_question_comes(wang: Talking) -> None:
    await wang.say("我不想活了")
    assert (await wang.say("1")).intent == "crisis"
    assert (await wang.say("菜单")).intent == "crisis"
    reply = await wang.say(VISIT)
    assert reply.intent == "home_visit"


async def test_danger_is_never_kept_as_a_miss(wang: Talking, store: Store) -> None:
    await wang.say("我不想活了")
    assert await store.analytics.misses() == []


# --- votes, misses, forgetting ----------------------------------------------------------------------------------


async def test_a_vote_is_asked_once_and_a_bad_one_may_say_why(wang: Talking, store: Store) -> None:
    await wang.say(VISIT)
    reply = await wang.tap("没用")
    assert labels(reply) == ["没答到点上", "看不懂", "说得不对", "其他"]
    await wang.say("2")
    assert await store.analytics.votes() == [VoteCount("home_visit", useful=False, reason="hard", count=1)]
    assert not {"有用", "没用"} & set(labels(await wang.say(VISIT)))
    assert {"有用", "没用"} <= set(labels(await wang.say(LAWSUIT)))


async def test_what_was_not_understood_is_kept_masked_and_nothing_else_is(wang: Talking, store: Store) -> None:
    for text in (VISIT, "我叫王小明，电话13800138000，今天天气怎么样", OUTSIDE[1], OUTSIDE[1] + "？"):
        await wang.say(text)
    now = int(store.clock())
    assert sorted(await store.analytics.misses(), key=lambda miss: miss.count) == [
        Miss("我叫[姓名],电话[手机号],今天天气怎么样", 1, now, now),
        Miss(OUTSIDE[1], 2, now, now),
    ]


async def test_outcomes_are_counted_by_intent(wang: Talking, store: Store) -> None:
    for text in (BOTH, VISIT, VISIT, OUTSIDE[0]):
        await wang.say(text)
    counted = {(row.decision, row.intent): row.count for row in await store.analytics.outcomes()}
    assert counted[("answer", "home_visit")] == 2
    assert counted[("fallback", None)] == 1
    assert sum(counted.values()) == 4


@pytest.mark.parametrize("said", ["删除我的数据", "把我的记录都删掉", "刪除我的數據", "请删除我的信息", "/forget"])
async def test_asking_to_be_forgotten_leaves_nothing_of_the_person_and_can_be_repeated(
    wang: Talking, store: Store, said: str
) -> None:
    await wang.say(VISIT)
    await wang.tap("有用")
    for _ in range(2):
        assert (await wang.say(said)).text == wording.FORGOTTEN.text
    assert await store.forget(WANG) == 0
    assert wording.WHICH_TOPIC in (await wang.say("我有什么权利")).text


# --- commands in words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["菜单", "菜單", "看看菜单吧", "/menu", "返回菜单", "话题列表"])
async def test_the_menu_comes_when_it_is_asked_for(wang: Talking, said: str) -> None:
    assert labels(await wang.say(said)) == ["逾期的后果", "催收与您的权利", "协商与解决", "求助与闲聊"]


async def test_every_topic_can_be_reached_by_tapping_from_the_menu(wang: Talking) -> None:
    reached = set()
    for group in labels(await wang.say("菜单")):
        await wang.say("菜单")
        for choice in (await wang.tap(group)).choices:
            reached.add(choice.value)
    assert {f"i:{each.id}" for each in LITTLE.intents} <= reached


async def test_a_group_shows_eight_buttons_at_most_and_its_pages_come_round() -> None:
    many = faq([intent(f"topic_{number}", [f"第{number}个话题怎么办"]) for number in range(14)])
    pages = [answers.group(many, Group.COLLECTION, page) for page in range(1, 5)]
    assert [len(page.choices) for page in pages] == [8, 8, 4, 8]
    assert pages[3] == pages[0]
    tapped = [decode(page.choices[-2].value) for page in pages[:3]]
    assert tapped == [OpenGroup(Group.COLLECTION, 2), OpenGroup(Group.COLLECTION, 3), OpenGroup(Group.COLLECTION)]
    shown = {choice.value for page in pages for choice in page.choices}
    assert {f"i:{each.id}" for each in many.intents} <= shown


async def test_privacy_says_how_long_something_is_kept(knowledge: Knowledge, store: Store) -> None:
    reply = await Talking(Conversation(lambda: knowledge, store, retention_days=9)).say("隐私")
    assert "9 天" in reply.text
    assert "{" not in reply.text


async def test_unless_told_otherwise_it_is_kept_for_thirty_days(wang: Talking) -> None:
    assert "30 天" in (await wang.say("隐私")).text


async def test_what_was_not_understood_outlives_being_forgotten_and_people_are_told(
    wang: Talking, store: Store
) -> None:
    await wang.say(OUTSIDE[0])
    told = (await wang.say("隐私")).text
    forgotten = (await wang.say("删除我的数据")).text
    assert [miss.text for miss in await store.analytics.misses()] == [OUTSIDE[0]]
    for text in (told, forgotten):
        assert "没听懂的句子" in text
        assert "自动删除" in text


async def test_a_sentence_whose_answer_is_voted_useless_is_kept_masked_and_once(wang: Talking, store: Store) -> None:
    await wang.say("13812345678说逾期多久会有人来我家")
    assert await store.analytics.doubts() == []
    await wang.tap("没用")
    await wang.tap("其他")
    (doubt,) = await store.analytics.doubts()
    assert (doubt.kind, doubt.intent, doubt.count) == (DoubtKind.USELESS, "home_visit", 1)
    assert doubt.text == "[手机号]说逾期多久会有人来我家"


async def test_a_sentence_that_was_asked_back_is_kept(wang: Talking, store: Store) -> None:
    assert (await wang.say(BOTH)).decision is Decision.CLARIFY
    (doubt,) = await store.analytics.doubts()
    assert (doubt.kind, doubt.text) == (DoubtKind.ASKED_BACK, BOTH)
    [outcome] = await store.analytics.outcomes()
    assert (outcome.decision, outcome.intent, doubt.intent) == ("clarify", wang.choices[0].value[2:], outcome.intent)


async def test_after_forgetting_no_vote_brings_the_sentence_back(wang: Talking, store: Store) -> None:
    await wang.say(VISIT)
    voting = wang.choices
    await wang.say("删除我的数据")
    wang.choices = voting
    await wang.tap("没用")
    assert await store.analytics.doubts() == []


async def test_a_sentence_that_was_asked_back_is_known_when_what_was_picked_is_voted_useless(
    wang: Talking, store: Store
) -> None:
    await wang.say(BOTH)
    await wang.tap("lawsuit标题")
    await wang.tap("没用")
    kept = {(doubt.kind, doubt.intent): doubt.text for doubt in await store.analytics.doubts()}
    assert kept[DoubtKind.USELESS, "lawsuit"] == BOTH


async def test_no_sentence_is_kept_of_a_useful_answer_of_a_tap_or_of_danger(
    wang: Talking, conversation: Conversation, store: Store
) -> None:
    await wang.say(VISIT)
    await wang.tap("有用")
    await wang.tap_value("i:lawsuit")
    await wang.tap("没用")
    await wang.say("我不想活了")
    await wang.tap_value("v:crisis:down")
    assert await store.analytics.doubts() == []
    assert {vote.intent for vote in await store.analytics.votes()} == {"home_visit", "lawsuit", "crisis"}
    assert conversation.recent.take(WANG, "crisis", store.now()) is None


# --- a message that replies to an answer -----------------------------------------------------------------------------


async def quoting(conversation: Conversation, topic: str, text: str = "我有什么权利") -> Reply:
    reply = await conversation.turn(Incoming(WANG, text, topic=topic))
    assert reply is not None
    return reply


async def test_a_reply_to_an_answer_is_about_that_answer(wang: Talking, conversation: Conversation) -> None:
    await wang.say(VISIT)
    assert (await quoting(conversation, "lawsuit")).intent == "lawsuit"
    # The topic before is still the one that 「返回」 leads to.
    assert (await quoting(conversation, "lawsuit", "返回")).intent == "lawsuit"
    assert (await wang.say("返回")).intent == "home_visit"


async def test_a_reply_to_an_answer_that_is_gone_is_about_the_talk(wang: Talking, conversation: Conversation) -> None:
    await wang.say(VISIT)
    assert (await quoting(conversation, "gone")).intent == "home_visit"


async def test_after_danger_a_reply_to_an_old_answer_changes_no_topic(
    wang: Talking, conversation: Conversation, store: Store
) -> None:
    await wang.say(VISIT)
    await wang.say("我不想活了")
    assert (await quoting(conversation, "lawsuit", "嗯")).intent == "crisis"
    await store.turns.settle()
    assert ConversationState.from_json((await store.turns.load(WANG)).state).intent == "home_visit"


async def test_what_is_replied_to_is_left_alone_where_the_talk_could_not_be_read(
    conversation: Conversation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once(store, monkeypatch)
    assert wording.WHICH_TOPIC in (await quoting(conversation, "lawsuit")).text


# --- several processes ------------------------------------------------------------------------------------------------


async def test_who_is_overtaken_again_and_again_is_kept_at_last(
    conversation: Conversation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    swaps: list[str | None] = []

    async def overtaken(_: ChatIdentity, before: str | None, *__: object) -> bool:
        swaps.append(before)
        return False

    monkeypatch.setattr(store.turns, "swap", overtaken)
    wang = Talking(replace(conversation, several=True))
    await wang.say(OUTSIDE[0])
    assert len(swaps) == SWAP_TRIES
    assert ConversationState.from_json((await store.turns.load(WANG)).state).misses == 1
    assert [outcome.count for outcome in await store.analytics.outcomes()] == [1]
    swaps.clear()
    assert (await wang.say("删除我的数据")).text == wording.FORGOTTEN.text
    assert swaps == []


async def test_a_turn_that_can_not_be_kept_is_answered_and_tried_once(
    conversation: Conversation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str | None] = []

    async def failing(_: ChatIdentity, before: str | None, *__: object) -> bool:
        tried.append(before)
        raise StoreError("OperationalError")

    monkeypatch.setattr(store.turns, "swap", failing)
    assert (await Talking(replace(conversation, several=True)).say(VISIT)).intent == "home_visit"
    assert tried == [None]


@pytest.mark.parametrize("said", ["平台能不能删除我的数据", "返回多少利息", "怎么用花呗还款", "帮助我家人"])
async def test_a_question_that_only_contains_a_command_is_no_command(wang: Talking, said: str) -> None:
    reply = await wang.say(said)
    assert reply.text not in {wording.FORGOTTEN.text, "\n\n".join(wording.HELP)}
    assert wording.MENU not in reply.text


# --- buttons ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["", "x", "i:", "i:gone", "p:home_visit:nothing", "p:gone:rights", "v:", "g:none", "好" * 90]
)
async def test_a_value_that_nobody_offered_gets_a_reply(wang: Talking, value: str) -> None:
    reply = await wang.tap_value(value)
    assert reply.text
    assert reply.choices


async def test_a_button_works_after_its_topic_was_taken_out_of_the_faq(store: Store) -> None:
    version = Version()
    wang = Talking(Conversation(lambda: version.current, store))
    await wang.say(VISIT)
    fewer = faq([intent("lawsuit", [LAWSUIT], related=[]), intent("bare", ["能不能只还本金"])])
    version.current = Knowledge(fewer, Matcher(fewer), "2")
    assert wording.GONE in (await wang.tap("权利")).text
    await wang.say(VISIT)
    assert (await wang.say("返回")).text


async def test_every_value_fits_into_a_button_however_long_the_id() -> None:
    longest = "a" * 40
    long = faq([intent(longest, [VISIT], related=[longest])])
    known = Knowledge(long, Matcher(long), "1")
    async with Store("sqlite+aiosqlite://", call_seconds=DEADLINE) as store:
        wang = Talking(Conversation(lambda: known, store))
        seen = [await wang.say(VISIT), await wang.tap("权利"), await wang.tap("没用"), await wang.say("菜单")]
    values = [choice.value for reply in seen for choice in reply.choices]
    assert values
    assert all(value.isascii() and len(value) <= 64 for value in values)


# --- floods, order, a database that is away ---------------------------------------------------------------------


async def test_a_flood_is_told_once_then_met_with_silence_and_danger_still_passes(
    knowledge: Knowledge, store: Store
) -> None:
    conversation = Conversation(lambda: knowledge, store, rate_limiter=RateLimiter(per_minute=3))
    wang, li = Talking(conversation), Talking(conversation, LI)
    replies = [await wang.maybe(VISIT) for _ in range(6)]
    assert [reply is None for reply in replies] == [False, False, False, False, True, True]
    assert replies[3] == wording.TOO_FAST
    assert (await wang.say("我不想活了")).intent == "crisis"
    assert (await li.say(VISIT)).intent == "home_visit"
    in_group = Talking(conversation, ChatIdentity(f"{WANG.channel}{IN_GROUPS}", WANG.user))
    for _ in range(5):
        await in_group.maybe(VISIT)
    await conversation.forget(WANG)
    for talking in (wang, in_group):
        assert (await talking.say(VISIT)).intent == "home_visit"


async def test_messages_of_one_person_that_come_at_once_are_taken_one_after_another(
    wang: Talking, store: Store
) -> None:
    await asyncio.gather(*(wang.say(text) for text in OUTSIDE))
    assert ConversationState.from_json((await store.turns.load(WANG)).state).misses == len(OUTSIDE)


async def test_a_database_that_is_away_costs_memory_and_never_the_answer(knowledge: Knowledge) -> None:
    wang = Talking(Conversation(lambda: knowledge, Store("sqlite+aiosqlite:////nowhere/at/all.db")))
    assert (await wang.say(VISIT)).intent == "home_visit"
    assert (await wang.tap("权利")).part is Part.RIGHTS
    assert (await wang.say("我不想活了")).intent == "crisis"
    assert await wang.say("删除我的数据") == wording.FORGET_FAILED


def fails_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next turn can't be read, those after it can."""
    load = store.turns.load

    async def failing(_: ChatIdentity, **__: bool) -> TurnContext:
        monkeypatch.setattr(store.turns, "load", load)
        raise StoreError("OperationalError")

    monkeypatch.setattr(store.turns, "load", failing)


async def test_a_crisis_survives_a_turn_that_could_not_be_read(
    wang: Talking, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wang.say("我不想活了")
    kept = await store.turns.load(WANG)
    fails_once(store, monkeypatch)
    await wang.say("嗯")
    assert await store.turns.load(WANG) == kept
    assert (await wang.say("嗯")).intent == "crisis"


@pytest.mark.parametrize("several", [False, True])
async def test_danger_to_life_is_kept_even_where_the_talk_could_not_be_read(
    conversation: Conversation, store: Store, monkeypatch: pytest.MonkeyPatch, several: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    wang = Talking(replace(conversation, several=several))
    await wang.say(VISIT)
    fails_once(store, monkeypatch)
    assert (await wang.say("我不想活了")).intent == "crisis"
    assert (await wang.say("嗯")).intent == "crisis"


async def test_a_database_that_hangs_does_not_keep_the_answer_back(knowledge: Knowledge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = Store(f"postgresql+asyncpg://x@127.0.0.1:{silent.getsockname()[1]}/x", call_seconds=0.05)
        async with asyncio.timeout(DEADLINE):
            assert (await Talking(Conversation(lambda: knowledge, store)).say(VISIT)).intent == "home_visit"
        await store.close()


async def test_a_restart_loses_nothing_of_the_thread(knowledge: Knowledge, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path, "talks.db")
    async with Store(url, call_seconds=DEADLINE) as store:
        await Talking(Conversation(lambda: knowledge, store)).say(VISIT)
    async with Store(url, call_seconds=DEADLINE) as store:
        reply = await Talking(Conversation(lambda: knowledge, store)).say("2")
    assert (reply.intent, reply.part) == ("home_visit", Part.RIGHTS)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.lists(
        st.one_of(st.text(max_size=40), st.sampled_from(["1", "返回", "菜单", VISIT, BOTH, "都不是"])), max_size=4
    )
)
async def test_whatever_is_written_gets_a_reply(knowledge: Knowledge, danger: DangerDetector, texts: list[str]) -> None:
    async with Store("sqlite+aiosqlite://", call_seconds=DEADLINE) as store:
        wang = Talking(Conversation(lambda: knowledge, store, danger=danger))
        for text in texts:
            reply = await wang.say(text)
            assert reply.text.strip()
            assert "\ufffe" not in reply.text

"""Operators take talks over: the bot is silent, messages pass both ways, until released or expired."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.messages import ChatIdentity, Edit, Incoming, Original, Reply, Send, SendError, SendFailure
from bot.operators.handoff import ENDED, HOLD_SECONDS, Handoffs
from bot.store.handoffs import Handoff
from bot.store.store import Store
from bot.talk import wording
from bot.talk.conversation import Conversation
from intents import Matcher
from intents.danger.detector import DangerDetector
from intents.knowledge import Knowledge
from tests.faqs import faq, intent
from tests.stores import sqlite_url

WANG, ADMIN, OTHER = ChatIdentity("chat", "1001"), ChatIdentity("chat", "7"), ChatIdentity("chat", "8")
ON_THE_WEB, LONG = ChatIdentity("page", "s1"), ChatIdentity("chat", "x" * 80)
VISIT = "催收真的会上门吗"
LITTLE = faq(
    [
        intent("home_visit", [VISIT, "会有人来我家吗"]),
        intent("human_help", ["转人工客服", "我要找真人"], group="support"),
        intent("crisis", ["我不想活了", "活着没意思"], group="support"),
    ],
    out_of_scope={"questions": ["今天天气怎么样", "红烧肉要炖多久"]},
)


@dataclass
class Clock:
    """Time that only a test moves."""

    now: float = 1_795_000_000

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """A conversation with operators, and everything that reached anybody unasked."""

    conversation: Conversation
    handoffs: Handoffs
    clock: Clock
    got: defaultdict[ChatIdentity, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    unreachable: set[ChatIdentity] = field(default_factory=set)

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        if person in self.unreachable:
            raise SendError(SendFailure.BLOCKED)
        self.got[person].append(reply)

    async def say(self, person: ChatIdentity, text: str) -> Reply | None:
        return await self.conversation.turn(Incoming(person, text))

    def texts(self, person: ChatIdentity) -> list[str]:
        return [reply.text for reply in self.got[person]]


@dataclass
class Topics:
    """A place that operators share, with a topic for each person."""

    channel: str = "topics"
    got: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    gone: set[str] = field(default_factory=set)
    """Topics that somebody deleted."""
    failing: SendFailure | None = None

    async def topic_for(self, person: ChatIdentity) -> ChatIdentity:
        return ChatIdentity(self.channel, person.user)

    async def new_topic_for(self, person: ChatIdentity) -> ChatIdentity:
        return ChatIdentity(self.channel, f"new {person.user}")

    async def send(self, topic: ChatIdentity, reply: Reply) -> None:
        failure = SendFailure.CHAT_NOT_FOUND if topic.user in self.gone else self.failing
        if failure is not None:
            raise SendError(failure)
        self.got[topic.user].append(reply)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge(LITTLE, Matcher(LITTLE), "1")


@pytest.fixture(scope="module")
def danger() -> DangerDetector:
    return DangerDetector()


@pytest.fixture
async def house(knowledge: Knowledge, danger: DangerDetector, tmp_path: Path) -> AsyncIterator[House]:
    clock = Clock()
    async with Store(sqlite_url(tmp_path), clock, call_seconds=20) as store:
        senders: dict[str, Send] = {}
        handoffs = Handoffs(store, frozenset({ADMIN, OTHER}), senders, clock)
        house = House(Conversation(lambda: knowledge, store, handoffs, danger=danger), handoffs, clock)
        senders["chat"] = house.send
        yield house


async def test_after_taking_messages_pass_both_ways_and_the_bot_is_silent(house: House) -> None:
    assert "已接手" in (await house.handoffs.take(ADMIN, "chat:1001")).text
    assert await house.say(WANG, VISIT) is None
    assert await house.say(ADMIN, "您好，我是客服小李") is None
    assert house.texts(ADMIN) == [f"chat:1001：{VISIT}"]
    assert house.texts(WANG) == [wording.TAKEN, "您好，我是客服小李"]


async def test_after_release_the_bot_answers_both_again(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    assert "已放手" in (await house.handoffs.release(ADMIN)).text
    assert "没有对话" in (await house.handoffs.release(ADMIN)).text
    for person in (WANG, ADMIN):
        reply = await house.say(person, VISIT)
        assert reply is not None
        assert reply.intent == "home_visit"
    assert house.texts(WANG)[-1] == wording.RELEASED


async def test_a_talk_that_nobody_releases_goes_back_to_the_bot_by_itself(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    house.clock.now += HOLD_SECONDS - 1
    assert await house.say(WANG, VISIT) is None
    house.clock.now += 1
    assert await house.say(WANG, VISIT) is not None


async def test_danger_to_life_is_answered_at_once_and_reaches_the_operator_too(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    reply = await house.say(WANG, "我不想活了")
    assert reply is not None
    assert reply.intent == "crisis"
    assert "我不想活了" in house.texts(ADMIN)[-1]


async def test_a_talk_is_in_one_operators_hands(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    assert "别的工作人员" in (await house.handoffs.take(OTHER, "chat:1001")).text
    assert "已接手" in (await house.handoffs.take(ADMIN, "chat:1001")).text


@pytest.mark.parametrize("whom", ["", "chat", "chat:", ":1", "page:s1", "chat:7"])
async def test_what_cannot_be_taken_is_refused_in_one_line(house: House, whom: str) -> None:
    reply = await house.handoffs.take(ADMIN, whom)
    assert "已接手" not in reply.text
    assert (await house.say(ADMIN, VISIT)) is not None


async def test_nobody_but_an_operator_can_take_a_talk(house: House) -> None:
    assert "已接手" not in (await house.handoffs.take(WANG, "chat:8")).text
    assert house.got[OTHER] == []


async def test_somebody_who_cannot_be_reached_is_not_taken(house: House) -> None:
    house.unreachable.add(WANG)
    assert "没有接手" in (await house.handoffs.take(ADMIN, "chat:1001")).text
    assert await house.say(WANG, VISIT) is not None


async def test_when_the_operator_cannot_be_reached_the_bot_answers_again(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    house.unreachable.add(ADMIN)
    reply = await house.say(WANG, VISIT)
    assert reply is not None
    assert reply.intent == "home_visit"
    house.unreachable.clear()
    assert await house.say(WANG, VISIT) is not None


async def test_an_operator_is_told_when_a_line_did_not_arrive(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    house.unreachable.add(WANG)
    reply = await house.say(ADMIN, "您还在吗")
    assert reply is not None
    assert "没有送到" in reply.text


async def test_asking_for_a_human_offers_to_call_one_and_tells_every_operator(house: House) -> None:
    reply = await house.say(WANG, "转人工客服")
    assert reply is not None
    assert reply.choices[0].label == wording.CALL
    called = await house.say(WANG, "1")
    assert called is not None
    assert called.text == wording.CALLED
    for admin in (ADMIN, OTHER):
        assert [choice.value for choice in house.got[admin][-1].choices] == ["a:take:chat:1001"]


async def test_a_name_too_long_for_a_button_is_given_in_words(house: House) -> None:
    await house.say(LONG, "转人工客服")
    await house.say(LONG, "1")
    assert house.got[ADMIN][-1].choices == ()
    assert f"/take chat:{LONG.user}" in house.texts(ADMIN)[-1]


async def test_where_no_operator_can_come_none_is_offered(house: House) -> None:
    for person in (ON_THE_WEB, WANG):
        house.unreachable.update({ADMIN, OTHER})
        reply = await house.say(person, "转人工客服")
        assert reply is not None
        assert (wording.CALL in [choice.label for choice in reply.choices]) is (person == WANG)
    failed = await house.say(WANG, "1")
    assert failed is not None
    assert "12348" in failed.text


async def test_one_operator_who_can_be_reached_is_enough(house: House) -> None:
    await house.say(WANG, "转人工客服")
    house.unreachable.add(ADMIN)
    called = await house.say(WANG, "1")
    assert called is not None
    assert called.text == wording.CALLED
    assert house.got[OTHER]


async def test_an_operator_who_calls_is_not_called_to_themselves(house: House) -> None:
    assert await house.handoffs.call(ADMIN)
    assert house.got[ADMIN] == []
    house.unreachable.add(OTHER)
    assert not await house.handoffs.call(ADMIN)


async def test_an_operator_in_a_channel_that_is_not_running_does_not_count_as_reached(house: House) -> None:
    elsewhere = ChatIdentity("not running", "9")
    handoffs = replace(house.handoffs, admins=frozenset({ADMIN, elsewhere}))
    assert await handoffs.call(WANG)
    house.unreachable.add(ADMIN)
    assert not await handoffs.call(WANG)


async def test_a_talk_whose_operator_is_in_a_channel_that_is_not_running_goes_back_to_the_bot(house: House) -> None:
    elsewhere = ChatIdentity("not running", "9")
    until = int(house.clock.now) + 100
    assert await house.handoffs.store.handoffs.take(Handoff(WANG, elsewhere, until))
    reply = await house.say(WANG, VISIT)
    assert reply is not None
    assert reply.intent == "home_visit"


async def test_forgetting_a_person_also_ends_the_handover(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    await house.conversation.forget(WANG)
    assert await house.say(WANG, VISIT) is not None


async def test_a_talk_in_an_operators_hands_is_kept_nowhere(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    await house.say(WANG, "今天天气怎么样")
    assert await house.handoffs.store.analytics.misses() == []


async def test_in_a_talk_about_danger_to_life_operators_who_cannot_be_reached_are_no_reason_for_a_line_for_complaints(
    house: House,
) -> None:
    house.unreachable = {ADMIN, OTHER}
    call = Incoming(WANG, choice="call")
    before = await house.conversation.turn(call)
    assert before is not None
    assert "12348" in before.text
    assert await house.say(WANG, "我不想活了") is not None
    reply = await house.conversation.turn(call)
    assert reply is not None
    assert all(number in reply.text for number in ("110", "120", "12356"))
    assert not any(number in reply.text for number in ("12348", "12378"))
    after = await house.say(WANG, "没有人")
    assert after is not None
    assert after.intent == "crisis"


# --- topics that operators share ------------------------------------------------------------------------------------


async def test_a_call_goes_to_the_topic_of_the_person_and_to_no_operator_besides(house: House) -> None:
    topics = Topics()
    house.handoffs.rooms.append(topics)
    assert await house.handoffs.call(WANG)
    [call] = topics.got["1001"]
    assert call.text == "有人想和工作人员说话：chat:1001"
    assert [(choice.label, choice.value) for choice in call.choices] == [("接手", "a:take:chat:1001")]
    assert not house.got


async def test_a_topic_that_was_deleted_is_opened_anew(house: House) -> None:
    topics = Topics(gone={"1001"})
    house.handoffs.rooms.append(topics)
    assert await house.handoffs.call(WANG)
    assert len(topics.got["new 1001"]) == 1
    assert not house.got


@pytest.mark.parametrize("failing", [SendFailure.BLOCKED, SendFailure.OTHER])
async def test_where_the_topics_cannot_be_reached_the_next_place_is_and_then_each_operator(
    house: House, failing: SendFailure
) -> None:
    broken, other = Topics(failing=failing), Topics("more topics")
    house.handoffs.rooms.extend([broken, other])
    assert await house.handoffs.call(WANG)
    assert not broken.got
    assert other.got["1001"]
    assert not house.got
    other.failing = failing
    assert await house.handoffs.call(WANG)
    assert set(house.got) == {ADMIN, OTHER}


async def test_with_topics_there_is_staff_for_whoever_can_be_written_to(house: House) -> None:
    alone = replace(house.handoffs, admins=frozenset({ADMIN}))
    assert alone.has_staff(WANG)
    assert not alone.has_staff(ADMIN)
    assert not alone.has_staff(ON_THE_WEB)
    assert not await alone.call(ADMIN)
    assert not await alone.call(ON_THE_WEB)
    assert not house.got
    in_topics = replace(alone, rooms=[Topics()])
    assert in_topics.has_staff(ADMIN)
    assert not in_topics.has_staff(ON_THE_WEB)


async def test_a_talk_is_taken_from_a_topic_as_by_an_operator(house: House) -> None:
    topics, topic = Topics(), ChatIdentity("topics", "1001")
    assert "已接手" not in (await house.handoffs.take(topic, "chat:1001")).text
    house.handoffs.rooms.append(topics)
    assert house.handoffs.is_room(topic)
    assert not house.handoffs.is_room(ADMIN)
    assert "已接手" in (await house.handoffs.take(topic, " chat:1001 ")).text
    assert await house.handoffs.say(Incoming(topic, "您好")) is None
    assert house.texts(WANG) == [wording.TAKEN, "您好"]
    assert await house.say(WANG, VISIT) is None
    assert [reply.text for reply in topics.got["1001"]] == [f"chat:1001：{VISIT}"]
    house.unreachable.add(WANG)
    notice = await house.handoffs.say(Incoming(topic, "还在吗"))
    assert notice is not None
    assert notice.text == "这句没有送到对方那里。要结束请发 /release。"


async def test_a_line_in_a_topic_whose_talk_cannot_be_read_is_not_lost_in_silence(house: House) -> None:
    away = replace(house.handoffs, store=Store("sqlite+aiosqlite:////nonexistent/youshu.db"))
    notice = await away.say(Incoming(ChatIdentity("topics", "1001"), "您好"))
    assert notice is not None
    assert "没有转给对方" in notice.text


# --- what is passed on ----------------------------------------------------------------------------------------------

PICTURE, VOICE = Original("chat", "1001", "5", "图片"), Original("chat", "1001", "6", "语音")


@pytest.mark.parametrize(
    ("incoming", "shown"),
    [
        (Incoming(WANG, "你好"), "chat:1001：你好"),
        (Incoming(WANG, "你们好", edit=Edit.LAST), "chat:1001：（改成）你们好"),
        (Incoming(WANG, choice="menu"), "chat:1001：（选了一项）"),
        (Incoming(WANG), "chat:1001：（发来的不是文字）"),
        (Incoming(WANG, originals=(PICTURE, PICTURE, VOICE)), "chat:1001：（图片、语音）"),
        (Incoming(WANG, "看看这个", originals=(PICTURE,)), "chat:1001\n· （图片）\n· 看看这个"),
    ],
)
async def test_the_operator_reads_who_wrote_what(house: House, incoming: Incoming, shown: str) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    assert await house.conversation.turn(incoming) is None
    assert house.texts(ADMIN) == [shown]
    assert house.got[ADMIN][0].originals == incoming.originals


async def test_the_person_reads_what_the_operator_writes_changes_and_sends(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    for incoming in (
        Incoming(ADMIN, " 请讲 "),
        Incoming(ADMIN, "请说", edit=Edit.LAST),
        Incoming(ADMIN, originals=(PICTURE,)),
    ):
        assert await house.conversation.turn(incoming) is None
    assert house.texts(WANG) == [wording.TAKEN, "请讲", "（改成）请说", ""]
    assert house.got[WANG][-1].originals == (PICTURE,)


@pytest.mark.parametrize("incoming", [Incoming(ADMIN, "/stats"), Incoming(ADMIN, choice="menu"), Incoming(ADMIN, " ")])
async def test_what_an_operator_asks_of_the_bot_is_not_passed_on(house: House, incoming: Incoming) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    context = await house.handoffs.store.turns.load(ADMIN)
    assert not (await house.handoffs.relay(incoming, context)).relayed
    assert house.texts(WANG) == [wording.TAKEN]


# --- the end --------------------------------------------------------------------------------------------------------


async def test_an_operator_has_a_talk_for_two_hours(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    held = (await house.handoffs.store.turns.load(ADMIN)).held_handoff
    assert held is not None
    assert held.until == house.clock.now + 7200


async def test_taking_the_same_talk_again_releases_nobody(house: House) -> None:
    for _ in range(2):
        await house.handoffs.take(ADMIN, "chat:1001")
    assert house.texts(WANG) == [wording.TAKEN] * 2
    await house.handoffs.take(ADMIN, "chat:1002")
    assert house.texts(WANG)[2:] == [wording.RELEASED]


async def test_whoever_is_forgotten_ends_the_talk_for_the_other_side_too(house: House) -> None:
    await house.handoffs.take(ADMIN, "chat:1001")
    await house.handoffs.end(WANG)
    assert house.texts(ADMIN) == [ENDED.format(name="chat:1001")]
    assert await house.say(ADMIN, VISIT) is not None
    await house.handoffs.take(ADMIN, "chat:1001")
    await house.handoffs.end(ADMIN)
    assert house.texts(WANG) == [wording.TAKEN, wording.TAKEN, wording.RELEASED]
    assert await house.say(WANG, VISIT) is not None
    await house.handoffs.end(WANG)
    assert len(house.texts(ADMIN)) == 1


async def test_every_operator_who_can_be_reached_is_told_the_news(house: House) -> None:
    house.unreachable.add(ADMIN)
    await house.handoffs.announce(wording.text_reply("新版本"))
    assert house.texts(OTHER) == ["新版本"]

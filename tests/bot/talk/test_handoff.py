"""Where operators can take a talk over: who is heard by whom, and what is said of calling them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from typing_extensions import override

from bot.choices import CallOperator, Forget
from bot.messages import ChatIdentity, Edit, Incoming, Original, Reply
from bot.store.handoffs import Handoff
from bot.store.store import Store
from bot.store.turns import TurnContext
from bot.talk import answers, wording
from bot.talk.conversation import Conversation
from bot.talk.handoff import Relay
from bot.talk.message import MAX_CHARACTERS
from intents import Matcher
from intents.danger.detector import (
    NO_DANGER,
    WORDING,
    DangerAssessment,
    DangerDetector,
    DangerLevel,
    DangerSignal,
    SignalKind,
)
from intents.knowledge import Knowledge
from tests.bot.talk.test_conversation import LITTLE, VISIT

WANG, ADMIN = ChatIdentity("test", "1001"), ChatIdentity("test", "1")
LIFE = "我不想活了"
NOTICE = wording.text_reply("对方暂时收不到。")


@dataclass
class Desk:
    """A desk of operators: what it does with what it is told, and what it was told."""

    relays: Relay = field(default_factory=Relay)
    reached: bool = True
    staffed: bool = True
    heard: list[tuple[Incoming, TurnContext]] = field(default_factory=list)
    called: list[ChatIdentity] = field(default_factory=list)
    ended: list[ChatIdentity] = field(default_factory=list)

    def has_staff(self, person: ChatIdentity) -> bool:
        return self.staffed and person == WANG

    async def relay(self, incoming: Incoming, context: TurnContext) -> Relay:
        self.heard.append((incoming, context))
        return self.relays

    async def end(self, person: ChatIdentity) -> None:
        self.ended.append(person)

    async def call(self, person: ChatIdentity) -> bool:
        self.called.append(person)
        return self.reached


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge(LITTLE, Matcher(LITTLE), "1")


@pytest.fixture(scope="module")
def danger() -> DangerDetector:
    return DangerDetector()


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with Store("sqlite+aiosqlite://", call_seconds=20) as opened:
        yield opened


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def conversation(knowledge: Knowledge, store: Store, danger: DangerDetector, desk: Desk) -> Conversation:
    return Conversation(lambda: knowledge, store, desk, danger=danger)


async def said(conversation: Conversation, text: str = "", choice: str | None = None) -> Reply:
    reply = await conversation.turn(Incoming(WANG, text, choice))
    assert reply is not None
    return reply


async def test_an_operator_hears_the_whole_message_and_who_has_the_talk(
    conversation: Conversation, store: Store, desk: Desk
) -> None:
    await store.handoffs.take(Handoff(WANG, ADMIN, store.now() + 60))
    picture = Incoming(WANG, "甲" * (MAX_CHARACTERS + 1), originals=(Original("test", "1", "2", "图片"),))
    assert (await said(conversation, VISIT)).intent == "home_visit"
    desk.relays = Relay(relayed=True)
    assert await conversation.turn(picture) is None
    (first, context), (second, _) = desk.heard
    assert (first.text, second) == (VISIT, picture)
    assert context.handoff is not None
    assert context.handoff.admin == ADMIN


async def test_what_an_operator_takes_is_answered_by_the_desk_alone(conversation: Conversation, desk: Desk) -> None:
    desk.relays = Relay(relayed=True, notice=NOTICE)
    assert await said(conversation, VISIT) == NOTICE
    assert await conversation.turn(Incoming(WANG, VISIT, edit=Edit.EARLIER)) == NOTICE
    desk.relays = Relay()
    # Nothing was kept of it: the talk is about nothing yet.
    assert wording.WHICH_TOPIC in (await said(conversation, "我有什么权利")).text


async def test_danger_to_life_is_answered_beside_the_operator_and_nothing_else_is(
    conversation: Conversation, desk: Desk
) -> None:
    desk.relays = Relay(relayed=True, notice=NOTICE)
    assert (await said(conversation, LIFE)).intent == "crisis"
    assert [incoming.text for incoming, _ in desk.heard] == [LIFE]
    # In the talk about a life that has begun, the operator has the word again.
    assert await said(conversation, "嗯") == NOTICE


class ByWording(DangerDetector):
    """A detector that takes whatever goes on for danger to life, by its wording alone."""

    @override
    def assess(self, text: str) -> DangerAssessment:
        plain = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.INDIRECT, WORDING, ""))
        return plain if text.startswith("那") else NO_DANGER


async def test_what_turns_out_to_be_a_follow_up_is_left_to_the_operator(conversation: Conversation, desk: Desk) -> None:
    hearing = replace(conversation, danger=ByWording())
    await said(hearing, VISIT)
    desk.relays = Relay(relayed=True)
    assert await hearing.turn(Incoming(WANG, "那房子呢")) is None


async def test_who_wants_to_be_forgotten_asks_the_bot_whoever_has_the_talk(
    conversation: Conversation, desk: Desk
) -> None:
    desk.relays = Relay(relayed=True)
    assert (await said(conversation, "删除我的数据")).text == wording.FORGOTTEN.text
    assert (await said(conversation, choice=Forget(Forget.ASK).encode())).text == wording.FORGET_ASKED
    assert (await said(conversation, choice=Forget(Forget.YES).encode())).text == wording.FORGOTTEN.text
    assert desk.heard == []
    assert desk.ended == [WANG, WANG]
    assert await conversation.turn(Incoming(WANG, choice="menu")) is None


async def test_an_earlier_message_that_was_changed_is_not_answered_but_danger_in_it_is(
    conversation: Conversation,
) -> None:
    told = await conversation.turn(Incoming(WANG, VISIT, edit=Edit.EARLIER))
    assert told == wording.text_reply(wording.EDITED)
    for text, edit, intent in ((VISIT, Edit.LAST, "home_visit"), (LIFE, Edit.EARLIER, "crisis")):
        reply = await conversation.turn(Incoming(WANG, text, edit=edit))
        assert reply is not None
        assert reply.intent == intent


@pytest.mark.parametrize(("reached", "line"), [(True, wording.CALLED), (False, wording.CALL_FAILED)])
async def test_who_calls_an_operator_is_told_whether_one_was_reached(
    conversation: Conversation, desk: Desk, reached: bool, line: str  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    desk.reached = reached
    told = await said(conversation, choice=CallOperator().encode())
    assert told.text == line.format(legal="99348", finance="12378")
    assert desk.called == [WANG]
    assert (await said(conversation, VISIT)).intent == "home_visit"
    assert desk.called == [WANG]


async def test_after_danger_a_call_that_reaches_nobody_names_the_numbers_for_that(
    conversation: Conversation, desk: Desk
) -> None:
    await said(conversation, LIFE)
    desk.reached = False
    below = await said(conversation, "转人工")
    assert (below.intent, below.sections[-1].lines) == ("crisis", (wording.CALL_FAILED_IN_DANGER,))
    assert (await said(conversation, choice=CallOperator().encode())).text == wording.CALL_FAILED_IN_DANGER
    desk.reached = True
    below = await said(conversation, "转人工")
    assert (below.intent, below.sections[-1].lines) == ("crisis", (wording.CALLED_IN_DANGER,))
    assert len(below.sections) > 1
    assert (await said(conversation, choice=CallOperator().encode())).text == wording.CALLED


async def test_where_there_is_no_desk_nobody_is_called(conversation: Conversation) -> None:
    alone = replace(conversation, handoffs=None)
    assert "现在联系不上工作人员" in (await said(alone, choice=CallOperator().encode())).text
    assert (await said(alone, "删除我的数据")).text == wording.FORGOTTEN.text


async def test_a_human_is_offered_where_somebody_could_come(conversation: Conversation, desk: Desk) -> None:
    assert answers.CALL_CHOICE not in (await said(conversation, VISIT)).choices
    for staffed in (True, False):
        desk.staffed = staffed
        offered = (await said(conversation, "我要找真人律师")).choices
        assert (answers.CALL_CHOICE in offered) is staffed
    assert answers.CALL_CHOICE not in (await said(replace(conversation, handoffs=None), "我要找真人律师")).choices

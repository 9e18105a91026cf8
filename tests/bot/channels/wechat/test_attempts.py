"""One message, several tries, without a server between: when it is answered, by whom it was claimed, how long it is held."""

import asyncio

import pytest

from bot.channels.fragments import FragmentJoiner, MessageReader
from bot.channels.wechat import wording
from bot.channels.wechat.intake import MessageIntake, Pace
from bot.channels.wechat.messages import WeChatMessage
from bot.channels.wechat.waiting import Answer, WaitingRoom
from bot.store.errors import StoreError
from tests.waiting import steps

NOW = 1_795_000_000
SHORT, LONG = Pace(answer=0.01, hold=0.02), Pace(answer=20, hold=40)


class Claimed:
    """A message that another process claimed before."""

    async def claim(self, channel: str, message_id: str) -> bool:
        assert (channel, message_id) == ("wechat", "gh_1:5")
        return False


class Away:
    """A store that doesn't answer."""

    async def claim(self, channel: str, message_id: str) -> bool:
        raise StoreError(f"OperationalError of {channel}, {message_id}")


def message(created: int = NOW) -> WeChatMessage:
    return WeChatMessage("o1", "gh_1", created, "text", msg_id="5")


def never() -> asyncio.Future[object]:
    return asyncio.get_running_loop().create_future()


class Working:
    """What works on a message until a test lets it end."""

    def __init__(self) -> None:
        self.worked_on: list[WeChatMessage] = []
        self.began = asyncio.Event()
        self.answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

    async def __call__(self, message: WeChatMessage) -> Answer | None:
        self.worked_on.append(message)
        self.began.set()
        return await self.answer


def intake(work: Working, pace: Pace, claims: Claimed | Away | None = None) -> tuple[MessageIntake, list[str]]:
    counted: list[str] = []
    fragments = FragmentJoiner(MessageReader(lambda _: False, lambda _: False, lambda _: True), 0)
    took = MessageIntake(work, claims or Away(), counted.append, WaitingRoom(), pace, lambda: NOW, fragments)
    return took, counted


async def test_three_tries_are_one_work_and_the_third_says_that_it_waits() -> None:
    work = Working()
    taking, counted = intake(work, SHORT)
    assert [await taking.take(message(), never()) for _ in range(3)] == [None, None, wording.WAIT]
    assert counted == ["try", "try", "late"]
    work.answer.set_result(Answer(("好了",)))
    assert [await taking.take(message(), never()) for _ in range(2)] == ["好了"] * 2
    assert work.worked_on == [message()]
    assert taking.waiting.of("o1").empty


async def test_a_try_that_wechat_cut_ends_at_once() -> None:
    gone = never()
    gone.set_result(None)
    taking, _ = intake(Working(), Pace(answer=0.01, hold=1000))
    assert await taking.take(message(), gone) is None


@pytest.mark.parametrize("pace", [Pace(answer=0.0, hold=1000), Pace(answer=1000, hold=0.0)])
async def test_an_answer_that_comes_while_a_try_is_held_open_still_goes_into_it(pace: Pace) -> None:
    work = Working()
    taking, _ = intake(work, pace)
    trying = asyncio.create_task(taking.take(message(), never()))
    await work.began.wait()
    await steps(20)
    assert not trying.done()
    work.answer.set_result(Answer(("好了",)))
    assert await trying == "好了"


async def test_an_answer_of_silence_is_silence() -> None:
    work = Working()
    work.answer.set_result(None)
    taking, _ = intake(work, LONG)
    assert [await taking.take(message(), never()) for _ in range(2)] == [None, None]


@pytest.mark.parametrize(("seconds", "answered"), [(29, True), (-29, True), (30, False), (-30, False)])
async def test_a_message_claimed_before_is_answered_while_its_sender_still_waits(seconds: int, answered: bool) -> None:  # noqa: FBT001 -- a case
    work = Working()
    work.answer.set_result(Answer(("好了",)))
    taking, counted = intake(work, LONG, Claimed())
    assert await taking.take(message(NOW - seconds), never()) == ("好了" if answered else None)
    assert counted == ([] if answered else ["repeat"])
    await taking.finish(10)


async def test_without_the_store_an_old_message_is_answered_too() -> None:
    work = Working()
    work.answer.set_result(Answer(("好了",)))
    taking, _ = intake(work, LONG, Away())
    assert await taking.take(message(NOW - 3600), never()) == "好了"


async def test_at_the_end_what_is_in_work_is_waited_for() -> None:
    work = Working()
    taking, _ = intake(work, SHORT)
    assert await taking.take(message(), never()) is None
    finishing = asyncio.create_task(taking.finish(1000))
    await steps(20)
    assert not finishing.done()
    work.answer.set_result(None)
    await finishing

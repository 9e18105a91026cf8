"""What waits for whom is bounded, by time and by number, and gone with the person."""

import asyncio

import pytest

from bot.channels.wechat import waiting, wording
from bot.channels.wechat.keeping import Keeper
from bot.channels.wechat.quota import Quotas
from bot.channels.wechat.waiting import Answer, WaitingRoom
from bot.messages import ChatIdentity
from bot.store.store import Store


class Clock:
    """A clock that goes as the test likes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_is_dropped_after_a_day_and_with_the_person() -> None:
    clock = Clock()
    room = WaitingRoom(clock=clock)
    room.of("o1").pages = ("还有",)
    room.of("o2").pages = ("还有",)
    room.forget("o2")
    assert room.of("o2").empty
    clock.now += 24 * 3600
    room.of("o3")
    assert not room._people["o1"][1].empty
    clock.now += 1
    room.of("o3")
    assert room.of("o1").empty


def test_of_too_many_people_those_not_heard_of_longest_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PEOPLE", 2)
    room = WaitingRoom()
    for person in ("o1", "o2", "o1", "o3"):
        room.of(person).pages = ("还有",)
    assert room.of("o1").pages
    assert room.of("o2").empty


def test_nobody_is_remembered_for_nothing() -> None:
    room = WaitingRoom()
    room.of("o1").show(Answer(("好",)))
    room.keep("o1")
    assert not room._people


async def test_an_answer_that_turned_out_silent_is_said_to_be_none() -> None:
    async def silent() -> Answer | None:
        return None

    late = waiting.Waiting()
    task = asyncio.create_task(silent())
    assert late.wait_for(task) == late.wait_for(task) == wording.WAIT
    assert (await late.next_late()).pages == (wording.NOTHING_LATE,)
    assert late.late == []


async def test_a_late_answer_of_several_pages_comes_before_the_rest_of_another() -> None:
    async def long() -> Answer | None:
        return Answer(("甲一", "甲二"), values=("i:a",))

    mixed = waiting.Waiting()
    mixed.wait_for(asyncio.create_task(long()))
    mixed.show(Answer(("乙一", "乙二")))
    texts = [mixed.show(mixed.next_page()), mixed.show(await mixed.next_late()), mixed.show(mixed.next_page())]
    assert texts == [f"乙二\n\n{wording.EARLIER}", f"甲一\n\n{wording.CONTINUE}", "甲二"]
    assert mixed.values == ("i:a",)


def test_what_does_not_fit_waits_with_the_choices_that_the_talk_does_not_know() -> None:
    one = waiting.Waiting()
    assert one.show(Answer(("一", "二", "三"), values=("i:a",), own_choices=True)) == f"一\n\n{wording.CONTINUE}"
    assert one.values == ("i:a",)
    following = one.next_page()
    assert (following.pages, following.values, one.pages) == (("二", "三"), ("i:a",), ())
    assert one.show(following) == f"二\n\n{wording.CONTINUE}"
    assert (one.pages, one.values) == (("三",), ("i:a",))
    assert one.show(Answer(("新",), values=("p:b",))) == "新"
    assert one.empty


def test_under_what_is_about_danger_to_life_stands_nothing() -> None:
    assert waiting.Waiting().show(Answer(("急", "再"), alone=True)) == "急"


async def test_after_it_was_said_that_an_answer_is_not_ready_1_means_that_one_until_something_is_shown() -> None:
    one = waiting.Waiting()
    late: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
    assert not one.told_to_wait
    one.wait_for(late)
    assert one.told_to_wait
    assert not one.empty
    assert one.show(Answer(("别的",))) == f"别的\n\n{wording.EARLIER}"
    assert not one.told_to_wait


async def test_what_is_kept_is_what_is_ready_in_the_form_that_the_store_may_have() -> None:
    loop = asyncio.get_running_loop()
    ready, busy, failed, cancelled = (loop.create_future() for _ in range(4))
    ready.set_result(Answer(("您说：我叫某某", "二"), kept_pages=("（语音）", "二")))
    failed.set_exception(ValueError())
    cancelled.cancel()
    one = waiting.Waiting(("剩下的",), [ready, busy, failed, cancelled], told_to_wait=True, values=("i:a",))
    read = waiting.Waiting.from_json(one.to_json())
    assert (read.pages, read.told_to_wait, read.values) == (("剩下的",), True, ("i:a",))
    assert [each.result() for each in read.late] == [Answer(("（语音）", "二")), None, None, None]
    assert isinstance(failed.exception(), ValueError)
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_whoever_was_told_to_wait_is_remembered_although_nothing_waits() -> None:
    room = WaitingRoom()
    room.of("o1").told_to_wait = True
    room.keep("o1")
    assert "o1" in room._people


async def test_a_late_answer_is_waited_for_once_and_kept_once_it_is_ready() -> None:
    async with Store("sqlite+aiosqlite://") as store:
        room = WaitingRoom(Keeper(store.channel_states, "waiting"))
        late: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        assert room.wait_for("o1", late) == room.wait_for("o1", late) == wording.WAIT
        assert room.of("o1").late == [late]
        late.set_result(Answer(("好了",)))
        await late
        assert room.keeper is not None
        await room.keeper.finish(10)
        after = WaitingRoom(Keeper(store.channel_states, "waiting"))
        after.of("o2").pages = ("新的",)
        await after.restore()
        assert after.restored.is_set()
        assert (await after.of("o1").next_late()).pages == ("好了",)
        assert after.of("o2").pages == ("新的",)


async def test_what_waited_longer_than_a_day_is_not_read_at_a_start() -> None:
    clock = Clock()
    clock.now = 1_795_000_000.0
    async with Store("sqlite+aiosqlite://", clock) as store:
        for user, seconds in (("o1", 0), ("o2", 1)):
            clock.now += seconds
            await store.channel_states.save(ChatIdentity("wechat", user), "waiting", waiting.Waiting(("二",)).to_json())
        clock.now += 24 * 3600
        room = WaitingRoom(Keeper(store.channel_states, waiting.KIND), clock)
        await room.restore()
        assert [room.of(user).pages for user in ("o1", "o2")] == [(), ("二",)]


async def test_behind_what_was_late_the_rest_of_another_answer_goes_on_waiting() -> None:
    loop = asyncio.get_running_loop()
    late, silent = loop.create_future(), loop.create_future()
    late.set_result(Answer(("甲一", "甲二")))
    silent.set_result(None)
    one = waiting.Waiting(("剩下的",), [silent, late])
    assert one.show(await one.next_late()) == f"{wording.NOTHING_LATE}\n\n{wording.CONTINUE}"
    assert [*one.pages] == ["剩下的"]
    assert one.show(await one.next_late()) == f"甲一\n\n{wording.CONTINUE}"
    assert [*one.pages] == ["甲二", "剩下的"]


async def test_of_whoever_is_forgotten_nothing_is_left_to_be_deleted_again() -> None:
    async with Store("sqlite+aiosqlite://") as store:
        keeper = Keeper(store.channel_states, "waiting")
        room, quotas = WaitingRoom(keeper), Quotas(keeper)
        for forgetful in (room, quotas):
            keeper.put("o1", "{}")
            forgetful.forget("o1")
            assert not keeper._kept
        await keeper.finish(10)

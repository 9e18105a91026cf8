"""What waits for whom is bounded, by time and by number, and gone with the person."""

import asyncio

import pytest

from bot.channels.wechat import waiting, wording
from bot.channels.wechat.waiting import Answer, WaitingRoom


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
    clock.now += waiting.WAITING_SECONDS + 1
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

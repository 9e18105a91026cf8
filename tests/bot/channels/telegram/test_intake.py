"""What is known of the updates that Telegram may show again."""

import asyncio
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message, Update
from typing_extensions import override

from bot.channels.telegram.intake import REMEMBERED, UpdateIntake, by_number
from bot.channels.telegram.queued_update import QueuedUpdate
from bot.channels.telegram.update_queue import UpdateQueue
from tests.waiting import steps


class Waiting(UpdateQueue):
    """A queue that begins nothing."""

    def __init__(self) -> None:
        self.put_in: list[QueuedUpdate] = []

    @override
    def put(self, queued: QueuedUpdate) -> None:
        self.put_in.append(queued)


@pytest.fixture
def queue() -> Waiting:
    return Waiting()


@pytest.fixture
async def intake(queue: Waiting) -> UpdateIntake:
    return UpdateIntake(7, queue, lambda _: None)


def update(number: int) -> Update:
    return Update(number, Message(number, datetime(2026, 11, 30, tzinfo=UTC), Chat(5, "private"), text="在吗"))


async def test_an_update_is_queued_once_and_is_a_repeat_once_it_has_begun(intake: UpdateIntake, queue: Waiting) -> None:
    first = intake.put(update(1))
    assert intake.put(update(1)) is first
    assert (queue.put_in, first.key) == ([first], "7:1")
    assert not intake.repeated(update(1))
    first.begun.set_result(None)
    assert intake.repeated(update(1))
    assert not intake.repeated(update(2))


async def test_the_lowest_that_only_telegram_has_is_the_one_to_be_shown_again(intake: UpdateIntake) -> None:
    assert intake.first_waiting is None
    one, two, three = (intake.put(update(number)) for number in (1, 2, 3))
    assert intake.first_waiting == 1
    one.begun.set_result(None)
    assert intake.first_waiting == 2
    two.spooled = True
    assert intake.first_waiting == 3
    begun = asyncio.create_task(intake.first_begun(60))
    await steps()
    three.begun.set_result(None)
    await begun
    assert intake.first_waiting is None
    await intake.first_begun(60)


async def test_what_has_begun_below_a_number_is_forgotten_and_what_waits_is_not(intake: UpdateIntake) -> None:
    one, _, three = (intake.put(update(number)) for number in (1, 2, 3))
    for each in (one, three):
        each.begun.set_result(None)
    intake.forget_below(3)
    assert [intake.repeated(update(number)) for number in (1, 2, 3)] == [False, False, True]
    assert intake.first_waiting == 2


async def test_of_those_that_have_begun_the_latest_are_remembered_and_all_that_wait(intake: UpdateIntake) -> None:
    waiting = intake.put(update(1))
    for number in range(2, REMEMBERED + 4):
        intake.put(update(number)).begun.set_result(None)
    intake.forget_oldest()
    assert [intake.repeated(update(number)) for number in (2, 3, 4, REMEMBERED + 3)] == [False, False, True, True]
    assert intake.put(update(1)) is waiting


async def test_without_a_place_to_keep_it_nothing_is_kept(intake: UpdateIntake) -> None:
    waiting = intake.put(update(1))
    await intake.spool_waiting()
    await intake.take_up()
    assert not waiting.spooled


def test_updates_are_taken_in_the_order_in_which_they_happened() -> None:
    assert [each.update_id for each in by_number([update(3), update(1), update(2)])] == [1, 2, 3]

"""When a message may go out, on a clock of the test's own."""

import asyncio

import pytest

from bot.channels.telegram.pace import Pace, RateLimits


class Clock:
    """Seconds that pass when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(RateLimits(overall=30, in_chat=1), clock)


def test_a_chat_is_free_a_second_after_its_last_message(pace: Pace, clock: Clock) -> None:
    assert pace.free_at(1) <= clock.now
    pace.spend(1)
    assert pace.free_at(1) == clock.now + 1
    assert pace.free_at(2) <= clock.now


def test_a_group_takes_twenty_a_minute(pace: Pace, clock: Clock) -> None:
    for _ in range(20):
        assert pace.free_at(-1) <= clock.now
        pace.spend(-1)
    assert pace.free_at(-1) == clock.now + 60


def test_a_refusal_stops_its_chat_only(pace: Pace, clock: Clock) -> None:
    pace.refused(1, 25)
    assert pace.free_at(1) == clock.now + 25
    assert pace.free_at(2) <= clock.now


def test_three_chats_refused_within_two_seconds_stop_everybody_for_the_shortest_time(pace: Pace, clock: Clock) -> None:
    for chat, seconds in ((1, 25), (2, 3)):
        pace.refused(chat, seconds)
    assert pace.free_at(9) <= clock.now
    pace.refused(3, 30)
    assert pace.free_at(9) == clock.now + 3


def test_refusals_far_apart_stop_nobody_else(pace: Pace, clock: Clock) -> None:
    for chat in (1, 2, 3):
        pace.refused(chat, 25)
        clock.now += 3
    assert pace.free_at(9) <= clock.now


def test_one_chat_refused_often_stops_nobody_else(pace: Pace, clock: Clock) -> None:
    for _ in range(9):
        pace.refused(1, 25)
    assert pace.free_at(9) <= clock.now


@pytest.mark.parametrize(("last", "stopped"), [(1.0, True), (1.001, False)])
def test_two_seconds_apart_refusals_still_count_together(
    pace: Pace, clock: Clock, last: float, stopped: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    for chat, passed in ((1, 0), (2, 1), (3, last)):
        clock.now += passed
        pace.refused(chat, 25)
    assert (pace.free_at(9) == clock.now + 25) is stopped


async def test_who_waits_is_counted_and_goes_at_the_very_moment_that_was_told(pace: Pace, clock: Clock) -> None:
    pace.refused(1, 0)
    await pace.wait(1)
    assert pace.free_at(1) == clock.now + 1
    await pace.wait(-1)
    assert pace.free_at(-1) <= clock.now


async def test_without_a_limit_for_a_chat_nothing_is_counted_in_it(clock: Clock) -> None:
    pace = Pace(RateLimits(overall=0, in_chat=0), clock)
    for _ in range(3):
        await pace.wait(1)
        pace.spend(1)
    assert pace.free_at(1) <= clock.now


def test_half_a_message_a_second_is_one_in_two_seconds(clock: Clock) -> None:
    pace = Pace(RateLimits(in_chat=0.5), clock)
    pace.spend(1)
    assert pace.free_at(1) == clock.now + 2


async def test_everybody_together_gets_ninety_five_of_a_hundred_that_telegram_allows(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    pace, begin = Pace(RateLimits(overall=10, in_chat=0), clock), clock.now
    for chat in range(1 + 95):
        await pace.wait(1 + chat)
    assert clock.now - begin == pytest.approx(10)

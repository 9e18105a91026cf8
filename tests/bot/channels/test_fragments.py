"""What belongs together is joined, whoever writes and whenever."""

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.fragments import (
    JOIN_SECONDS,
    LONGEST_HOLD,
    Fragment,
    FragmentJoiner,
    MessageReader,
    held_until,
    joined,
    run_length,
)


def always(_: str) -> bool:
    return True


def never(_: str) -> bool:
    return False


moments = st.lists(st.floats(0, 20), min_size=1, max_size=12).map(sorted)


@given(moments)
def test_what_comes_in_time_is_one_message_and_a_pause_ends_it(times: list[float]) -> None:
    parts = [Fragment(str(number), at) for number, at in enumerate(times)]
    length = run_length(parts, always)
    assert all(after - before <= JOIN_SECONDS for before, after in pairwise(times[:length]))
    assert length == len(parts) or times[length] - times[length - 1] > JOIN_SECONDS


@given(moments)
def test_what_is_complete_is_alone_and_waits_for_nothing(times: list[float]) -> None:
    parts = [Fragment("好了吗", at) for at in times]
    assert run_length(parts, never) == 1
    assert held_until(parts, never) == times[-1]


@given(moments)
def test_nothing_is_held_for_long(times: list[float]) -> None:
    parts = [Fragment("我借了网贷", at) for at in times]
    together = parts[: run_length(parts, always)]
    assert held_until(together, always) <= min(together[-1].at + JOIN_SECONDS, together[0].at + LONGEST_HOLD)


def test_fragments_keep_their_lines() -> None:
    assert joined([Fragment("我借了网贷", 0), Fragment("怎么办", 1)]) == "我借了网贷\n怎么办"


READER = MessageReader(
    in_danger=lambda text: "不想活" in text,
    expects_more=lambda text: not text.endswith(("吗", "2")),
    stands_alone=str.isdigit,
)


def joiner(seconds: float = 1000) -> FragmentJoiner:
    return FragmentJoiner(READER, seconds)


async def test_the_last_message_says_what_those_before_it_said() -> None:
    joining = joiner()
    held = [joining.add("王", text) for text in ("我借了网贷", "三个月没还", "会上门吗")]
    assert [await joining.wait(each) for each in held] == [None, None, "我借了网贷\n三个月没还\n会上门吗"]


async def test_what_nobody_goes_on_with_is_said_alone_after_a_while() -> None:
    joining = joiner(0.001)
    assert await joining.wait(joining.add("王", "我借了网贷")) == "我借了网贷"
    assert await joining.wait(joining.add("王", "会上门吗")) == "会上门吗"


async def test_people_are_not_joined_with_each_other() -> None:
    joining = joiner()
    held = joining.add("王", "我借了网贷")
    assert await joining.wait(joining.add("李", "会上门吗")) == "会上门吗"
    joining.release("王")
    assert await joining.wait(held) == "我借了网贷"


async def test_a_number_goes_on_with_nothing_and_ends_the_wait() -> None:
    joining = joiner()
    held = joining.add("王", "我借了网贷"), joining.add("王", "2")
    assert [await joining.wait(each) for each in held] == ["我借了网贷", "2"]


async def test_danger_is_not_held_and_takes_along_what_was() -> None:
    joining = joiner()
    held = joining.add("王", "我借了网贷"), joining.add("王", "我不想活了")
    assert [await joining.wait(each) for each in held] == [None, "我借了网贷\n我不想活了"]


async def test_what_was_written_after_a_pause_is_a_message_of_its_own() -> None:
    joining = joiner()
    held = joining.add("王", "我借了网贷", at=100), joining.add("王", "会上门吗", at=102)
    assert [await joining.wait(each) for each in held] == ["我借了网贷", "会上门吗"]


async def test_what_comes_late_is_joined_with_what_comes_with_it_and_waits_for_nothing_else() -> None:
    joining = joiner()
    held = [joining.add("王", text, at=at, live=False) for at, text in enumerate(("我借了网贷", "三个月没还"))]
    assert [await joining.wait(each) for each in held] == [None, "我借了网贷\n三个月没还"]


async def test_before_a_stop_everything_is_answered() -> None:
    joining = joiner()
    waiting = [asyncio.create_task(joining.wait(joining.add(name, "我借了网贷"))) for name in ("王", "李")]
    joining.release_all()
    assert await asyncio.gather(*waiting) == ["我借了网贷"] * 2


async def test_where_nothing_is_to_be_joined_nothing_is_held() -> None:
    assert joiner(0).add("王", "我借了网贷").went_on.done()

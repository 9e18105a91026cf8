"""What belongs together is joined, whoever writes and whenever; pure functions."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.fragments import JOIN_SECONDS, LONGEST_HOLD, Fragment, held_until, joined, run_length


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

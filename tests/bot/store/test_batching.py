"""Calls that wait at the same moment are made as one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bot.store.batching import Batcher
from tests.waiting import steps


@dataclass
class Calls:
    """A call that doubles numbers, and remembers what it was asked; refuses some."""

    refused: frozenset[int] = frozenset()
    asked: list[list[int]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.asked.append(list(numbers))
        await self.open.wait()
        if self.refused & {*numbers}:
            raise ValueError("refused")
        return [2 * number for number in numbers]

    async def begun(self) -> None:
        """Wait until it has been called."""
        while not self.asked:
            await steps()


def batcher(calls: Calls, max_size: int = 10, *, item_errors: bool = True) -> Batcher[int, int]:
    return Batcher(calls, max_size, lambda _: item_errors)


async def test_what_is_asked_during_a_call_shares_the_next_one() -> None:
    calls = Calls()
    batching = batcher(calls, max_size=3)
    tasks = [asyncio.create_task(batching.submit(0))]
    await calls.begun()
    tasks += [asyncio.create_task(batching.submit(number)) for number in range(1, 6)]
    await steps()
    calls.open.set()
    assert await asyncio.gather(*tasks) == [0, 2, 4, 6, 8, 10]
    assert calls.asked == [[0], [1, 2, 3], [4, 5]]


async def test_one_that_is_refused_does_not_take_the_others_with_it() -> None:
    calls = Calls(refused=frozenset({2}))
    calls.open.set()
    batching = batcher(calls)
    found = await asyncio.gather(*(batching.submit(number) for number in range(4)), return_exceptions=True)
    assert [found[0], found[1], found[3]] == [0, 2, 6]
    assert isinstance(found[2], ValueError)


async def test_what_would_fail_for_all_is_not_tried_again() -> None:
    calls = Calls(refused=frozenset({2}))
    calls.open.set()
    batching = batcher(calls, item_errors=False)
    found = await asyncio.gather(*(batching.submit(number) for number in range(4)), return_exceptions=True)
    assert all(isinstance(each, ValueError) for each in found)
    assert calls.asked == [[0, 1, 2, 3]]


async def test_what_would_fail_for_all_fails_at_once_for_who_waits_in_line() -> None:
    calls = Calls(refused=frozenset({0}))
    batching = batcher(calls, max_size=1, item_errors=False)
    tasks = [asyncio.create_task(batching.submit(number)) for number in range(3)]
    await calls.begun()
    calls.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, ValueError) for each in found)
    assert calls.asked == [[0]]
    assert await batching.submit(4) == 8


async def test_settling_waits_for_what_was_asked_by_then_and_not_for_what_comes_after() -> None:
    calls = Calls()
    batching = batcher(calls, max_size=1)
    first = asyncio.create_task(batching.submit(1))
    await calls.begun()
    settling = asyncio.create_task(batching.settle())
    await steps()
    later = asyncio.create_task(batching.submit(2))
    calls.open.set()
    await settling
    assert first.done()
    assert await later == 4


async def test_who_gave_up_waiting_is_not_asked_for_and_holds_up_nobody() -> None:
    calls = Calls()
    batching = batcher(calls)
    first = asyncio.create_task(batching.submit(1))
    await calls.begun()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await batching.submit(2)
    last = asyncio.create_task(batching.submit(3))
    await steps()
    calls.open.set()
    assert [await first, await last] == [2, 6]
    assert calls.asked == [[1], [3]]


async def test_settling_waits_for_what_is_under_way() -> None:
    calls = Calls()
    batching = batcher(calls)
    asked = asyncio.create_task(batching.submit(1))
    await calls.begun()
    settling = asyncio.create_task(batching.drain())
    await steps()
    assert not settling.done()
    calls.open.set()
    await settling
    assert await asked == 2

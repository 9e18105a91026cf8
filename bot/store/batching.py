"""A batcher, as GraphQL's DataLoader is one: calls that wait at the same moment are made as one.

In a rush many turns share one transaction, where each with its own would wait for the one before it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_Waiting = tuple[Item, asyncio.Future[Result]]


class Batcher(Generic[Item, Result]):
    """Gathers the items that come while a call is under way into the next call; nobody waits for company."""

    def __init__(
        self,
        call: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        max_size: int,
        is_item_error: Callable[[Exception], bool],
    ) -> None:
        """Gather for a call.

        Args:
            call: gives one result for each item, in order.
            max_size: how many items one call takes.
            is_item_error: whether an error may come of one item, so that the others are worth a call of their own.
        """
        self._call = call
        self._max_size = max_size
        self._is_item_error = is_item_error
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._unanswered: set[asyncio.Future[Result]] = set()
        self._calling: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The result for one item; raises what the call raises."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._unanswered.add(future)
        future.add_done_callback(self._unanswered.discard)
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._call_until_empty())
        return await future

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        while self._calling is not None and not self._calling.done():
            await asyncio.wait({self._calling})

    async def settle(self) -> None:
        """Wait for all that has been submitted by now, whatever comes after it."""
        if self._unanswered:
            await asyncio.wait({*self._unanswered})

    async def _call_until_empty(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._max_size, len(self._waiting)))]
            error = await self._call_with(batch)
            if error is None:
                continue
            if not self._is_item_error(error):
                # It would fail for those as well who have been waiting meanwhile, and take as long again.
                _fail([*batch, *self._waiting], error)
                self._waiting.clear()
            elif len(batch) > 1:
                for each in batch:
                    _fail([each], await self._call_with([each]))
            else:
                _fail(batch, error)

    async def _call_with(self, batch: Sequence[_Waiting[Item, Result]]) -> Exception | None:
        """Make one call for those who haven't given up waiting; why it failed, if it did."""
        waiting = [(item, future) for item, future in batch if not future.done()]
        if not waiting:
            return None
        try:
            results = await self._call([item for item, _ in waiting])
        except Exception as error:  # noqa: BLE001 -- handed to those who wait for it
            return error
        for (_, future), result in zip(waiting, results, strict=True):
            if not future.done():
                future.set_result(result)
        return None


def _fail(batch: Sequence[_Waiting[Item, Result]], error: Exception | None) -> None:
    for _, future in batch:
        if error is not None and not future.done():
            future.set_exception(error)

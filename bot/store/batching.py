"""Calls that wait at the same moment, made as one: a rush costs as many transactions as the database can take."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Given = TypeVar("Given")
_Waiting = tuple[Asked, asyncio.Future[Given]]


class Batcher(Generic[Asked, Given]):
    """Gathers what is asked while a call is under way into the next call; nobody waits for company."""

    def __init__(
        self,
        call: Callable[[Sequence[Asked]], Awaitable[Sequence[Given]]],
        most: int,
        ones_own: Callable[[Exception], bool],
    ) -> None:
        """Gather for a call.

        Args:
            call: gives one result for each thing asked, in order.
            most: how many things at a time.
            ones_own: whether an error may come of one of the things, so that the others are worth another call.
        """
        self._call = call
        self._most = most
        self._ones_own = ones_own
        self._waiting: deque[_Waiting[Asked, Given]] = deque()
        self._calling: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Given:
        """The result for one thing; raises what the call raises."""
        future: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._call_all())
        return await future

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._calling is not None and not self._calling.done():
            await asyncio.wait({self._calling})

    async def _call_all(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            error = await self._called(taken)
            if error is not None and len(taken) > 1 and self._ones_own(error):
                for each in taken:
                    _fail([each], await self._called([each]))
            else:
                _fail(taken, error)

    async def _called(self, taken: Sequence[_Waiting[Asked, Given]]) -> Exception | None:
        """Make one call for those who haven't given up waiting; why it failed, if it did."""
        waiting = [(asked, future) for asked, future in taken if not future.done()]
        if not waiting:
            return None
        try:
            given = await self._call([asked for asked, _ in waiting])
        except Exception as error:  # noqa: BLE001 -- handed to those who asked
            return error
        for (_, future), result in zip(waiting, given, strict=True):
            if not future.done():
                future.set_result(result)
        return None


def _fail(taken: Sequence[_Waiting[Asked, Given]], error: Exception | None) -> None:
    for _, future in taken:
        if error is not None and not future.done():
            future.set_exception(error)

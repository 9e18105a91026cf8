"""A time limit for calls of the database that doesn't count what this process is busy with itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

TICKS: Final = 60
"""A call has so many turns of the loop at least, however long each takes: more than the largest transaction needs, which hears some
fifteen answers of the driver's, each of them up to two turns after it was given."""


@contextlib.asynccontextmanager
async def call_timeout(seconds: float | None) -> AsyncIterator[None]:
    """As asyncio.timeout, in time in which the loop listens; raises TimeoutError.

    In a rush the loop computes for seconds on end and hears of no answer meanwhile: that isn't the database being away. The time is
    therefore counted in TICKS, of which one passes at a time, however late the loop comes to it.

    Args:
        seconds: how long the inside may take; None: as long as it likes.
    """
    if seconds is None:
        yield
        return
    loop = asyncio.get_running_loop()
    tick_seconds = seconds / TICKS
    timers: list[asyncio.TimerHandle] = []
    async with asyncio.timeout(None) as limit:

        def tick(left: int) -> None:
            if left:
                timers[:] = [loop.call_later(tick_seconds, tick, left - 1)]
            else:
                limit.reschedule(loop.time())

        tick(TICKS)
        try:
            yield
        finally:
            timers[0].cancel()

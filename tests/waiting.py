"""Waiting for what another process or a library decides, of which no event tells."""

import asyncio
from collections.abc import Callable

DEADLINE_SECONDS = 40.0


async def eventually(condition: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until the condition holds; TimeoutError at the deadline."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- there is no event to wait on
            await asyncio.sleep(0.01)


async def steps(number: int = 1) -> None:
    """Let the other tasks of this loop go on by so many steps: what doesn't wait for anything is over by then."""
    for _ in range(number):
        await asyncio.sleep(0)

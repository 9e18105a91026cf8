"""Jobs of a process that is alone, which run for as long as a test needs them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.jobs.jobs import Jobs
from bot.jobs.local import LocalJobs
from bot.store.store import Store


def local_jobs(store: Store) -> LocalJobs:
    """Jobs whose outcomes nobody counts."""
    return LocalJobs(store.database, lambda _, __: None)


@asynccontextmanager
async def running(*several: Jobs) -> AsyncIterator[None]:
    """Have jobs done until the block is left."""
    tasks = [asyncio.create_task(jobs.run()) for jobs in several]
    try:
        yield
    finally:
        for jobs in several:
            jobs.stop()
        await asyncio.gather(*tasks)

"""Jobs of a process that is alone: done in it, with nothing to install. What waits is lost with the process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.jobs import STOP_SECONDS, Count, Defer, Handler, Handlers, Job, T
from bot.store.database import Database

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]


class LocalJobs:
    """Does jobs as tasks of this process; fills `Jobs`."""

    def __init__(
        self, database: Database, count: Count, sleep: Sleep = asyncio.sleep, stop_seconds: float = STOP_SECONDS
    ) -> None:
        """Nothing runs yet.

        Args:
            database: on which write() works.
            count: counts a job by its name and by what came of it.
            sleep: waits so many seconds between two jobs that come by themselves.
            stop_seconds: how long jobs may take to end after stop().
        """
        self._database = database
        self._handlers = Handlers(count)
        self._sleep = sleep
        self._stop_seconds = stop_seconds
        self._waiting: dict[str, Job] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._begun = False
        self._stopping = asyncio.Event()

    def handle(self, name: str, handler: Handler) -> None:
        """Say what does the jobs of a name."""
        self._handlers.by_name[name] = handler

    def every(self, minutes: int, name: str) -> None:
        """Have a job done at the start and then every so many minutes."""
        self._handlers.every(minutes, name)

    async def defer(self, job: Job) -> None:
        """Have a job done as soon as no other with its name and key runs."""
        self._waiting.setdefault(job.lock, job)
        self._begin(job.lock)

    async def write(self, work: Callable[[AsyncConnection, Defer], Awaitable[T]]) -> T:
        """What some work gives in one transaction, after which its jobs are done; raises StoreError."""
        deferred: list[Job] = []

        async def defer(job: Job) -> None:
            deferred.append(job)

        result = await self._database.write(lambda connection: work(connection, defer))
        for job in deferred:
            await self.defer(job)
        return result

    async def run(self) -> None:
        """Do jobs until stop()."""
        self._begun = True
        for lock in list(self._waiting):
            self._begin(lock)
        tickers = [asyncio.create_task(self._tick(name, minutes)) for name, minutes in self._handlers.minutes.items()]
        await self._stopping.wait()
        for ticker in tickers:
            ticker.cancel()
        await asyncio.gather(*tickers, return_exceptions=True)
        if running := set(self._running.values()):
            _, late = await asyncio.wait(running, timeout=self._stop_seconds)
            for task in late:
                task.cancel()
            await asyncio.wait(running)

    async def settle(self) -> None:
        """Wait until nothing runs."""
        while self._running:
            await asyncio.wait({*self._running.values()})

    def stop(self) -> None:
        """Begin no more; run() ends once those that run have ended, or are cut off."""
        self._stopping.set()

    def _begin(self, lock: str) -> None:
        if not self._begun or self._stopping.is_set() or lock in self._running or lock not in self._waiting:
            return
        job = self._waiting.pop(lock)
        work = self._handlers.do(job.name, job.payload)
        # It may be done for many who have deferred it, so it isn't part of what the first was at.
        task = self._running[lock] = asyncio.create_task(work, context=Context())
        task.add_done_callback(lambda _: self._ended(lock))

    def _ended(self, lock: str) -> None:
        del self._running[lock]
        self._begin(lock)

    async def _tick(self, name: str, minutes: int) -> None:
        while True:
            await self.defer(Job(name))
            await self._sleep(minutes * 60.0)

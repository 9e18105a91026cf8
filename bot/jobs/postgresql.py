"""Jobs of several processes on one PostgreSQL: each is done by one of them, by way of procrastinate (docs/decisions/0012-jobs.md).

procrastinate's worker has a driver and connections of its own. Deferring goes by its function in the database and our own connection, so
that a job and what it is about are one transaction.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from psycopg import Error as PsycopgError
from psycopg.conninfo import make_conninfo
from psycopg_pool import PoolTimeout
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.jobs import DAY_MINUTES, LOST, STOP_SECONDS, Count, Defer, Handler, Handlers, Job, T
from bot.store.database import Database
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

QUEUE: Final = "youshu"
AT_ONCE: Final = 16
"""How many jobs one process does at a time."""
CONNECTIONS: Final = 3
"""Of each process, beside the one that listens."""
BEAT_SECONDS: Final = 2.0
"""How often a process says that it lives."""
SILENT_SECONDS: Final = 10.0
"""A process that hasn't said so for so long is dead: the jobs that it was at are lost."""
POLL_SHARE: Final = 0.5
"""How many beats apart the database is asked for jobs beside its notifications: none comes when a key gets free."""
CONNECT_SECONDS: Final = 5.0
"""How long a connection may take."""
AGAIN_SECONDS: Final = 1.0
"""So long after the database failed it is tried again."""
_SCHEMA_LOCK: Final = 7_020_391_147
"""Ours among PostgreSQL's advisory locks, while procrastinate's tables are made."""
_ERRORS: Final = (StoreError, ConnectorException, PsycopgError, PoolTimeout, OSError)

_DEFER: Final = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS varchar), CAST(:name AS varchar), 0, CAST(:lock AS text), "
    "CAST(:lock AS text), CAST(:payload AS jsonb), NULL)]::procrastinate_job_to_defer_v1[])"
)


class PostgresqlJobs:
    """Does jobs as one of several processes; fills `Jobs`."""

    def __init__(
        self,
        database: Database,
        url: str,
        count: Count,
        *,
        beat_seconds: float = BEAT_SECONDS,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """Nothing runs yet.

        Args:
            database: on which jobs are deferred.
            url: the same database, as in YOUSHU_DATABASE_URL.
            count: counts a job by its name and by what came of it.
            beat_seconds: how often a process says that it lives; after five times that it counts as dead.
            stop_seconds: how long jobs may take to end after stop().
        """
        self._database = database
        self._conninfo = conninfo_of(url)
        self._handlers = Handlers(count)
        self._beat_seconds = beat_seconds
        self._silent_seconds = beat_seconds * SILENT_SECONDS / BEAT_SECONDS
        self._prepared = False
        self._away = False
        self._stop_seconds = stop_seconds
        self._stopping = asyncio.Event()
        self._running = 0
        """How many jobs this process is at."""

    def handle(self, name: str, handler: Handler) -> None:
        """Say what does the jobs of a name."""
        self._handlers.by_name[name] = handler

    def every(self, minutes: int, name: str) -> None:
        """Have a job done by one process every so many minutes, at the start too unless one has done it in this period."""
        self._handlers.every(minutes, name)

    async def defer(self, job: Job) -> None:
        """Have a job done by the first process that is free; raises StoreError."""

        async def work(_: AsyncConnection, defer: Defer) -> None:
            await defer(job)

        await self.write(work)

    async def write(self, work: Callable[[AsyncConnection, Defer], Awaitable[T]]) -> T:
        """What some work gives in one transaction with the jobs that it defers; raises StoreError."""

        async def write(connection: AsyncConnection) -> T:
            async def defer(job: Job) -> None:
                await _defer(connection, job)

            return await work(connection, defer)

        await self._prepare()
        return await self._database.write(write)

    async def run(self) -> None:
        """Do jobs until stop(); a database that is away is tried again."""
        while not self._stopping.is_set():
            working = asyncio.create_task(self._work())
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                await self._end(working)
            if not working.cancelled():
                await self._pause(working.exception())

    def stop(self) -> None:
        """Begin no more; run() ends once those that run have ended, or are cut off."""
        self._stopping.set()

    async def _end(self, working: asyncio.Task[None]) -> None:
        """Cancel the worker, which waits for its jobs; again where it goes on although none of them runs any more.

        A worker can miss it: its connection that listens for notifications doesn't always hear that it is cancelled.
        """
        give_up_at = monotonic() + self._stop_seconds
        while not working.done():
            working.cancel()
            await asyncio.wait({working}, timeout=self._beat_seconds)
            while not working.done() and self._running and monotonic() < give_up_at:
                await asyncio.wait({working}, timeout=self._beat_seconds)

    async def _pause(self, error: BaseException | None) -> None:
        """Say once that the database is away, and wait; raises what isn't the database's."""
        if error is not None and not isinstance(error, (*_ERRORS, ExceptionGroup)):
            raise error
        if not self._away:
            log.error("jobs_away", error=type(error).__name__)
        self._away = True
        try:
            async with asyncio.timeout(AGAIN_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _prepare(self) -> None:
        """Make procrastinate's tables where they aren't there; raises StoreError."""
        if not self._prepared:
            await self._database.write(_make_tables)
            self._prepared = True

    async def _work(self) -> None:
        """Work until the database fails or this is cancelled; raises what procrastinate and its driver raise."""
        await self._prepare()
        app = self._app()
        async with app.open_async():
            if self._away:
                log.info("jobs_back")
            self._away = False
            burying = asyncio.create_task(self._bury(app))
            try:
                await app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=AT_ONCE,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=self._beat_seconds * POLL_SHARE,
                    shutdown_graceful_timeout=self._stop_seconds,
                    update_heartbeat_interval=self._beat_seconds,
                    stalled_worker_timeout=self._silent_seconds,
                )
            finally:
                burying.cancel()
                await asyncio.wait({burying})

    def _app(self) -> App:
        connector = PsycopgConnector(conninfo=self._conninfo, min_size=1, max_size=CONNECTIONS, timeout=CONNECT_SECONDS)
        app = App(connector=connector, periodic_defaults={"max_delay": DAY_MINUTES * 60.0})
        for name in self._handlers.by_name:
            task = app.task(name=name, queue=QUEUE)(self._task(name))
            if name in self._handlers.minutes:
                lock = Job(name).lock
                app.periodic(cron=_cron(self._handlers.minutes[name]), lock=lock, queueing_lock=lock)(task)
        return app

    def _task(self, name: str) -> Callable[..., Awaitable[None]]:
        async def task(**payload: str | int) -> None:  # a periodic job is also given its moment
            self._running += 1
            try:
                await self._handlers.do(name, {key: value for key, value in payload.items() if isinstance(value, str)})
            finally:
                self._running -= 1

        return task

    async def _bury(self, app: App) -> None:
        """Count jobs whose process has died, and let go of what they held; never try them again: they may have sent."""
        while True:
            await asyncio.sleep(self._beat_seconds)
            for job in await app.job_manager.get_stalled_jobs(
                queue=QUEUE, seconds_since_heartbeat=self._silent_seconds
            ):
                try:
                    await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
                except ConnectorException:
                    continue  # another process has buried it
                self._handlers.count(job.task_name, LOST)
                log.warning("job_lost", job=job.task_name)


async def _defer(connection: AsyncConnection, job: Job) -> None:
    payload = json.dumps(dict(job.payload))
    try:
        async with connection.begin_nested():
            await connection.execute(_DEFER, {"queue": QUEUE, "name": job.name, "lock": job.lock, "payload": payload})
    except IntegrityError:
        return  # the same one waits already


async def _make_tables(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})
    if (await connection.execute(text("SELECT to_regclass('procrastinate_jobs')"))).scalar_one() is None:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute(App(connector=PsycopgConnector()).schema_manager.get_schema())


def _cron(minutes: int) -> str:
    if minutes == DAY_MINUTES:
        return "0 0 * * *"
    return "0 * * * *" if minutes == 60 else f"*/{minutes} * * * *"  # noqa: PLR2004 -- minutes of an hour


def conninfo_of(url: str) -> str:
    """The database as psycopg names it."""
    parsed = make_url(url)
    named = {
        "host": parsed.host,
        "port": str(parsed.port) if parsed.port is not None else None,
        "user": parsed.username,
        "password": parsed.password,
        "dbname": parsed.database,
    }
    known = {key: value for key, value in named.items() if value is not None}
    for name, value in parsed.query.items():
        key = _NAMES.get(name)
        if key is not None:
            known[key] = value if isinstance(value, str) else ",".join(value)
    return make_conninfo("", **known)


_NAMES: Final = {
    "host": "host",
    "port": "port",
    "user": "user",
    "password": "password",
    "database": "dbname",
    "ssl": "sslmode",
    "passfile": "passfile",
}
"""What asyncpg calls it, and what psycopg does, of what may stand behind the question mark of a URL."""

"""What both kinds of Jobs promise: of a process that is alone, and of several on one PostgreSQL."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from bot.jobs.jobs import CUT, DAY_MINUTES, DONE, FAILED, LOST, Defer, Handlers, Job, Jobs, Payload
from bot.jobs.local import LocalJobs
from bot.jobs.postgresql import PostgresqlJobs, _cron, conninfo_of
from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.tables import claims
from tests.databases import Cluster
from tests.job_running import running
from tests.stores import DEADLINE
from tests.waiting import eventually, steps

BEAT_SECONDS = 0.05


@dataclass
class Work:
    """What jobs did, in all processes."""

    done: list[tuple[int, Payload]] = field(default_factory=list)
    """By which process, and with what."""
    running: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    """How many ran at the same time, by key."""
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a job has begun or ended."""
    going: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while jobs needn't wait."""

    async def do(self, process: int, payload: Payload) -> None:
        key = payload.get("key", "")
        self.running[key] += 1
        self.most[key] = max(self.most[key], self.running[key])
        try:
            self.done.append((process, payload))
            self.changed.set()
            await self.going.wait()
        finally:
            self.running[key] -= 1

    def count(self, name: str, outcome: str) -> None:
        self.counted[name, outcome] += 1
        self.changed.set()

    async def until(self, number: int) -> None:
        """Wait until so many jobs have begun."""
        await self._until(lambda: len(self.done) >= number)

    async def counts(self, name: str, outcome: str, number: int) -> None:
        """Wait until so many have ended so."""
        await self._until(lambda: self.counted[name, outcome] >= number)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not is_so():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
def work() -> Work:
    made = Work()
    made.going.set()
    return made


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    async with Store(database_url, call_seconds=DEADLINE) as opened:
        yield opened


class Make(Protocol):
    """Makes the jobs of a process."""

    def __call__(self, number: int, *, stop_seconds: float = DEADLINE) -> Jobs: ...


@pytest.fixture
def make(store: Store, database_url: str, work: Work) -> Make:
    """Jobs of a process with this number, which do `work` by that name."""

    def made(number: int, *, stop_seconds: float = DEADLINE) -> Jobs:
        jobs: Jobs
        if store.database.dialect == "sqlite":
            jobs = LocalJobs(store.database, work.count, stop_seconds=stop_seconds)
        else:
            jobs = PostgresqlJobs(
                store.database, database_url, work.count, beat_seconds=BEAT_SECONDS, stop_seconds=stop_seconds
            )
        jobs.handle("work", partial(work.do, number))
        jobs.handle("fail", _fail)
        return jobs

    return made


async def _fail(_: Payload) -> None:
    raise ValueError("张三 13812345678")


def job(key: str = "", **payload: str) -> Job:
    return Job("work", key, {"key": key, **payload})


async def test_a_job_is_done_once_with_what_it_carries(make: Make, work: Work) -> None:
    jobs = make(0)
    await jobs.defer(job("甲", token="abc"))
    async with running(jobs):
        await jobs.defer(job("乙"))
        await work.until(2)
        await work.counts("work", DONE, 2)
    assert sorted(payload["key"] for _, payload in work.done) == ["乙", "甲"]
    assert (0, {"key": "甲", "token": "abc"}) in work.done


async def test_of_the_same_key_one_runs_and_one_waits_and_another_key_waits_for_nothing(make: Make, work: Work) -> None:
    jobs = make(0)
    work.going.clear()
    async with running(jobs):
        await jobs.defer(job("甲", number="1"))
        await work.until(1)
        for number in "234":
            await jobs.defer(job("甲", number=number))
        await jobs.defer(job("乙"))
        await work.until(2)
        work.going.set()
        await work.counts("work", DONE, 3)
    assert [payload.get("number") for _, payload in work.done if payload["key"] == "甲"] == ["1", "2"]
    assert work.most == {"甲": 1, "乙": 1}


async def test_a_job_is_there_if_its_transaction_is_and_never_if_not(make: Make, work: Work, store: Store) -> None:
    jobs = make(0)

    async def claim(connection: AsyncConnection, defer: Defer) -> str:
        await connection.execute(insert(claims).values(key="k", at=1))
        await defer(job("甲"))
        await defer(job("甲"))
        return "claimed"

    async def fail(connection: AsyncConnection, defer: Defer) -> None:
        await connection.execute(delete(claims))
        await defer(job("乙"))
        raise OSError("no")

    assert await jobs.write(claim) == "claimed"
    with pytest.raises(StoreError):
        await jobs.write(fail)
    with pytest.raises(StoreError):
        await jobs.write(claim)  # claimed before
    async with running(jobs):
        await work.counts("work", DONE, 1)
        await jobs.defer(job("丙"))
        await work.counts("work", DONE, 2)
    assert [payload["key"] for _, payload in work.done] == ["甲", "丙"]
    assert len(await store.database.execute(claims.select())) == 1


async def test_a_job_that_fails_is_told_without_its_words_and_not_tried_again(make: Make, work: Work) -> None:
    jobs = make(0)
    with capture_logs() as logged:
        async with running(jobs):
            await jobs.defer(Job("fail"))
            await work.counts("fail", FAILED, 1)
            await jobs.defer(job())
            await work.counts("work", DONE, 1)
    [line] = [each for each in logged if each["event"] == "job_failed"]
    assert (line["job"], line["error"]) == ("fail", "ValueError")
    assert "张三" not in str(logged)
    assert work.counted == {("fail", FAILED): 1, ("work", DONE): 1}


async def test_at_the_end_what_runs_too_long_is_cut_off(make: Make, work: Work) -> None:
    jobs = make(0, stop_seconds=0.0)
    work.going.clear()
    async with running(jobs):
        await jobs.defer(job("甲"))
        await work.until(1)
    assert work.counted == {("work", CUT): 1}


async def test_at_the_end_what_runs_is_waited_for(make: Make, work: Work) -> None:
    jobs = make(0)
    work.going.clear()
    async with running(jobs):
        await jobs.defer(job("甲"))
        await work.until(1)
        asyncio.get_running_loop().call_later(0.05, work.going.set)
    assert work.counted == {("work", DONE): 1}


async def test_what_comes_by_itself_is_done_at_the_start(make: Make, work: Work) -> None:
    jobs = make(0)
    jobs.every(DAY_MINUTES, "work")
    async with running(jobs):
        await work.counts("work", DONE, 1)


@pytest.mark.parametrize("minutes", [0, -30, 7, 61, 120, DAY_MINUTES - 1])
def test_a_time_that_no_clock_shows_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="divide an hour"):
        Handlers(_nobody).every(minutes, "work")


def _nobody(_name: str, _outcome: str) -> None:
    """Counts nothing."""


@pytest.mark.parametrize(
    ("minutes", "cron"),
    [
        (1, "*/1 * * * *"),
        (5, "*/5 * * * *"),
        (30, "*/30 * * * *"),
        (60, "0 * * * *"),
        (24 * 60, "0 0 * * *"),
    ],
)
def test_what_comes_by_itself_comes_as_a_clock_shows_it(minutes: int, cron: str) -> None:
    Handlers(_nobody).every(minutes, "work")
    assert _cron(minutes) == cron


def test_outcomes_are_named_as_metrics_show_them_and_a_job_holds_its_name_and_key() -> None:
    assert (DONE, FAILED, LOST, CUT) == ("done", "failed", "lost", "cut")
    assert Job("work").lock == "work:"
    assert Job("work", "甲").lock == "work:甲"


async def test_in_a_process_that_is_alone_it_comes_again(store: Store, work: Work) -> None:
    slept: list[float] = []
    again = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 1:
            await again.wait()

    jobs = LocalJobs(store.database, work.count, sleep)
    jobs.handle("work", lambda payload: work.do(0, payload))
    jobs.every(60, "work")
    async with running(jobs):
        await work.counts("work", DONE, 1)
    assert slept == [3600.0, 3600.0]


# --- several processes ------------------------------------------------------------------------------------------------


@pytest.fixture
async def url(cluster: Cluster) -> AsyncIterator[str]:
    with cluster.database() as url:
        yield url


@pytest.fixture
async def three(url: str, work: Work) -> AsyncIterator[list[PostgresqlJobs]]:
    """The jobs of three processes, each with a store of its own."""
    async with AsyncExitStack() as stack:
        several = []
        for number in range(3):
            store = await stack.enter_async_context(Store(url, call_seconds=DEADLINE))
            jobs = PostgresqlJobs(store.database, url, work.count, beat_seconds=BEAT_SECONDS)
            jobs.handle("work", partial(work.do, number))
            several.append(jobs)
        yield several


async def test_of_three_processes_one_does_a_job(three: list[PostgresqlJobs], work: Work) -> None:
    for jobs in three:
        jobs.every(DAY_MINUTES, "work")
    async with running(*three):
        await asyncio.gather(*(jobs.defer(job(str(number))) for number in range(30) for jobs in three))
        await work.counts("work", DONE, 31)
    assert set(work.most.values()) == {1}
    # One key may wait again while the one before runs, so each was done once, twice or three times; the day's job once.
    assert [payload for _, payload in work.done].count({}) == 1
    assert {payload["key"] for _, payload in work.done if payload} == {str(number) for number in range(30)}


DYING = """
import asyncio, sys
from bot.jobs.postgresql import PostgresqlJobs
from bot.store.store import Store

async def work(payload):
    print("begun", payload["number"], flush=True)
    await asyncio.Event().wait()

async def main(url):
    async with Store(url) as store:
        jobs = PostgresqlJobs(store.database, url, lambda name, outcome: None)
        jobs.handle("work", work)
        await jobs.run()

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.proof
async def test_what_a_killed_process_was_at_is_counted_and_not_done_again_and_its_key_is_free(
    url: str, three: list[PostgresqlJobs], work: Work
) -> None:
    await three[0].defer(job("甲", number="1"))
    dying = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING, url, stdout=asyncio.subprocess.PIPE)
    assert dying.stdout is not None
    assert await asyncio.wait_for(dying.stdout.readline(), DEADLINE) == b"begun 1\n"
    dying.kill()
    await dying.communicate()
    async with running(three[0]):
        await three[0].defer(job("甲", number="2"))
        await work.counts("work", LOST, 1)
        await work.counts("work", DONE, 1)
    assert [payload["number"] for _, payload in work.done] == ["2"]
    assert not await three[0]._database.execute(text("SELECT * FROM procrastinate_jobs"))


async def test_a_database_that_is_too_slow_at_the_start_ends_nothing_and_is_used_later(
    three: list[PostgresqlJobs], work: Work
) -> None:
    database = three[0]._database
    database.limit_seconds = 0.0
    with capture_logs() as logged:
        async with running(three[0]):
            await eventually(lambda: three[0]._away)
            database.limit_seconds = DEADLINE
            await three[0].defer(job("甲"))
            await work.counts("work", DONE, 1)
    assert [each["event"] for each in logged if "jobs" in each["event"]] == ["jobs_away", "jobs_back"]


async def test_a_database_that_was_away_is_used_again(
    cluster: Cluster, three: list[PostgresqlJobs], work: Work
) -> None:
    async with running(three[0]):
        await three[0].defer(job("甲"))
        await work.counts("work", DONE, 1)
        cluster.stop()
        cluster.start()
        await three[0].defer(job("乙"))
        await work.counts("work", DONE, 2)
    assert [payload["key"] for _, payload in work.done] == ["甲", "乙"]


@pytest.mark.parametrize(
    ("url", "conninfo"),
    [
        (
            "postgresql+asyncpg://u:p%40@db:5433/youshu?ssl=require",
            "host=db port=5433 user=u password=p@ dbname=youshu sslmode=require",
        ),
        ("postgresql+asyncpg://postgres@/t?host=/run/postgresql", "user=postgres dbname=t host=/run/postgresql"),
        ("postgresql+asyncpg://u@a/t?prepared_statement_cache_size=0", "host=a user=u dbname=t"),
        ("postgresql+asyncpg:///t?host=a&host=b", "dbname=t host=a,b"),
        (
            "postgresql+asyncpg:///?host=h&port=1&user=u&password=p&database=d&passfile=f",
            "dbname=d host=h port=1 user=u password=p passfile=f",
        ),
    ],
)
def test_the_database_is_named_as_the_second_driver_names_it(url: str, conninfo: str) -> None:
    assert conninfo_of(url) == conninfo


def alone(beat_seconds: float) -> PostgresqlJobs:
    """Jobs that reach no database and are patient at the end."""
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    return PostgresqlJobs(Database(url), url, _nobody, beat_seconds=beat_seconds, stop_seconds=1000)


async def test_a_worker_that_misses_being_cancelled_is_cancelled_again() -> None:
    missed: list[None] = []

    async def working() -> None:
        while len(missed) < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                missed.append(None)

    worker = asyncio.create_task(working())
    await steps()
    async with asyncio.timeout(DEADLINE):
        await alone(0.01)._end(worker)
    assert len(missed) == 2


async def test_while_a_job_runs_its_worker_is_cancelled_once() -> None:
    jobs, over = alone(0.001), asyncio.Event()

    async def job(_: Payload) -> None:
        asyncio.get_running_loop().call_later(0.05, over.set)
        await over.wait()

    async def working() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await jobs._task("work")()

    jobs.handle("work", job)
    worker = asyncio.create_task(working())
    await steps()
    await jobs._end(worker)
    assert over.is_set()
    assert not worker.cancelled()
    assert jobs._running == 0

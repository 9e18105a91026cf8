"""A database that is away, slow, locked, or shared by two processes."""

import asyncio
import socket
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store import database
from bot.store.analytics import TurnEvent
from bot.store.errors import StoreError
from bot.store.store import Store
from tests.databases import Cluster
from tests.stores import DEADLINE, LI, WANG, sqlite_url
from tests.waiting import steps


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////nowhere/at/all/youshu.db",
        "postgresql+asyncpg://postgres@/none?host=/nowhere",
        "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "mongodb://x",
        "nonsense",
        "",
    ],
)
async def test_a_database_that_cannot_be_opened_is_one_kind_of_error_that_shows_no_value(url: str) -> None:
    store = Store(url)
    with pytest.raises(StoreError) as raised:
        await store.open()
    assert not url or url not in str(raised.value)
    with pytest.raises(StoreError):
        await store.turns.load(WANG)
    await store.close()


async def test_a_wrong_database_name_is_a_store_error(cluster: Cluster) -> None:
    store = Store(f"postgresql+asyncpg://postgres@/missing?host={cluster.folder}")
    with pytest.raises(StoreError):
        await store.open()
    await store.close()


async def test_a_database_that_hangs_costs_no_more_than_the_time_of_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OPEN_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = Store(f"postgresql+asyncpg://x@127.0.0.1:{silent.getsockname()[1]}/x", call_seconds=0.05)
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(StoreError):
                await store.open()
            with pytest.raises(StoreError):
                await store.turns.save(WANG, "{}")
        await store.close()


async def test_a_write_that_finds_the_database_locked_gives_up_and_the_next_one_works(tmp_path: Path) -> None:
    path = tmp_path / "youshu.db"
    async with Store(f"sqlite+aiosqlite:///{path}", call_seconds=0.5) as store:
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"OperationalError|TimeoutError"):
            await store.turns.save(WANG, "lawsuit")
        assert (await store.turns.load(WANG)).state is None
        raw.execute("COMMIT")
        raw.close()
        await store.turns.save(WANG, "home_visit")
        assert (await store.turns.load(WANG)).state == "home_visit"


async def test_a_rush_that_takes_longer_than_a_call_fails_nobody(database_url: str) -> None:
    await rush(database_url)


async def test_nor_does_it_where_the_database_is_in_memory() -> None:
    await rush("sqlite+aiosqlite://")


async def rush(url: str) -> None:
    """Many turns at once, on a loop that hears of nothing while each computes."""
    people = [ChatIdentity("web", str(number)) for number in range(80)]
    failed: list[StoreError] = []
    async with Store(url, call_seconds=0.5) as store:

        async def turn(person: ChatIdentity) -> None:
            await store.turns.load(person)
            until = time.monotonic() + 0.01
            while time.monotonic() < until:
                pass
            store.turns.save_later(person, "{}", TurnEvent("answer", "lawsuit"), failed.append)
            assert await store.claims.claim("web", person.user)

        await asyncio.gather(*(turn(person) for person in people))
        assert len(await store.turns.people("web")) == len(people)
    assert not failed


async def test_a_loop_that_computes_for_longer_than_a_call_may_take_still_hears_the_answer(database_url: str) -> None:
    async with Store(database_url, call_seconds=0.2) as store:
        saving = asyncio.create_task(store.turns.save(WANG, "lawsuit"))
        while not saving.done():
            await steps()
            until = time.monotonic() + 0.05
            while time.monotonic() < until:
                pass
        await saving


async def test_who_gives_up_at_any_moment_costs_no_database_in_memory() -> None:
    async with Store("sqlite+aiosqlite://") as store:
        for moment in range(20):
            saving = asyncio.create_task(store.database.write(_written))
            await steps(moment)
            saving.cancel()
            await asyncio.wait({saving})
            await store.turns.save(WANG, str(moment))
            assert (await store.turns.load(WANG)).state == str(moment)


async def _written(connection: AsyncConnection) -> None:
    await connection.execute(select(1))


async def test_work_on_a_file_ends_with_whoever_waits_for_it(tmp_path: Path) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(_: AsyncConnection) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with Store(sqlite_url(tmp_path), call_seconds=DEADLINE) as store:
        writing = asyncio.create_task(store.database.write(work))
        await begun.wait()
        writing.cancel()
        await asyncio.wait({writing})
        assert ended.is_set()
        await store.turns.save(WANG, "lawsuit")


async def test_a_file_that_was_moved_away_leaves_nothing_in_the_one_that_is_put_in_its_place(tmp_path: Path) -> None:
    async with Store(sqlite_url(tmp_path), call_seconds=DEADLINE) as store:
        await store.turns.save(WANG, "lawsuit")
        await store.turns.settle()
        (tmp_path / "youshu.db").rename(tmp_path / "moved.db")
        assert (tmp_path / "youshu.db-wal").stat().st_size
        sqlite_url(tmp_path)
        await store.turns.save(LI, "home_visit")
        assert (await store.turns.load(LI)).state == "home_visit"
        assert (await store.turns.load(WANG)).state is None


async def test_a_database_that_comes_back_is_used_again_without_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    store = Store(f"sqlite+aiosqlite:///{folder / 'youshu.db'}")
    with pytest.raises(StoreError):
        await store.open()
    folder.mkdir()
    await store.turns.save(WANG, "lawsuit")
    assert (await store.turns.load(WANG)).state == "lawsuit"
    await store.close()


TURNS = {"sqlite": 500, "postgresql": 100}
"""For each of two processes; the lock that they fight for is SQLite's."""
WRITER = """
import asyncio, sys
from bot.messages import ChatIdentity
from bot.store import database
from bot.store.store import Store
from bot.store.analytics import TurnEvent

async def main(url, name, turns):
    async with Store(url, call_seconds=20) as store:
        won = 0
        for number in range(turns):
            person = ChatIdentity("test", str(number % 7))
            await store.turns.load(person)
            event = TurnEvent("fallback", "lawsuit", miss=f"第{number % 5}句", likeness=str(number % 5) * 4)
            await store.turns.save(person, str(number), event)
            won += len(await store.claims.deduplicate("test", [str(number)]))
        print(won)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


@pytest.mark.proof
async def test_two_processes_on_one_store_do_a_thousand_turns_without_a_lock_error(
    database_url: str,
) -> None:
    turns = TURNS[database_url.partition("+")[0]]

    async def write(name: str) -> tuple[int, bytes, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, database_url, name, str(turns),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return int(out), out, errors

    async with Store(database_url, call_seconds=DEADLINE) as store:
        results = await asyncio.gather(write("a"), write("b"))
        assert all(errors == b"" for _, _, errors in results)
        assert sum(won for won, _, _ in results) == turns
        assert sum(row.count for row in await store.analytics.outcomes()) == 2 * turns
        assert sum(miss.count for miss in await store.analytics.misses()) == 2 * turns

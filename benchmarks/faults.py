"""What faults cost, as docs/reliability.md has it.

    python -m benchmarks.faults [--telegram-away 10] [--only backlog]

A figure a line: a full disk, a database that is away, that says nothing, whose file is deleted; old databases brought up to date, an
open of one that is; a sweep of many rows; a backlog of Telegram's, which is away for so many seconds.
"""

import argparse
import asyncio
import logging
import os
import signal
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path

import structlog
from sqlalchemy import text

from bot.messages import ChatIdentity, Incoming
from bot.store.data_map import DAY_SECONDS
from bot.store.errors import StoreError
from bot.store.outage import BRIDGED_SECONDS
from bot.store.store import Store
from bot.talk.conversation import Conversation
from tests.databases import Cluster, postgresql
from tests.disks import fill, small_disk
from tests.fakes.botapi import BotAPI
from tests.stores import BEGIN, WANG, Clock
from tests.telegram_bot import small_faq, talking

VISIT = Incoming(WANG, "催收会上门吗")
DUMPS = Path(__file__).resolve().parent.parent / "tests" / "bot" / "store" / "dumps"
ROWS = 100_000
PEOPLE = 200


async def milliseconds(work: Callable[[], Awaitable[object]]) -> float:
    """How long some work takes, whether or not the store answers."""
    began = time.perf_counter()
    with suppress(StoreError):
        await work()
    return (time.perf_counter() - began) * 1000


def told(what: str, *figures: float) -> None:
    """Print the middle of some figures and the largest."""
    print(f"{what}: median {statistics.median(figures):.1f} ms, largest {max(figures):.1f} ms, of {len(figures)}")


async def opening(folder: Path) -> None:
    """Opening a database that is up to date, one of 0.1.0, and a new one."""
    url = f"sqlite+aiosqlite:///{folder / 'current.db'}"
    async with Store(url):
        pass
    for what in ("up to date", "of 0.1.0", "new"):
        figures = []
        for number in range(10):
            file = folder / ("current.db" if what == "up to date" else f"{what} {number}.db")
            if what == "of 0.1.0":
                with closing(sqlite3.connect(file)) as raw:
                    raw.executescript((DUMPS / "0.1.0.sqlite.sql").read_text("utf-8"))
            store = Store(f"sqlite+aiosqlite:///{file}")
            figures.append(await milliseconds(store.open))
            await store.close()
        told(f"opening a SQLite file {what}", *figures)


async def full_disk(folder: Path) -> None:
    """Turns on a full disk."""
    with small_disk(folder / "disk") as disk:
        async with Store(f"sqlite+aiosqlite:///{disk / 'youshu.db'}") as store:
            conversation = Conversation(small_faq, store)
            await conversation.turn(VISIT)
            await store.turns.settle()
            filler = fill(disk)
            told("an answer on a full disk", *[await milliseconds(lambda: conversation.turn(VISIT)) for _ in range(20)])
            filler.unlink()


async def deleted_file(folder: Path) -> None:
    """The turn after the file was deleted."""
    file = folder / "deleted.db"
    async with Store(f"sqlite+aiosqlite:///{file}") as store:
        conversation = Conversation(small_faq, store)
        figures = []
        for _ in range(10):
            await conversation.turn(VISIT)
            await store.turns.settle()
            file.unlink()
            figures.append(await milliseconds(lambda: conversation.turn(VISIT)))
            await store.turns.settle()
        told("an answer after the SQLite file was deleted", *figures)


async def away(cluster: Cluster) -> None:
    """Turns while PostgreSQL is stopped, while it says nothing, and the first call after it is back."""
    with cluster.database() as url:
        async with Store(url) as store:
            conversation = Conversation(small_faq, store)
            await conversation.turn(VISIT)
            await store.turns.settle()
            rows = await store.database.execute(
                text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            )
            for row in rows:
                os.kill(row.pid, signal.SIGSTOP)
            told("an answer while PostgreSQL says nothing", await milliseconds(lambda: conversation.turn(VISIT)))
            for row in rows:
                os.kill(row.pid, signal.SIGCONT)
            await store.turns.settle()
            cluster.stop()
            told("an answer just after PostgreSQL was stopped", await milliseconds(lambda: conversation.turn(VISIT)))
            await asyncio.sleep(BRIDGED_SECONDS)
            figures = [await milliseconds(lambda: conversation.turn(VISIT)) for _ in range(20)]
            told("an answer once it has been away for longer", *figures)
            cluster.start()
            told("the first call after PostgreSQL is back", await milliseconds(store.ping))


async def sweep(folder: Path) -> None:
    """A sweep of many rows, and the turns beside it."""
    clock = Clock()
    async with Store(f"sqlite+aiosqlite:///{folder / 'sweep.db'}", clock) as store:
        people = [ChatIdentity("web", str(number)) for number in range(ROWS)]
        for start in range(0, ROWS, 5000):
            await asyncio.gather(*(store.turns.save(each, "{}") for each in people[start : start + 5000]))
        clock.now = BEGIN + 31 * DAY_SECONDS
        sweeping = asyncio.create_task(milliseconds(lambda: store.delete_expired(30)))
        turns = []
        while not sweeping.done():
            turns.append(await milliseconds(lambda: store.turns.save(WANG, "{}")))
        told(f"a sweep of {ROWS} talks", await sweeping)
        told("a turn kept beside it", *turns)


async def backlog(folder: Path, away_seconds: float) -> None:
    """How soon a backlog is answered once Telegram is back after so long, from one message each of many people."""
    async with BotAPI() as server:
        port, people = server.port, [server.user() for _ in range(PEOPLE)]
        async with talking(server, folder):
            await server.called("getUpdates")
            await server.stop()
            for person in people:
                await server.says(person, VISIT.text)
            await asyncio.sleep(away_seconds)
            began = time.perf_counter()
            await server.start(port)
            seconds = []
            for person in people:
                await server.next_message(person)
                seconds.append((time.perf_counter() - began) * 1000)
    told(f"from Telegram's return to the first of {PEOPLE} answers", seconds[0])
    told("to the last", seconds[-1])


async def measure(only: str | None, telegram_away: float) -> None:
    """Print every figure, or those of one fault."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    faults = {"opening": opening, "full_disk": full_disk, "deleted_file": deleted_file, "sweep": sweep}
    faults["backlog"] = lambda folder: backlog(folder, telegram_away)
    with tempfile.TemporaryDirectory() as name:
        for fault, measured in faults.items():
            if only in {None, fault}:
                await measured(Path(name))
    if only in {None, "away"}:
        with postgresql() as cluster:
            await away(cluster)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="opening, full_disk, deleted_file, sweep, backlog or away")
    # Ten seconds are longer than the longest pause between two tries.
    parser.add_argument("--telegram-away", type=float, default=10)
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.only, arguments.telegram_away))


if __name__ == "__main__":
    main()

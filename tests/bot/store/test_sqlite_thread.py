"""The thread of a SQLite file: what the database has answered counts, a lock doesn't, and a failed connection is opened anew."""

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from bot.store.sqlite_thread import SqliteThread
from tests.stores import DEADLINE
from tests.waiting import steps


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    connection.close()
    return path


def number(connection: sqlite3.Connection) -> int:
    """How many rows there are."""
    [count] = connection.execute("SELECT count(*) FROM t").fetchone()
    return int(count)


async def test_what_was_answered_counts_however_late_the_loop_hears_of_it(path: Path) -> None:
    thread, answered = SqliteThread(str(path), 1, "test"), threading.Event()

    def work(connection: sqlite3.Connection) -> int:
        found = number(connection)
        answered.set()
        return found

    running = asyncio.create_task(thread.run(work, seconds=0.001))
    await steps()
    assert answered.wait(DEADLINE)  # the loop does something else, for longer than the call may take
    time.sleep(0.01)  # noqa: ASYNC251
    assert await running == 0
    await thread.close()


async def test_what_is_not_answered_in_time_is_an_error_and_the_next_one_works(path: Path) -> None:
    thread, go_on = SqliteThread(str(path), 1, "test"), threading.Event()
    with pytest.raises(TimeoutError):
        await thread.run(lambda _: go_on.wait(DEADLINE), seconds=0.01)
    go_on.set()
    assert await thread.run(number, seconds=DEADLINE) == 0
    await thread.close()


async def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    thread = SqliteThread(str(path), 1, "test")

    def twice(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("INSERT INTO t VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        await thread.transaction(twice, DEADLINE)
    assert await thread.run(number, DEADLINE) == 0
    await thread.transaction(lambda connection: connection.execute("INSERT INTO t VALUES (2)"), DEADLINE)
    assert await thread.run(number, DEADLINE) == 1
    await thread.close()


async def test_a_file_that_was_away_is_opened_again(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    thread = SqliteThread(str(folder / "a.db"), 1, "test")
    with pytest.raises(sqlite3.OperationalError):
        await thread.run(number, DEADLINE)
    folder.mkdir()
    await thread.transaction(lambda connection: connection.execute("CREATE TABLE t (n)"), DEADLINE)
    assert await thread.run(number, DEADLINE) == 0
    await thread.close()

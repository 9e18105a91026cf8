"""What goes wrong around a service, injected: each test holds a promise of docs/reliability.md."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.messages import Incoming
from bot.store.errors import StoreError
from bot.store.handoffs import Handoff
from bot.store.store import Store
from bot.talk.conversation import Conversation
from tests.databases import Cluster
from tests.disks import fill, small_disk
from tests.faqs import intent, write_faq
from tests.processes import free_port, running
from tests.stores import ADMIN, BEGIN, DEADLINE, WANG, Clock
from tests.telegram_bot import small_faq
from tests.waiting import eventually

VISIT = "催收会上门吗"
CALL_SECONDS = 0.3
"""How long a call may take: a test of what takes too long waits for it."""


async def topic(conversation: Conversation, said: str = VISIT) -> str | None:
    """What the bot answers to, within the time of a person's patience."""
    async with asyncio.timeout(DEADLINE):
        reply = await conversation.turn(Incoming(WANG, said))
    return reply.intent if reply is not None else None


@contextlib.asynccontextmanager
async def talking(url: str, call_seconds: float = DEADLINE) -> AsyncIterator[tuple[Conversation, Store]]:
    """A conversation on this database."""
    knowledge = small_faq()
    async with Store(url, call_seconds=call_seconds) as store:
        yield Conversation(lambda: knowledge, store), store


async def test_a_full_disk_costs_the_memory_and_never_the_answer(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        async with talking(f"sqlite+aiosqlite:///{folder / 'youshu.db'}") as (conversation, store):
            assert await topic(conversation) == "home_visit"
            await store.turns.settle()
            filler = fill(folder)
            assert await topic(conversation) == "home_visit"
            with pytest.raises(StoreError) as raised:
                await store.turns.save(WANG, "x" * 10_000)
            assert "磁盘满了" in raised.value.user_message
            filler.unlink()
            assert await topic(conversation, "会被起诉吗") == "lawsuit"
            assert '"lawsuit"' in str((await store.turns.load(WANG)).state)
            await store.turns.settle()
        with contextlib.closing(sqlite3.connect(folder / "youshu.db")) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_database_file_that_is_deleted_is_made_anew_and_used_at_once(tmp_path: Path) -> None:
    file = tmp_path / "youshu.db"
    async with talking(f"sqlite+aiosqlite:///{file}") as (conversation, store):
        assert await topic(conversation) == "home_visit"
        await store.turns.settle()
        file.unlink()
        await store.ping()
        assert (await store.turns.load(WANG)).state is None
        assert await topic(conversation) == "home_visit"
        await store.turns.settle()
    async with Store(f"sqlite+aiosqlite:///{file}") as store:
        assert '"home_visit"' in str((await store.turns.load(WANG)).state)


async def test_a_backup_put_in_the_place_of_the_file_is_what_is_read_then(tmp_path: Path) -> None:
    file, backup = tmp_path / "youshu.db", tmp_path / "backup.db"
    async with Store(f"sqlite+aiosqlite:///{file}") as store:
        await store.turns.save(WANG, "of the backup")
    shutil.copyfile(file, backup)
    async with Store(f"sqlite+aiosqlite:///{file}") as store:
        await store.turns.save(WANG, "{}")
        backup.replace(file)
        assert (await store.turns.load(WANG)).state == "of the backup"
        await store.turns.save(WANG, "later")
        assert (await store.turns.load(WANG)).state == "later"
    with contextlib.closing(sqlite3.connect(file)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_folder_that_is_away_for_a_while_costs_the_memory_and_never_the_answer(tmp_path: Path) -> None:
    folder, away = tmp_path / "data", tmp_path / "away"
    folder.mkdir()
    async with talking(f"sqlite+aiosqlite:///{folder / 'youshu.db'}") as (conversation, store):
        assert await topic(conversation) == "home_visit"
        await store.turns.settle()
        folder.rename(away)
        assert await topic(conversation) == "home_visit"
        with pytest.raises(StoreError):
            await store.ping()
        away.rename(folder)
        await store.ping()
        assert '"home_visit"' in str((await store.turns.load(WANG)).state)


@pytest.mark.proof
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_postgresql_stopped_and_started_again_costs_the_memory_meanwhile_and_no_answer(
    cluster: Cluster, database_url: str
) -> None:
    async with talking(database_url) as (conversation, store):
        assert await topic(conversation) == "home_visit"
        await store.turns.settle()
        cluster.stop()
        try:
            assert await topic(conversation, "会被起诉吗") == "lawsuit"
            with pytest.raises(StoreError):
                await store.ping()
        finally:
            cluster.start()
        await store.ping()
        assert '"home_visit"' in str((await store.turns.load(WANG)).state)
        assert await topic(conversation, "会被起诉吗") == "lawsuit"
        assert '"lawsuit"' in str((await store.turns.load(WANG)).state)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_postgresql_that_says_nothing_more_costs_the_time_of_one_call(database_url: str) -> None:
    async with talking(database_url, CALL_SECONDS) as (conversation, store):
        assert await topic(conversation) == "home_visit"
        await store.turns.settle()
        backends = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        rows = await store.database.execute(backends)
        for row in rows:
            os.kill(row.pid, signal.SIGSTOP)
        try:
            assert await topic(conversation) == "home_visit"
        finally:
            for row in rows:
                os.kill(row.pid, signal.SIGCONT)
        await store.turns.settle()
        await store.ping()


async def test_a_clock_that_is_set_back_makes_nothing_new_of_what_was_taken(database_url: str) -> None:
    clock = Clock()
    async with Store(database_url, clock, call_seconds=DEADLINE) as store:
        assert await store.claims.claim("telegram", "1")
        await store.turns.save(WANG, "{}")
        await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 600))
        clock.now = BEGIN - 3600
        assert not await store.claims.claim("telegram", "1")
        assert await store.delete_expired(1) == 0
        await store.turns.save(WANG, "later")
        assert (await store.turns.load(WANG)).state == "later"
        clock.now = BEGIN
        assert not await store.claims.claim("telegram", "1")


async def test_a_clock_that_leaps_takes_what_has_expired_by_it_and_the_talk_goes_on(database_url: str) -> None:
    clock = Clock()
    async with Store(database_url, clock, call_seconds=DEADLINE) as store:
        await store.turns.save(WANG, "{}")
        await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 600))
        clock.now = BEGIN + 3600
        assert (await store.turns.load(WANG)).handoff is None
        assert (await store.turns.load(WANG)).state == "{}"
        assert await store.delete_expired(1) == 1


@pytest.mark.proof
async def test_without_dns_the_page_answers_and_telegram_is_tried_again(tmp_path: Path) -> None:
    write_faq(tmp_path, [intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"])])
    nowhere = {"TELEGRAM_TOKEN": "123456:fake-token_of-the-tests_not-a-secret0", "LOG_FORMAT": "json"}
    nowhere["TELEGRAM_BASE_URL"] = "http://nowhere.invalid/bot"
    async with running(tmp_path, free_port(), **nowhere) as service:
        await eventually(lambda: service.log.count("telegram_not_reached") >= 2)
        assert (await service.say("session-1", VISIT))["intent"] == "home_visit"
        assert await service.stop() == 0
        assert nowhere["TELEGRAM_TOKEN"] not in service.log

"""PostgreSQL restarted under a store: whoever asks meanwhile waits for it, and later it fails at once."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.store import engine
from bot.store.errors import StoreError
from bot.store.outage import PAUSE_SECONDS, Outage
from bot.store.store import Store
from tests.databases import Cluster
from tests.stores import DEADLINE, WANG


@pytest.fixture
async def store(cluster: Cluster) -> AsyncIterator[Store]:
    with cluster.database() as url:
        async with Store(url, call_seconds=DEADLINE) as store:
            yield store


async def test_what_is_asked_while_the_server_restarts_is_answered(store: Store, cluster: Cluster) -> None:
    await store.turns.save(WANG, '{"intent":"a"}')
    restarting = asyncio.create_task(asyncio.to_thread(cluster.restart))
    while not restarting.done():
        assert (await store.turns.load(WANG)).state == '{"intent":"a"}'
    await restarting
    assert (await store.turns.load(WANG)).state == '{"intent":"a"}'


async def test_a_write_that_the_restart_cuts_off_is_done_again(store: Store, cluster: Cluster) -> None:
    began = 0

    async def work(connection: AsyncConnection) -> int:
        nonlocal began
        began += 1
        await connection.exec_driver_sql("create temporary table t (n int)")
        if began == 1:
            await asyncio.to_thread(cluster.restart)
        return int((await connection.exec_driver_sql("select count(*) from t")).scalar_one())

    assert await store.database.write(work) == 0
    assert began == 2


async def test_a_connection_is_asked_whether_it_lives_only_after_a_rest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    do_ping: Callable[[PGDialect_asyncpg, object], bool] = PGDialect_asyncpg.do_ping

    def counted(dialect: PGDialect_asyncpg, connection: object) -> bool:
        nonlocal asked
        asked += 1
        return do_ping(dialect, connection)

    monkeypatch.setattr(PGDialect_asyncpg, "do_ping", counted)
    monkeypatch.setattr(engine, "REST_SECONDS", 60.0)
    await store.turns.load(WANG)
    await store.turns.load(WANG)
    assert asked == 0
    monkeypatch.setattr(engine, "REST_SECONDS", 0.0)
    await store.turns.load(WANG)
    assert asked == 1


async def test_a_server_that_stays_away_is_waited_for_only_so_long() -> None:
    away = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += PAUSE_SECONDS
        return now

    outage = Outage(4 * PAUSE_SECONDS, clock)
    tries = []
    for _ in range(2):
        before = now
        with pytest.raises((SQLAlchemyError, OSError)):
            async with outage.connection(away):
                pass
        tries.append(round((now - before) / PAUSE_SECONDS))
    assert tries == [5, 1]
    await away.dispose()


async def test_a_statement_that_is_wrong_is_not_tried_again(store: Store) -> None:
    began = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal began
        began += 1
        await connection.exec_driver_sql("select nothing")

    with pytest.raises(StoreError):
        await store.database.write(work)
    assert began == 1

"""Databases of every version so far, as they were dumped: each comes up to date with what it holds, and a newer one is refused."""

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, table, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.messages import ChatIdentity
from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.schema import HEAD, REVISIONS, NewerSchemaError, bring_up_to_date, version_of
from bot.store.store import Store
from bot.store.tables import metadata
from tests.stores import DEADLINE, WANG, row_counts

DUMPS = Path(__file__).with_name("dumps")
"""What each version made: by its own code, with a row or two in every table. A release adds its own."""
BEFORE_RELEASE = "2026-11-23-before-release"
VERSIONS = sorted({path.name.removesuffix(".sqlite.sql") for path in DUMPS.glob("*.sqlite.sql")})
MIGRATIONS = Path(sys.modules[Database.__module__].__file__ or "").with_name("migrations")


async def load_dump(url: str, version: str) -> None:
    """Fill an empty database with what this version left behind."""
    await run_sql(url, (DUMPS / f"{version}.{url.partition('+')[0]}.sql").read_text("utf-8"))


async def run_sql(url: str, script: str) -> None:
    """Run statements as they stand."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.partition(":///")[2])) as file:
            file.executescript(script)
        return
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute(script)  # type: ignore[union-attr]  # asyncpg's own connection
    await engine.dispose()


def tables_of(connection: Connection) -> dict[str, object]:
    """All that a database says of its tables."""
    inspector = inspect(connection)
    columns, keys = inspector.get_multi_columns(), inspector.get_multi_pk_constraint()
    unique, indexes = inspector.get_multi_unique_constraints(), inspector.get_multi_indexes()
    return {
        table[1]: {
            "columns": sorted((each["name"], str(each["type"]), each["nullable"], each["default"]) for each in found),
            "key": (keys[table] or {})["constrained_columns"],
            "unique": sorted(each["column_names"] for each in unique.get(table, ())),
            "indexes": sorted((each["name"] or "", each["column_names"]) for each in indexes.get(table, ())),
        }
        for table, found in columns.items()
    }


def differences(connection: Connection) -> list[object]:
    """In what the tables differ from those that the program has in mind, as alembic sees it."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return [*compare_metadata(context, metadata)]


def counts(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
        for name in inspect(connection).get_table_names()
    }


def test_there_is_a_dump_of_what_each_database_was_made_with() -> None:
    assert "0.1.0" in VERSIONS
    assert {f"{each}.{kind}.sql" for each in VERSIONS for kind in ("sqlite", "postgresql")} == {
        path.name for path in DUMPS.iterdir()
    }


def test_the_scripts_are_those_that_the_program_knows_in_their_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert [each.revision for each in scripts.walk_revisions()] == [*reversed(REVISIONS)]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_database_of_every_version_comes_up_to_date_with_all_that_it_holds(
    database_url: str, version: str
) -> None:
    await load_dump(database_url, version)
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        before = await connection.run_sync(counts)
    async with Store(database_url, call_seconds=DEADLINE) as store:
        if version != BEFORE_RELEASE:
            assert (await row_counts(store)).items() >= before.items()
            assert (await store.turns.load(WANG)).state == '{"intent":"lawsuit"}'
        await store.turns.save(WANG, "{}")
        assert (await store.turns.load(WANG)).state == "{}"
    async with engine.connect() as connection:
        assert await connection.run_sync(version_of) == HEAD
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_tables_made_step_by_step_are_those_made_at_once(database_url: str) -> None:
    await load_dump(database_url, "0.1.0")
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(bring_up_to_date)
        migrated = await connection.run_sync(tables_of)
        for name in migrated:
            await connection.execute(text(f"DROP TABLE {name}"))
        await connection.run_sync(bring_up_to_date)
        assert await connection.run_sync(tables_of) == migrated
    await engine.dispose()


async def test_a_new_database_has_the_tables_that_the_program_has_in_mind(database_url: str) -> None:
    async with Store(database_url, call_seconds=DEADLINE):
        pass
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(version_of) == HEAD
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.mark.parametrize("version", ["nothing", "0.1.0"])
async def test_several_that_start_at_once_do_it_once(database_url: str, version: str) -> None:
    if version != "nothing":
        await load_dump(database_url, version)
    stores = [Store(database_url, call_seconds=DEADLINE) for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    for number, store in enumerate(stores):
        await store.turns.save(ChatIdentity("web", f"{number}"), "{}")
        await store.close()


async def test_a_newer_database_is_refused_in_one_line_and_stays_as_it_is(database_url: str) -> None:
    async with Store(database_url, call_seconds=DEADLINE) as store:
        await store.turns.save(WANG, "{}")
    await run_sql(database_url, "UPDATE alembic_version SET version_num = '0999'")
    store = Store(database_url, call_seconds=DEADLINE)
    for call in (store.open, lambda: store.turns.load(WANG)):
        with pytest.raises(NewerSchemaError) as raised:
            await call()
        said = raised.value.user_message
        assert "0999" in said
        assert HEAD in said
        assert "备份" in said
        assert "\n" not in said
    await store.close()
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(version_of) == "0999"
        assert (await connection.run_sync(counts))["talks"] == 1
    await engine.dispose()


async def test_a_change_that_fails_leaves_all_as_it_was(database_url: str) -> None:
    await load_dump(database_url, "0.1.0")
    await run_sql(database_url, "CREATE TABLE pull_work (other INTEGER)")
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        before = await connection.run_sync(tables_of)
    store = Store(database_url, call_seconds=DEADLINE)
    with pytest.raises(StoreError):
        await store.open()
    await store.close()
    async with engine.connect() as connection:
        assert await connection.run_sync(tables_of) == before
    await engine.dispose()
    await run_sql(database_url, "DROP TABLE pull_work")
    async with Store(database_url, call_seconds=DEADLINE) as store:
        assert (await store.turns.load(WANG)).state == '{"intent":"lawsuit"}'


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_cannot_wait_for_a_change_leaves_it_under_way(database_url: str) -> None:
    await load_dump(database_url, "0.1.0")
    engine = create_async_engine(database_url)
    async with engine.connect() as other:
        await other.execute(text("LOCK TABLE talks"))
        store = Store(database_url, call_seconds=0.2)
        opening = asyncio.create_task(store.open())
        with pytest.raises(StoreError, match="TimeoutError"):
            await store.turns.save(WANG, "{}")
        assert not opening.done()
        await other.rollback()
        await opening
    await engine.dispose()
    assert (await store.turns.load(WANG)).state == '{"intent":"lawsuit"}'
    await store.close()


async def test_a_backup_is_the_file_alone_once_the_service_has_stopped(tmp_path: Path) -> None:
    file, copy = tmp_path / "youshu.db", tmp_path / "copy" / "youshu.db"
    async with Store(f"sqlite+aiosqlite:///{file}") as store:
        await store.turns.save(WANG, "{}")
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
    copy.parent.mkdir()
    shutil.copyfile(file, copy)
    async with Store(f"sqlite+aiosqlite:///{copy}") as store:
        assert (await store.turns.load(WANG)).state == "{}"


STARTED_TWICE = """
import asyncio, sys
from bot.store.store import Store

async def start(url):
    async with Store(url) as store:
        await store.ping()

asyncio.run(start(sys.argv[1]))
asyncio.run(start(sys.argv[1]))
print("alembic" in sys.modules)
"""


def test_a_start_with_nothing_to_change_does_not_wait_for_alembic(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}"
    done = subprocess.run([sys.executable, "-c", STARTED_TWICE, url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""The data map covers every table, and what forgets, exports and sweeps covers all of the data map; docs/privacy.md says the same."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import Table

from bot.messages import ChatIdentity
from bot.store.data_map import DATA_MAP, DAY_SECONDS, KeptTable
from bot.store.store import DELETED_AT_ONCE, Store
from bot.store.tables import metadata
from tests.stores import BEGIN, LI, WANG, Clock, add_row, row_counts

ROOT = Path(__file__).resolve().parents[3]
PRIVACY = (ROOT / "docs" / "privacy.md").read_text("utf-8")
DOCUMENTED = {
    name: (set(re.findall(r"`(\w+)`", columns)), whose, how_long)
    for name, columns, whose, how_long in re.findall(
        r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PRIVACY, re.MULTILINE
    )
}
"""Each table of docs/privacy.md: its columns, whose rows they are, how long they are kept."""
NAMING = [(kept, subject) for kept in DATA_MAP for subject in kept.subjects]
GROUP = ChatIdentity("telegram_group", WANG.user)


def name_of(value: object) -> str | None:
    return value.table.name if isinstance(value, KeptTable) else None


def test_every_table_is_in_the_data_map_once() -> None:
    assert sorted(kept.table.name for kept in DATA_MAP) == sorted(metadata.tables)


@pytest.mark.parametrize("kept", DATA_MAP, ids=name_of)
def test_every_column_that_can_name_a_person_is_one_by_which_people_are_found(kept: KeptTable) -> None:
    names = {column.name for column in kept.table.columns}
    naming = {name.removesuffix("user") for name in names if name.endswith("user")}
    assert naming == set(kept.subjects)
    assert {f"{subject}channel" for subject in naming} <= names


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_docs_privacy_tells_of_every_column_whose_it_is_and_how_long(table: Table) -> None:
    (kept,) = [each for each in DATA_MAP if each.table is table]
    columns, whose, how_long = DOCUMENTED[table.name]
    assert columns == set(table.columns.keys())
    assert ("本人" in whose) == ("" in kept.subjects)
    assert ("工作人员" in whose) == ("admin_" in kept.subjects)
    assert ("没有人" in whose) == (not kept.subjects)
    if kept.seconds is None:
        assert "YOUSHU_RETENTION_DAYS" in how_long
    elif kept.seconds:
        assert f"{kept.seconds // 3600} 小时" in how_long
    else:
        assert "到点" in how_long


def test_people_are_shown_their_rows_under_chinese_titles() -> None:
    assert [kept.title for kept in DATA_MAP if re.search("[A-Za-z]", kept.title)] == []


def test_docs_privacy_tells_of_no_table_that_is_not_there() -> None:
    assert set(DOCUMENTED) == set(metadata.tables)


async def test_whoever_is_forgotten_is_in_no_table_and_nobody_else_goes(store: Store) -> None:
    for kept, subject in NAMING:
        for person in (WANG, GROUP, LI):
            await add_row(store, kept, person, subject)
    before = await row_counts(store)
    assert await store.forget(WANG) == 2 * len(NAMING)
    assert await store.export(WANG) == []
    assert sum((await row_counts(store)).values()) == sum(before.values()) - 2 * len(NAMING)
    assert json.dumps(await store.export(LI), ensure_ascii=False).count(f'"{LI.user}"') == len(NAMING)


async def test_an_export_shows_every_row_of_a_person_in_words_and_nobody_else(store: Store) -> None:
    for kept, subject in NAMING:
        for person in (WANG, GROUP, LI):
            await add_row(store, kept, person, subject)
    exported = await store.export(WANG)
    assert [(each["table"], each["title"]) for each in exported] == [
        (kept.table.name, kept.title) for kept, _ in NAMING
    ]
    for (kept, subject), shown in zip(NAMING, exported, strict=True):
        others = [f"{each}{name}" for each in kept.subjects if each != subject for name in ("channel", "user")]
        assert shown["rows"]
        assert all(row.keys().isdisjoint(others) for row in shown["rows"])  # type: ignore[attr-defined] # a list of rows
    text = json.dumps(exported, ensure_ascii=False)
    assert text.count(f'"{WANG.user}"') == 2 * len(NAMING)
    assert LI.user not in text
    assert "nobody" not in text
    assert '"state": {}' in text
    assert "+08:00" in text


async def test_the_sweep_takes_from_every_table_what_is_older_than_its_time(store: Store, clock: Clock) -> None:
    for kept in DATA_MAP:
        seconds = 7 * DAY_SECONDS if kept.seconds is None else kept.seconds
        clock.now = BEGIN
        await add_row(store, kept, WANG, at=BEGIN)
        clock.now = BEGIN + seconds - 1
        assert await store.delete_expired(7) == 0, kept.table.name
        # What is counted by the day goes with the day.
        clock.now = BEGIN + seconds + (DAY_SECONDS if kept.expires_by == "day" else 0)
        await add_row(store, kept, LI, at=int(clock.now) + 1)
        assert await store.delete_expired(7) == 1, kept.table.name
        clock.now += 8 * DAY_SECONDS
        assert await store.delete_expired(7) == 1, kept.table.name


async def test_a_sweep_of_more_than_one_transaction_takes_all(store: Store, clock: Clock) -> None:
    ids = [str(number) for number in range(2 * DELETED_AT_ONCE)]
    await store.claims.deduplicate("telegram", ids)
    clock.now += DAY_SECONDS
    assert await store.delete_expired(7) == len(ids)

"""What concerns several subjects: forgetting a person, deleting what has expired, what is on disk."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from bot.messages import ChatIdentity
from bot.store.analytics import ClarifyChoice, Doubt, DoubtKind, TurnEvent, Vote
from bot.store.data_map import DAY_SECONDS
from bot.store.handoffs import Handoff
from bot.store.retention import EVERY_MINUTES, sweep
from bot.store.store import Store
from bot.store.tables import metadata
from tests.stores import ADMIN, BEGIN, DEADLINE, LI, WANG, Clock, count, row_counts


async def test_forgetting_a_person_leaves_no_row_of_theirs_in_any_table_and_can_be_repeated(store: Store) -> None:
    event = TurnEvent("answer", "lawsuit", miss="没听懂", likeness="没听懂", vote=Vote("lawsuit", useful=True))
    for person in (WANG, LI):
        await store.turns.save(person, "lawsuit", event)
    await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 100))
    await store.broadcasts.enqueue(ADMIN, "今晚维护")
    await store.channel_states.save(WANG, "waiting", "{}")
    assert await store.forget(WANG) == 5
    assert await store.forget(WANG) == 0

    naming = [table for table in metadata.tables.values() if "user" in table.columns]
    assert len(naming) == 5
    for table in naming:
        assert await count(store, select(func.count()).where(table.c.user == WANG.user)) == 0
    left = await row_counts(store)
    assert (left["talks"], left["votes"]) == (1, 1)


@pytest.mark.parametrize("named", [ChatIdentity("telegram", "1001"), ChatIdentity("telegram_group", "1001")])
async def test_forgetting_reaches_private_talks_and_those_in_groups_alike(store: Store, named: ChatIdentity) -> None:
    event = TurnEvent("answer", "lawsuit", vote=Vote("lawsuit", useful=True))
    stays = [ChatIdentity("telegram", "10011"), ChatIdentity("telegram_group", "100"), ChatIdentity("web", "1001")]
    for person in (WANG, ChatIdentity("telegram_group", "1001"), *stays):
        await store.turns.save(person, "lawsuit", event)
    await store.handoffs.take(Handoff(LI, ChatIdentity("telegram", "1001"), BEGIN + 100))
    assert await store.forget(named) == 5
    assert await store.forget(named) == 0
    left = await row_counts(store)
    assert (left["talks"], left["votes"], left["handovers"]) == (3, 3, 0)


async def test_the_sweep_takes_what_is_older_than_its_time_and_nothing_else(store: Store, clock: Clock) -> None:
    doubt = Doubt(DoubtKind.USELESS, "a", "旧的", "旧的")
    event = TurnEvent("answer", "a", "旧的", "旧的", ClarifyChoice(("a", "b"), "a"), Vote("a", useful=True), doubt)
    await store.turns.save(WANG, "a", event)
    await store.claims.deduplicate("telegram", ["1"])
    await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 100))
    clock.now += 10 * DAY_SECONDS
    await store.turns.save(
        LI, "a", replace(event, miss="全新一句", likeness="全新一句", doubt=replace(doubt, text="新", likeness="新"))
    )
    await store.claims.deduplicate("telegram", ["2"])
    assert await store.delete_expired(30) == 2  # the claim of ten days ago and the handover that ran out
    clock.now += 25 * DAY_SECONDS
    # Talk, miss, doubt, vote, choice and outcome of the first day, and the second claim.
    assert await store.delete_expired(30) == 7
    assert await row_counts(store) == {
        "talks": 1, "misses": 1, "doubts": 1, "votes": 1, "picks": 1, "outcomes": 1, "claims": 0, "handovers": 0,
        "broadcasts": 0, "recipients": 0, "channel_states": 0, "pull_cursors": 0, "pull_work": 0
    }  # fmt: skip


async def test_a_sweep_deletes_what_has_expired_and_says_how_much(store: Store, clock: Clock) -> None:
    await store.turns.save(WANG, "a")
    clock.now += 31 * DAY_SECONDS
    with capture_logs() as logged:
        await sweep(store, 30)
    assert (await row_counts(store))["talks"] == 0
    assert [(each["event"], each["rows"]) for each in logged] == [("swept", 1)]
    assert EVERY_MINUTES == 60  # as docs/privacy.md says


async def test_what_expired_goes_some_rows_at_a_time_and_all_of_it(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.store.DELETED_AT_ONCE", 2)
    for number in range(5):
        await store.turns.save(ChatIdentity("telegram", str(number)), "a")
    clock.now += 31 * DAY_SECONDS
    await store.turns.save(WANG, "a")
    assert await store.delete_expired(30) == 5
    assert (await row_counts(store))["talks"] == 1


async def test_a_sweep_without_a_database_is_one_line_and_the_next_comes() -> None:
    with capture_logs() as logged:
        await sweep(Store("sqlite+aiosqlite:////no-such-folder/youshu.db"), 30)
    assert [each["event"] for each in logged] == ["sweep_failed"]


async def test_a_store_that_is_opened_again_has_what_was_kept(database_url: str) -> None:
    async with Store(database_url, call_seconds=DEADLINE) as store:
        await store.turns.save(WANG, "lawsuit")
    async with Store(database_url, call_seconds=DEADLINE) as store:
        assert (await store.turns.load(WANG)).state == "lawsuit"


async def test_what_is_kept_of_a_miss_is_all_the_text_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "youshu.db"
    async with Store(f"sqlite+aiosqlite:///{path}") as store:
        await store.turns.save(
            WANG,
            '{"intent": "lawsuit"}',
            TurnEvent("fallback", miss="没[姓名]", likeness="没"),
        )
    with sqlite3.connect(path) as raw:
        dump = "\n".join(raw.iterdump())
    raw.close()
    values = [line for line in dump.splitlines() if line.startswith("INSERT")]
    assert [line for line in values if any("\u4e00" <= c <= "\u9fff" for c in line)] == [
        line for line in values if '"misses"' in line
    ]

"""What a turn reads and writes: one at a time, and many at the same moment."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.analytics import TurnEvent
from bot.store.errors import StoreError
from bot.store.handoffs import Handoff
from bot.store.statements import load_states
from bot.store.store import Store
from bot.store.turns import TurnContext
from tests.stores import ADMIN, BEGIN, LI, WANG, row_counts

T = TypeVar("T")


def unexpected(error: StoreError) -> None:
    raise AssertionError(error)


async def test_a_talk_comes_back_as_it_was_kept(store: Store) -> None:
    await store.turns.save(WANG, '{"intent": "催收"}')
    assert await store.turns.load(WANG) == TurnContext('{"intent": "催收"}')
    assert await store.turns.load(LI) == TurnContext(None)


async def test_a_talk_kept_twice_is_one_talk(store: Store) -> None:
    await store.turns.save(WANG, "home_visit")
    await store.turns.save(WANG, "lawsuit")
    assert (await store.turns.load(WANG)).state == "lawsuit"
    assert (await row_counts(store))["talks"] == 1


async def test_what_is_kept_behind_the_reply_is_known_to_the_next_turn_and_to_every_reader(store: Store) -> None:
    for number in range(5):
        store.turns.save_later(WANG, str(number), TurnEvent("answer", "lawsuit"), unexpected)
        assert (await store.turns.load(WANG)).state == str(number)
        assert await store.turns.load(WANG, with_handoffs=False) == TurnContext(str(number))
    assert [row.count for row in await store.analytics.outcomes()] == [5]
    assert await store.turns.people(WANG.channel) == [WANG]
    assert (await store.turns.load(WANG)).state == "4"


async def test_forgetting_somebody_whose_turn_is_still_being_kept_leaves_nothing(store: Store) -> None:
    store.turns.save_later(WANG, "home_visit", TurnEvent("answer", "lawsuit"), unexpected)
    assert await store.forget(WANG) == 1
    assert (await store.turns.load(WANG)).state is None


async def test_a_turn_that_cannot_be_kept_is_told_and_forgotten() -> None:
    failures: list[StoreError] = []
    store = Store("sqlite+aiosqlite:////nowhere/at/all.db")
    with pytest.raises(StoreError):
        await store.open()
    store.turns.save_later(WANG, "home_visit", TurnEvent(), failures.append)
    await store.turns.settle()
    assert len(failures) == 1
    with pytest.raises(StoreError):
        await store.turns.load(WANG)
    await store.close()


async def test_turns_at_the_same_moment_each_get_and_keep_their_own(store: Store) -> None:
    people = [ChatIdentity(channel, f"人 {number}") for number in range(50) for channel in ("telegram", "web")]
    await store.handoffs.take(Handoff(people[3], ADMIN, BEGIN + 100))
    talks = {person: str(number) for number, person in enumerate(people)}
    event = TurnEvent("answer", "lawsuit")
    await asyncio.gather(*(store.turns.save(person, talk, event) for person, talk in talks.items()))
    found = await asyncio.gather(*(store.turns.load(person) for person in [*people, ADMIN]))
    assert [each.state for each in found] == [*talks.values(), None]
    assert [each.handoff is not None for each in found[:5]] == [False, False, False, True, False]
    assert found[-1].held_handoff == Handoff(people[3], ADMIN, BEGIN + 100)
    assert [row.count for row in await store.analytics.outcomes()] == [len(people)]
    assert (await store.turns.load(people[3], with_handoffs=False)).handoff is None


async def test_talks_are_found_by_their_keys_however_many_there_are(store: Store) -> None:
    async def plan(connection: AsyncConnection) -> str:
        on_file = connection.dialect.name == "sqlite"
        if not on_file:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))  # a small table is read whole rather
        asked = load_states([WANG, LI, ADMIN]).compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
        rows = await connection.execute(text(f"EXPLAIN {'QUERY PLAN ' if on_file else ''}{asked}"))
        return "\n".join(str(row) for row in rows)

    told = await store.database.write(plan)  # in one transaction, as SET LOCAL needs
    assert "SEARCH talks" in told or "Bitmap Index Scan" in told
    assert "SCAN talks" not in told
    assert "Seq Scan" not in told


async def test_a_turn_that_the_database_refuses_does_not_take_the_others_with_it(store: Store) -> None:
    refused = ChatIdentity("web", "\ud800")
    kept = await asyncio.gather(
        *(store.turns.save(person, "lawsuit") for person in (WANG, refused, LI)),
        return_exceptions=True,
    )
    assert [kept[0], kept[2]] == [None, None]
    assert isinstance(kept[1], Exception)
    found = await asyncio.gather(*(store.turns.load(person) for person in (WANG, refused, LI)), return_exceptions=True)
    assert [found[0], found[2]] == [TurnContext("lawsuit")] * 2


async def test_a_rush_of_turns_waits_for_few_transactions_whatever_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}") as store:
        transactions = 0
        write_file = store.database.write_file

        async def counted(work: Callable[[sqlite3.Connection], T]) -> T:
            nonlocal transactions
            transactions += 1
            return await write_file(work)

        monkeypatch.setattr(store.database, "write_file", counted)
        for number in range(300):
            missed = TurnEvent("out_of_scope", miss=f"{number}号楼停水", likeness=f"{number}")
            store.turns.save_later(ChatIdentity("web", str(number)), "{}", missed, unexpected)
        await store.turns.settle()
        assert transactions < 10
        assert len(await store.turns.people("web")) == 300
        assert sum(miss.count for miss in await store.analytics.misses()) == 300

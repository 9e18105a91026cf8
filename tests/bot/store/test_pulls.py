"""Pulled pages: claimed, noted and gone on behind in one step."""

import asyncio

import pytest

from bot.store.claims import CLAIM_SECONDS
from bot.store.data_map import DAY_SECONDS
from bot.store.errors import StoreError
from bot.store.pulls import PulledPage
from bot.store.store import Store
from tests.stores import Clock, row_counts

TEXTS = {"1": "text", "2": "image"}


def page(cursor: str, next_cursor: str | None, *ids: str, skipped: tuple[str, ...] = ()) -> PulledPage:
    return PulledPage("wk1", cursor, next_cursor, {each: TEXTS.get(each, "text") for each in ids}, skipped)


async def test_a_page_is_claimed_once_and_the_cursor_goes_on_behind_it(store: Store) -> None:
    assert await store.pulls.cursor("wecom", "wk1") is None
    assert await store.pulls.take("wecom", page("", "a", "1", "2")) == {"1", "2"}
    assert await store.pulls.take("wecom", page("a", "b", "2", "3", "3")) == {"3"}
    assert await store.pulls.take("wecom", page("b", "c")) == frozenset()
    assert await store.pulls.cursor("wecom", "wk1") == "c"
    assert await store.pulls.cursor("wecom", "wk2") is None
    assert await store.pulls.accounts("wecom") == ["wk1"]
    assert not await store.claims.deduplicate("wecom", ["1"])


async def test_the_cursor_stays_where_another_process_has_moved_it_on(store: Store) -> None:
    await store.pulls.take("wecom", page("", "a"))
    await store.pulls.take("wecom", page("a", "b"))
    await store.pulls.take("wecom", page("a", "old", "9"))
    await store.pulls.take("wecom", page("b", None, "8"))
    assert await store.pulls.cursor("wecom", "wk1") == "b"


async def test_what_is_not_done_with_is_lost_by_kind_and_told_once(store: Store) -> None:
    await store.pulls.take("wecom", page("", "a", "1", "2", "3", skipped=("4",)))
    await store.pulls.finish("wecom", ["1"])
    assert await store.pulls.take_lost("other") == {}
    assert await store.pulls.take_lost("wecom") == {"image": 1, "text": 1}
    assert await store.pulls.take_lost("wecom") == {}
    assert await store.pulls.take("wecom", page("a", "b", "3", "4")) == frozenset()


async def test_a_page_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.pulls.take("wecom", PulledPage(None, "", "a", {"1": "text"}))  # type: ignore[arg-type]
    assert set((await row_counts(store)).values()) == {0}


async def test_it_expires(store: Store, clock: Clock) -> None:
    await store.pulls.take("wecom", page("", "a", "1"))
    clock.now += CLAIM_SECONDS
    await store.delete_expired(2)
    assert {name for name, number in (await row_counts(store)).items() if number} == {"pull_cursors", "pull_work"}
    clock.now += DAY_SECONDS + 1
    await store.delete_expired(2)
    assert set((await row_counts(store)).values()) == {0}


async def test_a_thousand_messages_done_with_at_once_are_ticked_off_without_waiting_for_each_other(
    database_url: str,
) -> None:
    async with Store(database_url, call_seconds=0.2) as store:
        ids = [str(number) for number in range(1000)]
        await store.pulls.take("wecom", page("", "a", *ids))
        await asyncio.gather(*(store.pulls.finish("wecom", [each]) for each in ids))
        assert await store.pulls.take_lost("wecom") == {}

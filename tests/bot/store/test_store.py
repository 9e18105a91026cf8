"""What is kept: the same on SQLite and on PostgreSQL."""

import asyncio
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Executable, func, select

from bot.messages import ChatIdentity
from bot.store.analytics import ClarifyChoice, ClarifyChoiceCount, TurnEvent, Vote, VoteCount
from bot.store.claims import CLAIM_SECONDS
from bot.store.errors import StoreError
from bot.store.handoffs import Handoff
from bot.store.retention import retention_sweeper
from bot.store.store import DAY_SECONDS, Store
from bot.store.tables import metadata
from bot.store.turns import TurnContext
from tests.databases import Cluster

WANG, LI = ChatIdentity("telegram", "1001"), ChatIdentity("web", "会话-2")
ADMIN, OTHER_ADMIN = ChatIdentity("telegram", "7"), ChatIdentity("telegram", "8")
BEGIN = 1_795_000_000
DEADLINE = 20


@dataclass
class Clock:
    """Time that only a test moves."""

    now: float = BEGIN

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database_url: str, clock: Clock) -> AsyncIterator[Store]:
    async with Store(database_url, clock, call_seconds=DEADLINE) as opened:
        yield opened


async def count(store: Store, query: Executable) -> int:
    [(number,)] = await store.database.execute(query)
    return int(number)


async def rows(store: Store) -> dict[str, int]:
    tables = metadata.tables.items()
    return {name: await count(store, select(func.count()).select_from(table)) for name, table in tables}


async def claimed(store: Store, channel: str, message_id: str) -> bool:
    return bool(await store.claims.deduplicate(channel, [message_id]))


async def test_a_talk_comes_back_as_it_was_kept(store: Store) -> None:
    await store.turns.save(WANG, '{"intent": "催收"}')
    assert await store.turns.load(WANG) == TurnContext('{"intent": "催收"}')
    assert await store.turns.load(LI) == TurnContext(None)


async def test_a_talk_kept_twice_is_one_talk(store: Store) -> None:
    await store.turns.save(WANG, "home_visit")
    await store.turns.save(WANG, "lawsuit")
    assert (await store.turns.load(WANG)).state == "lawsuit"
    assert (await rows(store))["talks"] == 1


async def test_a_message_is_claimed_once_until_its_claim_expires(store: Store, clock: Clock) -> None:
    assert await claimed(store, "telegram", "5")
    assert not await claimed(store, "telegram", "5")
    assert await claimed(store, "wechat", "5")
    clock.now += CLAIM_SECONDS - 1
    assert not await claimed(store, "telegram", "5")
    clock.now += 1
    assert await claimed(store, "telegram", "5")
    assert not await claimed(store, "telegram", "5")


async def test_one_of_many_claims_at_once_wins(store: Store) -> None:
    won = await asyncio.gather(*(claimed(store, "telegram", "9") for _ in range(20)))
    assert won.count(True) == 1


async def test_misses_that_are_alike_count_as_one_and_name_nobody(store: Store, clock: Clock) -> None:
    for text in ("花呗怎么注销掉", "花呗怎么注销呢", "花呗怎么注销掉", "今天天气如何"):
        clock.now += 1
        await store.turns.save(WANG, "{}", TurnEvent("fallback", miss=text, likeness=text))
    found = await store.analytics.misses()
    assert [(miss.text, miss.count) for miss in found] == [("花呗怎么注销掉", 3), ("今天天气如何", 1)]
    assert (found[0].first_at, found[0].last_at) == (BEGIN + 1, BEGIN + 3)
    columns = set(metadata.tables["misses"].columns.keys())
    assert columns == {"id", "text", "likeness", "count", "first_at", "last_at"}


async def test_misses_cannot_fill_the_disk(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.analytics.MAX_MISSES", 3)
    for text in ("甲甲甲甲", "乙乙乙乙", "丙丙丙丙", "丁丁丁丁"):
        clock.now += 1
        await store.turns.save(WANG, "{}", TurnEvent(miss=text, likeness=text))
    assert {miss.text for miss in await store.analytics.misses()} == {"乙乙乙乙", "丙丙丙丙", "丁丁丁丁"}


async def test_a_person_has_one_vote_on_an_answer_and_the_last_one_counts(store: Store) -> None:
    await store.turns.save(WANG, "{}", TurnEvent(vote=Vote("lawsuit", useful=False)))
    await store.turns.save(WANG, "{}", TurnEvent(vote=Vote("lawsuit", useful=False, reason="hard")))
    await store.turns.save(LI, "{}", TurnEvent(vote=Vote("lawsuit", useful=True)))
    counts = await store.analytics.votes()
    assert sorted(counts, key=str) == [
        VoteCount("lawsuit", useful=False, reason="hard", count=1),
        VoteCount("lawsuit", useful=True, reason=None, count=1),
    ]


async def test_picks_and_outcomes_are_counted_by_day(store: Store, clock: Clock) -> None:
    for _ in range(2):
        await store.turns.save(
            WANG,
            "{}",
            TurnEvent("answer", "lawsuit", clarify_choice=ClarifyChoice(("lawsuit", "home_visit"), "lawsuit")),
        )
    clock.now += DAY_SECONDS
    await store.turns.save(
        LI, "{}", TurnEvent("fallback", clarify_choice=ClarifyChoice(("home_visit", "lawsuit"), "none"))
    )
    assert await store.analytics.clarify_choices() == [
        ClarifyChoiceCount(("home_visit", "lawsuit"), "lawsuit", 2),
        ClarifyChoiceCount(("home_visit", "lawsuit"), "none", 1),
    ]
    days = [(row.decision, row.intent, row.count) for row in await store.analytics.outcomes()]
    assert days == [("answer", "lawsuit", 2), ("fallback", None, 1)]
    later = await store.analytics.outcomes(since=(await store.analytics.outcomes())[1].day)
    assert [row.decision for row in later] == ["fallback"]


async def test_a_talk_taken_by_one_operator_is_not_free_for_another_until_it_expires(
    store: Store, clock: Clock
) -> None:
    first = Handoff(WANG, ADMIN, BEGIN + 100)
    assert await store.handoffs.take(first)
    assert not await store.handoffs.take(Handoff(WANG, OTHER_ADMIN, BEGIN + 200))
    assert (await store.turns.load(WANG)).handoff == first
    assert (await store.turns.load(ADMIN)).held_handoff == first
    clock.now = BEGIN + 100
    assert (await store.turns.load(WANG)).handoff is None
    assert await store.handoffs.take(Handoff(WANG, OTHER_ADMIN, BEGIN + 200))


async def test_an_operator_holds_one_talk_at_a_time(store: Store) -> None:
    await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 100))
    await store.handoffs.take(Handoff(LI, ADMIN, BEGIN + 100))
    assert (await store.turns.load(WANG)).handoff is None
    assert await store.handoffs.release(ADMIN) == 1
    assert (await store.turns.load(LI)).handoff is None


async def test_forgetting_a_person_leaves_no_row_of_theirs_in_any_table_and_can_be_repeated(store: Store) -> None:
    event = TurnEvent("answer", "lawsuit", miss="没听懂", likeness="没听懂", vote=Vote("lawsuit", useful=True))
    for person in (WANG, LI):
        await store.turns.save(person, "lawsuit", event)
    await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 100))
    await store.broadcasts.enqueue(ADMIN, "今晚维护")
    assert await store.forget(WANG) == 4
    assert await store.forget(WANG) == 0

    naming = [table for table in metadata.tables.values() if "user" in table.columns]
    assert len(naming) == 4
    for table in naming:
        assert await count(store, select(func.count()).where(table.c.user == WANG.user)) == 0
    left = await rows(store)
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
    left = await rows(store)
    assert (left["talks"], left["votes"], left["handovers"]) == (3, 3, 0)


async def test_a_broadcast_names_everybody_else_of_its_channel_until_it_is_done(store: Store, clock: Clock) -> None:
    people = [ChatIdentity("telegram", str(number)) for number in range(2000, 2250)]
    for person in (ADMIN, LI, *people):
        clock.now += 1
        await store.turns.save(person, "lawsuit")
    queue = store.broadcasts
    begun = await queue.enqueue(ADMIN, "今晚维护")
    assert (begun.recipient_count, await queue.unfinished()) == (250, [begun])
    await store.forget(people[-2])
    found: list[ChatIdentity] = []
    while following := await queue.next_recipients(begun.id):
        for recipient in following:
            taken = await asyncio.gather(*(queue.take(begun.id, recipient) for _ in range(3)))
            assert taken.count(True) == 1
            found.append(recipient.person)
    assert found == [people[-1], *reversed(people[:-2])]
    await queue.finish(begun.id)
    assert not await queue.unfinished()
    left = await rows(store)
    assert (left["broadcasts"], left["recipients"]) == (0, 0)


async def test_a_broadcast_of_yesterday_neither_goes_on_nor_stays(store: Store, clock: Clock) -> None:
    await store.turns.save(WANG, "lawsuit")
    await store.broadcasts.enqueue(ADMIN, "今晚维护")
    clock.now += DAY_SECONDS
    assert not await store.broadcasts.unfinished()
    assert await store.delete_expired(30) == 2


async def test_the_sweep_takes_what_is_older_than_its_time_and_nothing_else(store: Store, clock: Clock) -> None:
    event = TurnEvent("answer", "a", "旧的", "旧的", ClarifyChoice(("a", "b"), "a"), Vote("a", useful=True))
    await store.turns.save(WANG, "a", event)
    await claimed(store, "telegram", "1")
    await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 100))
    clock.now += 10 * DAY_SECONDS
    await store.turns.save(LI, "a", replace(event, miss="全新一句", likeness="全新一句"))
    await claimed(store, "telegram", "2")
    assert await store.delete_expired(30) == 2  # the claim of ten days ago and the handover that ran out
    clock.now += 25 * DAY_SECONDS
    # Talk, miss, vote, choice and outcome of the first day, and the second claim.
    assert await store.delete_expired(30) == 6
    assert await rows(store) == {
        "talks": 1, "misses": 1, "votes": 1, "picks": 1, "outcomes": 1, "claims": 0, "handovers": 0,
        "broadcasts": 0, "recipients": 0
    }  # fmt: skip


async def test_the_sweep_runs_while_the_service_does(store: Store, clock: Clock) -> None:
    await store.turns.save(WANG, "a")
    clock.now += 31 * DAY_SECONDS
    async with retention_sweeper(store, 30, every_seconds=0.01), asyncio.timeout(DEADLINE):
        while (await rows(store))["talks"]:  # noqa: ASYNC110 -- the sweep is seen only in the database
            await asyncio.sleep(0)


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


# --- a database that is away ------------------------------------------------------------------------------------


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


async def test_a_database_that_hangs_costs_no_more_than_the_time_of_one_call() -> None:
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
        with pytest.raises(StoreError, match="OperationalError"):
            await store.turns.save(WANG, "lawsuit")
        assert (await store.turns.load(WANG)).state is None
        raw.execute("COMMIT")
        raw.close()
        await store.turns.save(WANG, "home_visit")
        assert (await store.turns.load(WANG)).state == "home_visit"


async def test_a_database_that_comes_back_is_used_again_without_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    store = Store(f"sqlite+aiosqlite:///{folder / 'youshu.db'}")
    with pytest.raises(StoreError):
        await store.open()
    folder.mkdir()
    await store.turns.save(WANG, "lawsuit")
    assert (await store.turns.load(WANG)).state == "lawsuit"
    await store.close()


# --- two processes ----------------------------------------------------------------------------------------------

TURNS = {"sqlite": 500, "postgresql": 100}
"""For each of two processes; the lock that they fight for is SQLite's."""
WRITER = """
import asyncio, sys
from bot.messages import ChatIdentity
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


@pytest.mark.long
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


# --- many turns at once -----------------------------------------------------------------------------------------


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


async def test_many_claims_in_one_statement_are_won_once_each(store: Store, clock: Clock) -> None:
    assert await store.claims.deduplicate("telegram", [str(number) for number in range(100)]) == {
        str(n) for n in range(100)
    }
    assert await store.claims.deduplicate("telegram", ["99", "100", "100"]) == {"100"}
    clock.now += CLAIM_SECONDS
    assert await store.claims.deduplicate("telegram", ["99", "100"]) == {"99", "100"}

"""Messages that a channel pulls page by page: how far it is, what is in work, and what a crash has cut off.

A page is one transaction: its messages are claimed, noted as in work, and the cursor goes forward. So a crash before it leaves the
page to be pulled again, and one after it leaves a note of every message that wasn't answered.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Executable, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import sqlite_turns
from bot.store.batching import Batcher
from bot.store.claims import CLAIM_SECONDS
from bot.store.database import Database
from bot.store.errors import is_item_error
from bot.store.statements import claim_statement, insert
from bot.store.tables import pull_cursors, pull_work


@dataclass(frozen=True, slots=True)
class PulledPage:
    """What is to be kept of a page; nothing in it names a person."""

    account: str
    """Of the channel: each has a cursor of its own."""
    cursor: str
    """Where the page began; empty: at the beginning."""
    next_cursor: str | None
    """Where to go on; None: the cursor stays."""
    work: Mapping[str, str]
    """The ids of the messages that will be worked on, and what kind each is of."""
    skipped: Collection[str] = ()
    """The ids of those that won't be."""


BATCH_SIZE = 64
"""How many calls of finish() share a transaction at most."""


class PullRepository:
    """Keeps cursors and what is in work. Every call may raise StoreError."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._finishes = Batcher(self._finish_batch, BATCH_SIZE, is_item_error)

    async def cursor(self, channel: str, account: str) -> str | None:
        """How far an account has been pulled; None for one that never was."""
        named = and_(pull_cursors.c.channel == channel, pull_cursors.c.account == account)
        rows = await self._database.execute(select(pull_cursors.c.cursor).where(named))
        return next((str(row.cursor) for row in rows), None)

    async def accounts(self, channel: str) -> list[str]:
        """The accounts with a cursor, those pulled last first."""
        query = select(pull_cursors.c.account).where(pull_cursors.c.channel == channel)
        return [row.account for row in await self._database.execute(query.order_by(pull_cursors.c.at.desc()))]

    async def take(self, channel: str, page: PulledPage) -> frozenset[str]:
        """Claim a page's messages and go on behind it: the ids to work on that nobody had claimed.

        The cursor stays where another process has meanwhile moved it on.
        """
        now = self._now()
        # Always in the same order, so that no two processes wait for each other.
        keys = dict(sorted((_key(channel, each), each) for each in (*page.work, *page.skipped)))

        async def write(connection: AsyncConnection) -> frozenset[str]:
            dialect = connection.dialect.name
            ours: list[str] = []
            if keys:
                claim = claim_statement(dialect, CLAIM_SECONDS)
                rows = await connection.execute(claim, [{"key": key, "at": now} for key in keys])
                ours = [row.key for row in rows.all() if keys[row.key] in page.work]
            if ours:
                noted = [
                    {"key": key, "channel": channel, "kind": page.work[keys[key]][:32], "at": now}
                    for key in sorted(ours)
                ]
                await connection.execute(insert(dialect, pull_work).on_conflict_do_nothing(), noted)
            if page.next_cursor is not None:
                await connection.execute(_advance(dialect, channel, page, now))
            return frozenset(keys[key] for key in ours)

        return await self._database.write(write)

    async def finish(self, channel: str, message_ids: Collection[str]) -> None:
        """These are done with, whatever came of them; those of the same moment share a transaction."""
        async with self._database.untimed_errors():
            await self._finishes.submit([_key(channel, each) for each in message_ids])

    async def take_lost(self, channel: str, seconds: int = 0) -> Mapping[str, int]:
        """How many messages of each kind have been in work for at least so many seconds; told once.

        Where there is one process, all that is in work at its start: it was cut off by the end of the one before.
        """
        before = self._now() - seconds

        async def write(connection: AsyncConnection) -> Mapping[str, int]:
            statement = (
                delete(pull_work)
                .where(pull_work.c.channel == channel, pull_work.c.at <= before)
                .returning(pull_work.c.kind)
            )
            return Counter(row.kind for row in (await connection.execute(statement)).all())

        return await self._database.write(write)

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        await self._finishes.drain()

    async def _finish_batch(self, finishes: Sequence[Sequence[str]]) -> Sequence[None]:
        keys = sorted({key for several in finishes for key in several})
        if self._database.is_file:
            await self._database.write_file(lambda connection: sqlite_turns.finish_pulled(connection, keys))
            return [None] * len(finishes)

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(delete(pull_work).where(pull_work.c.key.in_(keys)))

        await self._database.write(write)
        return [None] * len(finishes)


def _advance(dialect: str, channel: str, page: PulledPage, now: int) -> Executable:
    row = {"channel": channel, "account": page.account, "cursor": page.next_cursor, "at": now}
    statement: Executable = (
        insert(dialect, pull_cursors)
        .values(row)
        .on_conflict_do_update(
            index_elements=["channel", "account"],
            set_={"cursor": page.next_cursor, "at": now},
            where=pull_cursors.c.cursor == page.cursor,
        )
    )
    return statement


def _key(channel: str, message_id: str) -> str:
    """As bot.store.claims has it."""
    return sha256(f"{channel}:{message_id}".encode("utf-8", "surrogatepass")).hexdigest()

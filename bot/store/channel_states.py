"""What a channel keeps of a person beside the talk: pages that wait to be read, messages that may still be sent."""

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store import sqlite_turns
from bot.store.batching import Batcher
from bot.store.database import Database
from bot.store.errors import is_item_error
from bot.store.statements import turn_statements
from bot.store.tables import channel_states, names_person

BATCH_SIZE = 64
"""How many people's states share a transaction at most."""


_Save = tuple[str, str, str, str | None]
"""Channel, user, kind, data."""


class ChannelStateRepository:
    """Keeps a channel's states; those of the same moment share a transaction. Every call may raise StoreError."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._saves = Batcher(self._save_batch, BATCH_SIZE, is_item_error)

    async def save(self, person: ChatIdentity, kind: str, data: str | None) -> None:
        """Keep this of a person in place of what was kept before.

        Args:
            person: of whom.
            kind: the channel's own word for it.
            data: in the channel's own form, without a word that the person wrote, unless encrypted; None: nothing is kept any more.
        """
        async with self._database.untimed_errors():
            await self._saves.submit((person.channel, person.user, kind, data))

    async def read(self, person: ChatIdentity, kind: str) -> str | None:
        """What is kept of a person under this word; None where nothing is."""
        if self._database.is_file:
            async with self._database.untimed_errors():
                return await self._database.read_file(
                    lambda connection: sqlite_turns.read_channel_state(connection, person, kind)
                )
        named = names_person(channel_states, person) & (channel_states.c.kind == kind)
        rows = await self._database.execute(select(channel_states.c.data).where(named))
        return next((str(row.data) for row in rows), None)

    async def load(self, channel: str, kind: str, since: int) -> Sequence[tuple[str, str]]:
        """Users of a channel with what was kept of them since a moment (seconds since 1970 UTC), oldest first."""
        named = (channel_states.c.channel == channel) & (channel_states.c.kind == kind)
        query = select(channel_states.c.user, channel_states.c.data).where(named, channel_states.c.updated_at >= since)
        rows = await self._database.execute(query.order_by(channel_states.c.updated_at))
        return [(row.user, row.data) for row in rows]

    async def settle(self) -> None:
        """Wait for all that is being kept by now."""
        await self._saves.settle()

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        await self._saves.drain()

    async def _save_batch(self, saves: Sequence[_Save]) -> Sequence[None]:
        now = self._now()
        # The last of each; always in the same order, so that no two processes wait for each other.
        states = sorted({(channel, user, kind): data for channel, user, kind, data in saves}.items())
        kept = [
            {"channel": channel, "user": user, "kind": kind, "data": data, "updated_at": now}
            for (channel, user, kind), data in states
            if data is not None
        ]
        gone = [
            {"of_channel": channel, "of_user": user, "of_kind": kind}
            for (channel, user, kind), data in states
            if data is None
        ]
        if self._database.is_file:
            await self._database.write_file(lambda connection: sqlite_turns.save_channel_states(connection, kept, gone))
            return [None] * len(saves)

        async def write(connection: AsyncConnection) -> None:
            statements = turn_statements(connection.dialect.name)
            if kept:
                await connection.execute(statements.save_channel_state, kept)
            if gone:
                await connection.execute(statements.delete_channel_state, gone)

        await self._database.write(write)
        return [None] * len(saves)

"""Deduplication: which messages have been taken in, so that one that a channel sends again is not worked on twice."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from bot.store import sqlite_turns
from bot.store.batching import Batcher
from bot.store.database import Database
from bot.store.errors import is_item_error
from bot.store.statements import claim_statement

CLAIM_SECONDS = 24 * 3600
"""How long a message id stays claimed; Telegram keeps updates no longer (core.telegram.org/bots/api#getting-updates)."""
BATCH_SIZE = 256
"""How many claims share a statement at most."""


class ClaimRepository:
    """Claims message ids, the same for every process on this database; those of the same moment share a statement."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._claims = Batcher(self._claim_batch, BATCH_SIZE, is_item_error)

    async def claim(self, channel: str, message_id: str) -> bool:
        """Claim one id: whether nobody has claimed it within CLAIM_SECONDS; raises StoreError."""
        async with self._database.untimed_errors():
            return await self._claims.submit(_key(channel, message_id))

    async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Claim these ids: those of them that nobody has claimed within CLAIM_SECONDS; raises StoreError."""
        keys = {_key(channel, each): each for each in message_ids}
        async with self._database.untimed_errors():
            return frozenset(keys[key] for key in await self._claim([*keys]))

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        await self._claims.drain()

    async def _claim_batch(self, keys: Sequence[str]) -> Sequence[bool]:
        ours = set(await self._claim(keys))
        # Of the same id twice in a batch the first is the one that has it.
        first = {key: number for number, key in reversed([*enumerate(keys)])}
        return [key in ours and first[key] == number for number, key in enumerate(keys)]

    async def _claim(self, keys: Sequence[str]) -> Sequence[str]:
        """Those of the keys that are ours now."""
        if not keys:
            return ()
        now = self._now()
        # Always in the same order, so that no two processes wait for each other.
        ordered = sorted(set(keys))
        if self._database.is_file:
            return await self._database.write_file(
                lambda connection: sqlite_turns.claim(connection, ordered, now, CLAIM_SECONDS)
            )
        statement = claim_statement(self._database.dialect, CLAIM_SECONDS)
        rows = await self._database.execute(statement, [{"key": key, "at": now} for key in ordered])
        return [row.key for row in rows]


def _key(channel: str, message_id: str) -> str:
    return sha256(f"{channel}:{message_id}".encode()).hexdigest()

"""Deduplication: which messages have been taken in, so that one that a channel sends again is not worked on twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.store.database import Database
from bot.store.statements import claim_statement

CLAIM_SECONDS = 24 * 3600
"""How long a message id stays claimed; Telegram keeps updates no longer (core.telegram.org/bots/api#getting-updates)."""


@dataclass(frozen=True)
class ClaimRepository:
    """Claims message ids, the same for every process on this database."""

    database: Database
    now: Callable[[], int]

    async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Claim these ids: those of them that nobody has claimed within CLAIM_SECONDS; raises StoreError."""
        now = self.now()
        # Always in the same order, so that no two processes wait for each other.
        keys = dict(sorted((_key(channel, each), each) for each in message_ids))
        if not keys:
            return frozenset()
        statement = claim_statement(self.database.dialect, CLAIM_SECONDS)
        rows = await self.database.execute(statement, [{"key": key, "at": now} for key in keys])
        return frozenset(keys[row.key] for row in rows)


def _key(channel: str, message_id: str) -> str:
    return sha256(f"{channel}:{message_id}".encode()).hexdigest()

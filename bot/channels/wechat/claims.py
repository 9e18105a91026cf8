"""Which messages are ours to answer: those that come at the same moment are claimed in one statement."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.store.errors import StoreError

CHANNEL: Final = "wechat"
BATCH_SIZE: Final = 256
"""How many claims share a statement at most."""


class Claims(Protocol):
    """Remembers which messages were claimed, across processes and restarts."""

    async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Claim these ids; the ones that nobody had claimed before. Raises StoreError."""
        ...


@dataclass
class BatchedClaims:
    """Claims one statement at a time; what comes meanwhile goes along with the next.

    WeChat posts every message by itself: a thousand people at once would wait in line for the database, each for their own.
    """

    claims: Claims
    _waiting: list[tuple[str, asyncio.Future[bool]]] = field(default_factory=list, repr=False)
    _draining: asyncio.Task[None] | None = field(default=None, repr=False)

    async def claim(self, key: str) -> bool:
        """Whether nobody had claimed this message before; raises StoreError."""
        claimed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, claimed))
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await claimed

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_SIZE], self._waiting[BATCH_SIZE:]
            failure = ""
            ours: frozenset[str] = frozenset()
            try:
                ours = await self.claims.deduplicate(CHANNEL, [key for key, _ in batch])
            except Exception as error:  # noqa: BLE001 -- whatever it is, nobody may be left waiting
                failure = str(error) if isinstance(error, StoreError) else type(error).__name__
            for key, claimed in batch:
                if claimed.done():
                    continue
                if failure:
                    claimed.set_exception(StoreError(failure))
                else:
                    claimed.set_result(key in ours)

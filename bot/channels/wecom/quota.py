"""How many messages may still go to whom: so many after each word of theirs."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

import structlog

from bot.channels.wecom.keeping import Keeper
from bot.channels.wecom.limits import ANSWER_SECONDS, MESSAGES_AFTER_A_MESSAGE
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

KIND: Final = "quota"
"""What the store has it under."""
PEOPLE: Final = 100_000
"""How many people are counted; of others WeCom itself says when it is enough."""


@dataclass
class _Grant:
    """Messages that may still be sent, until when, and through which account."""

    account: str
    left: int
    until: float


@dataclass
class Quotas:
    """Counts in memory, and behind it in the store, for a restart and for other processes."""

    clock: Callable[[], float] = time.time
    """Seconds since 1970, to compare with WeCom's."""
    keeper: Keeper | None = None
    """None: what was before a restart only WeCom knows."""
    several: bool = False
    """Whether other processes count too, so that refresh() reads anew each time."""
    _grants: OrderedDict[str, _Grant] = field(default_factory=OrderedDict, repr=False)

    def after_message(self, person: str, account: str, sent_at: float) -> None:
        """They have written, through this account and then (seconds since 1970)."""
        self._grants.pop(person, None)
        self._grants[person] = _Grant(account, MESSAGES_AFTER_A_MESSAGE, sent_at + ANSWER_SECONDS)
        if len(self._grants) > PEOPLE:
            self._grants.popitem(last=False)
        self._keep(person)

    def left(self, person: str) -> int | None:
        """How many messages may be sent now; None for somebody who wasn't heard of since the start."""
        grant = self._grants.get(person)
        if grant is None:
            return None
        return grant.left if grant.until > self.clock() else 0

    def account(self, person: str) -> str | None:
        """Where they last wrote; None for somebody who wasn't heard of since the start."""
        grant = self._grants.get(person)
        return grant.account if grant is not None else None

    def spend(self, person: str) -> None:
        """One was sent."""
        grant = self._grants.get(person)
        if grant is not None and grant.left:
            grant.left -= 1
            self._keep(person)

    def exhaust(self, person: str) -> None:
        """WeCom says that it is enough."""
        grant = self._grants.get(person)
        if grant is not None:
            grant.left = 0
            self._keep(person)

    def forget(self, person: str) -> None:
        """Drop what is known of a person; the store's part goes with all that it has of them."""
        self._grants.pop(person, None)
        if self.keeper is not None:
            self.keeper.forget(person)

    async def refresh(self, person: str) -> None:
        """Read from the store what this process doesn't know, or another may have changed."""
        if self.keeper is None or (person in self._grants and not self.several):
            return
        await self.keeper.settle()
        try:
            kept = await self.keeper.read(person)
            grant = _Grant(**json.loads(kept)) if kept is not None else None
        except (StoreError, TypeError, ValueError) as error:
            log.error("quota_not_read", error=type(error).__name__)
            return
        self._grants.pop(person, None)
        if grant is not None:
            self._grants[person] = grant

    def _keep(self, person: str) -> None:
        if self.keeper is not None and person in self._grants:
            self.keeper.put(person, json.dumps(asdict(self._grants[person])))

"""How many messages may still go to whom: so many after each word of theirs."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.channels.wecom.limits import ANSWER_SECONDS, MESSAGES_AFTER_A_MESSAGE

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
    """Counts in memory; what was before a restart only WeCom knows."""

    clock: Callable[[], float] = time.time
    """Seconds since 1970, to compare with WeCom's."""
    _grants: OrderedDict[str, _Grant] = field(default_factory=OrderedDict, repr=False)

    def after_message(self, person: str, account: str, sent_at: float) -> None:
        """They have written, through this account and then (seconds since 1970)."""
        self._grants.pop(person, None)
        self._grants[person] = _Grant(account, MESSAGES_AFTER_A_MESSAGE, sent_at + ANSWER_SECONDS)
        if len(self._grants) > PEOPLE:
            self._grants.popitem(last=False)

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

    def exhaust(self, person: str) -> None:
        """WeCom says that it is enough."""
        grant = self._grants.get(person)
        if grant is not None:
            grant.left = 0

    def forget(self, person: str) -> None:
        """Drop what is known of a person."""
        self._grants.pop(person, None)

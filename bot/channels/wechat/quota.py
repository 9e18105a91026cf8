"""How many messages may go to whom by themselves: so many after each word or tap of theirs."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.channels.wechat.limits import MESSAGES_AFTER_A_MESSAGE, MESSAGES_AFTER_A_TAP

PEOPLE: Final = 100_000
"""How many people are counted; of others WeChat itself says when it is enough."""


@dataclass
class _Grant:
    """Messages that may still be sent, and until when."""

    left: int
    until: float


@dataclass
class Quotas:
    """Counts in memory; what was before a restart only WeChat knows."""

    clock: Callable[[], float] = time.monotonic
    _grants: OrderedDict[str, dict[str, _Grant]] = field(default_factory=OrderedDict, repr=False)

    def after_message(self, person: str) -> None:
        """They have written."""
        self._grant(person, "message", MESSAGES_AFTER_A_MESSAGE)

    def after_tap(self, person: str) -> None:
        """They have subscribed, scanned a code or tapped the menu."""
        self._grant(person, "tap", MESSAGES_AFTER_A_TAP)

    def left(self, person: str) -> int | None:
        """How many messages may be sent now; None for somebody who wasn't heard of since the start."""
        grants = self._grants.get(person)
        if grants is None:
            return None
        return sum(grant.left for grant in grants.values() if grant.until > self.clock())

    def spend(self, person: str) -> None:
        """One was sent: of those that end first."""
        now = self.clock()
        usable = [each for each in self._grants.get(person, {}).values() if each.left and each.until > now]
        if usable:
            min(usable, key=lambda grant: grant.until).left -= 1

    def forget(self, person: str) -> None:
        """Drop what is known of a person."""
        self._grants.pop(person, None)

    def _grant(self, person: str, kind: str, grant: tuple[int, float]) -> None:
        count, seconds = grant
        grants = self._grants.pop(person, {})
        grants[kind] = _Grant(count, self.clock() + seconds)
        self._grants[person] = grants
        if len(self._grants) > PEOPLE:
            self._grants.popitem(last=False)

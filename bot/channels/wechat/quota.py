"""How many messages may go to whom by themselves: so many after each word or tap of theirs."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.channels.wechat.keeping import CHANNEL, Keeper
from bot.channels.wechat.limits import MESSAGES_AFTER_A_MESSAGE, MESSAGES_AFTER_A_TAP
from bot.messages import ChatIdentity
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

PEOPLE: Final = 100_000
"""How many people are counted; of others WeChat itself says when it is enough."""
KIND: Final = "quota"
"""What the store has it under."""
MESSAGE: Final = "message"
TAP: Final = "tap"

LastHeard = Callable[[ChatIdentity], Awaitable[int | None]]
"""When somebody's talk was last kept, in seconds since 1970 UTC; raises StoreError."""


@dataclass
class Grant:
    """Messages that may still be sent, and until when (seconds since 1970 UTC)."""

    left: int
    until: float


@dataclass
class Quotas:
    """Counts in memory. What was spent is kept over a restart, and whoever wrote before it is known by their talk."""

    keeper: Keeper | None = None
    last_heard: LastHeard | None = None
    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC."""
    _grants: OrderedDict[str, dict[str, Grant]] = field(default_factory=OrderedDict, repr=False)
    _spent: set[str] = field(default_factory=set, repr=False)
    """People of whom the store has a count, which has to follow."""

    def after_message(self, person: str) -> None:
        """They have written."""
        self._grant(person, MESSAGE, MESSAGES_AFTER_A_MESSAGE, self.clock())

    def after_tap(self, person: str) -> None:
        """They have subscribed, scanned a code or tapped the menu."""
        self._grant(person, TAP, MESSAGES_AFTER_A_TAP, self.clock())

    async def left(self, person: str) -> int | None:
        """How many messages may be sent now; None for somebody of whom nothing is known."""
        if MESSAGE not in self._grants.get(person, {}) and self.last_heard is not None:
            try:
                heard = await self.last_heard(ChatIdentity(CHANNEL, person))
            except StoreError:
                return None  # WeChat itself counts too
            if heard is not None and MESSAGE not in self._grants.get(person, {}):
                self._grant(person, MESSAGE, MESSAGES_AFTER_A_MESSAGE, heard)
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
            self._spent.add(person)
            self._keep(person)

    def forget(self, person: str) -> None:
        """Drop what is known of a person; the store's part goes with all that it has of them."""
        self._grants.pop(person, None)
        self._spent.discard(person)
        if self.keeper is not None:
            self.keeper.forget(person)

    async def restore(self) -> None:
        """Read what was spent before the start; raises StoreError."""
        if self.keeper is None:
            return
        for person, kept in await self.keeper.load(self.clock() - MESSAGES_AFTER_A_MESSAGE[1]):
            try:
                self._grants.setdefault(person, _adapter().validate_json(kept))
            except ValidationError:
                continue  # another version wrote it
            self._spent.add(person)

    async def refresh(self, person: str) -> None:
        """Read what was spent from the store, where other processes keep it too."""
        if self.keeper is None:
            return
        try:
            kept = await self.keeper.read(person)
            grants = _adapter().validate_json(kept) if kept is not None else None
        except (StoreError, ValidationError) as error:
            log.error("quota_not_read", error=type(error).__name__)
            return
        self._grants.pop(person, None)
        self._spent.discard(person)
        if grants is not None:
            self._grants[person] = grants
            self._spent.add(person)

    def _grant(self, person: str, kind: str, grant: tuple[int, float], since: float) -> None:
        count, seconds = grant
        grants = self._grants.pop(person, {})
        grants[kind] = Grant(count, since + seconds)
        self._grants[person] = grants
        if len(self._grants) > PEOPLE:
            self._spent.discard(self._grants.popitem(last=False)[0])
        if person in self._spent:
            self._keep(person)

    def _keep(self, person: str) -> None:
        if self.keeper is not None:
            self.keeper.put(person, _adapter().dump_json(self._grants[person]).decode())


@cache
def _adapter() -> TypeAdapter[dict[str, Grant]]:
    return TypeAdapter(dict[str, Grant])

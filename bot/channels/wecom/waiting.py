"""The rest of a long answer, and answers beyond what may be sent, which wait until they are asked for."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.channels.wecom.keeping import Keeper
from bot.channels.wecom.sending import Outgoing
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

KIND: Final = "waiting"
"""What the store has it under."""
PEOPLE: Final = 10_000
"""How many people something waits for; more lose the oldest, who ask again."""
WAITING_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits for one person."""

    messages: tuple[Outgoing, ...]
    withheld: bool
    since: float
    """By the clock of WaitingRoom."""


@dataclass
class WaitingRoom:
    """What waits for whom: in memory, and behind it in the store, for a restart and for other processes."""

    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC."""
    keeper: Keeper | None = None
    """None: a restart loses it."""
    several: bool = False
    """Whether other processes talk with the same people, so that refresh() reads anew each time."""
    _people: OrderedDict[str, _Waiting] = field(default_factory=OrderedDict, repr=False)

    def keep(self, person: str, messages: Sequence[Outgoing], *, withheld: bool) -> None:
        """Have these wait for a person in place of what waited before.

        Args:
            person: external_userid.
            messages: in order; none: nothing waits any more.
            withheld: whether nobody has told them that something waits, so that the next answer must.
        """
        self._people.pop(person, None)
        now = self.clock()
        if messages:
            self._people[person] = _Waiting(tuple(messages), withheld, now)
        while self._people and (len(self._people) > PEOPLE or self._oldest().since < now - WAITING_SECONDS):
            self._people.popitem(last=False)
        self._keep(person)

    def take(self, person: str) -> tuple[Outgoing, ...]:
        """What waits for a person, who gets it now."""
        waiting = self._people.pop(person, None)
        self._keep(person)
        return waiting.messages if waiting is not None and waiting.since >= self.clock() - WAITING_SECONDS else ()

    def withheld(self, person: str) -> tuple[Outgoing, ...]:
        """What waits without their knowing, to go on waiting behind the next answer; what they know of is dropped for that."""
        waiting = self._people.get(person)
        return waiting.messages if waiting is not None and waiting.withheld else ()

    async def refresh(self, person: str) -> None:
        """Read from the store what this process doesn't know, or another may have changed."""
        if self.keeper is None or (person in self._people and not self.several):
            return
        await self.keeper.settle()
        try:
            kept = await self.keeper.read(person)
            waiting = _adapter().validate_json(kept) if kept is not None else None
        except (StoreError, ValidationError) as error:
            log.error("waiting_not_read", error=type(error).__name__)
            return
        self._people.pop(person, None)
        if waiting is not None:
            self._people[person] = waiting

    async def settle(self) -> None:
        """Where there are other processes: wait until they find what has changed."""
        if self.several and self.keeper is not None:
            await self.keeper.settle()

    def _keep(self, person: str) -> None:
        if self.keeper is not None:
            waiting = self._people.get(person)
            self.keeper.put(person, _adapter().dump_json(waiting).decode() if waiting is not None else None)

    def _oldest(self) -> _Waiting:
        return next(iter(self._people.values()))


@cache
def _adapter() -> TypeAdapter[_Waiting]:
    return TypeAdapter(_Waiting)

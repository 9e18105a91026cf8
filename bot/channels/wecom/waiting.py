"""The rest of a long answer, and answers beyond what may be sent, which wait until they are asked for."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.channels.wecom.sending import Outgoing

PEOPLE: Final = 10_000
"""How many people something waits for; a restart or more people lose the oldest, who ask again."""
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
    """What waits for whom, in memory."""

    clock: Callable[[], float] = time.monotonic
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

    def take(self, person: str) -> tuple[Outgoing, ...]:
        """What waits for a person, who gets it now."""
        waiting = self._people.pop(person, None)
        return waiting.messages if waiting is not None and waiting.since >= self.clock() - WAITING_SECONDS else ()

    def withheld(self, person: str) -> tuple[Outgoing, ...]:
        """What waits without their knowing, to go on waiting behind the next answer; what they know of is dropped for that."""
        waiting = self._people.get(person)
        return waiting.messages if waiting is not None and waiting.withheld else ()

    def _oldest(self) -> _Waiting:
        return next(iter(self._people.values()))

"""The rest of a long answer, which waits until it is asked for."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.channels.wecom.sending import Outgoing

PEOPLE: Final = 10_000
"""How many people something waits for; a restart or more people lose the oldest, who ask again."""
WAITING_SECONDS: Final = 24 * 3600.0


@dataclass
class WaitingRoom:
    """What waits for whom, in memory."""

    clock: Callable[[], float] = time.monotonic
    _people: OrderedDict[str, tuple[float, tuple[Outgoing, ...]]] = field(default_factory=OrderedDict, repr=False)

    def keep(self, person: str, rest: Sequence[Outgoing]) -> None:
        """Have this wait for a person in place of what waited before; nothing: nobody waits any more."""
        self._people.pop(person, None)
        now = self.clock()
        if rest:
            self._people[person] = (now, tuple(rest))
        while self._people and (len(self._people) > PEOPLE or self._oldest() < now - WAITING_SECONDS):
            self._people.popitem(last=False)

    def take(self, person: str) -> tuple[Outgoing, ...]:
        """What waits for a person, who gets it now."""
        kept_at, rest = self._people.pop(person, (0.0, ()))
        return rest if kept_at >= self.clock() - WAITING_SECONDS else ()

    def _oldest(self) -> float:
        return next(iter(self._people.values()))[0]

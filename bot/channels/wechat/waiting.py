"""What waits for each person: the rest of a long answer, and answers that weren't ready in time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.channels.wechat import wording

PEOPLE: Final = 10_000
"""How many people something waits for; a restart or more people lose the oldest, who ask again."""
WAITING_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one message leads to."""

    pages: tuple[str, ...]
    """The texts to send, the first now."""
    values: tuple[str, ...] = ()
    """The values of the choices in it, in order."""
    from_waiting: bool = False
    """It had been waiting: what waits behind it goes on waiting."""
    alone: bool = False
    """Nothing may stand below it: it is about danger to life."""


Answering = asyncio.Task[Answer | None]


@dataclass
class Waiting:
    """What waits for one person."""

    pages: tuple[str, ...] = ()
    """The rest of the answer shown last."""
    late: list[Answering] = field(default_factory=list)
    """Answers that weren't ready when WeChat took its last try, oldest first."""
    told_to_wait: bool = False
    """The last thing shown was that an answer isn't ready, so 「1」 means that one."""
    values: tuple[str, ...] = ()
    """The choices shown last where the talk itself has offered others since; empty: the talk knows them."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not (self.pages or self.late or self.values)

    def wait_for(self, late: Answering) -> str:
        """Keep an answer for later; the text that says so."""
        if late not in self.late:
            self.late.append(late)
        self.told_to_wait = True
        return wording.WAIT

    def show(self, answer: Answer) -> str:
        """The text of an answer with how to go on below it; what doesn't fit into it waits."""
        self.told_to_wait = False
        if answer.from_waiting:
            self.pages = (*answer.pages[1:], *self.pages)
            self.values = answer.values
        else:
            self.pages, self.values = answer.pages[1:], ()
        text = answer.pages[0]
        if answer.alone or not (self.pages or self.late):
            return text
        return f"{text}\n\n{wording.CONTINUE if self.pages else wording.EARLIER}"

    def next_page(self) -> Answer:
        """The next page of the answer shown last; there must be one."""
        page, *rest = self.pages
        self.pages = ()
        return Answer((page, *rest), values=self.values, from_waiting=True)

    async def next_late(self) -> Answer:
        """The oldest answer that wasn't ready in time, as soon as it is; there must be one."""
        answer = await asyncio.shield(self.late.pop(0))
        if answer is None:
            return Answer((wording.NOTHING_LATE,), from_waiting=True)
        return Answer(answer.pages, values=answer.values, from_waiting=True, alone=answer.alone)


@dataclass
class WaitingRoom:
    """What waits for whom, in memory."""

    clock: Callable[[], float] = time.monotonic
    _people: OrderedDict[str, tuple[float, Waiting]] = field(default_factory=OrderedDict)

    def of(self, person: str) -> Waiting:
        """What waits for this person; changed in place."""
        now = self.clock()
        _, waiting = self._people.pop(person, (now, Waiting()))
        self._people[person] = (now, waiting)
        while self._people and (len(self._people) > PEOPLE or self._oldest() < now - WAITING_SECONDS):
            self._people.popitem(last=False)
        return waiting

    def tidy(self, person: str) -> None:
        """Drop this person where nothing waits."""
        _, waiting = self._people.get(person, (0.0, None))
        if waiting is not None and waiting.empty and not waiting.told_to_wait:
            del self._people[person]

    def forget(self, person: str) -> None:
        """Drop all that waits for this person."""
        self._people.pop(person, None)

    def _oldest(self) -> float:
        return next(iter(self._people.values()))[0]

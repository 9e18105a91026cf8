"""What waits for each person: the rest of a long answer, and answers that weren't ready in time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.channels.wechat import wording
from bot.channels.wechat.keeping import Keeper
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

PEOPLE: Final = 10_000
"""How many people something waits for; more lose the oldest, who ask again."""
WAITING_SECONDS: Final = 24 * 3600.0
LATE_SECONDS: Final = 4.0
"""So long an answer is waited for that another process is at."""
POLL_SECONDS: Final = 0.2
KIND: Final = "waiting"
"""What the store has it under."""


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
    own_choices: bool = False
    """The talk doesn't know the choices in it: a number goes by `values`."""
    kept_pages: tuple[str, ...] = ()
    """The pages as the store may have them, where `pages` hold what the person said."""


Answering = asyncio.Future[Answer | None]


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
    """The choices shown last where the talk knows of others, or of none; empty: the talk knows them."""

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
        self.pages = (*answer.pages[1:], *self.pages) if answer.from_waiting else answer.pages[1:]
        self.values = answer.values if answer.from_waiting or answer.own_choices else ()
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
        return replace(answer, from_waiting=True)

    def to_json(self) -> str:
        """The form in which it is kept: what is ready, and of the rest that there was something."""
        late = tuple(for_the_store(each.result()) if _is_ready(each) else None for each in self.late)
        return _adapter().dump_json(_Kept(self.pages, late, self.told_to_wait, self.values)).decode()

    @classmethod
    def from_json(cls, kept: str) -> "Waiting":
        """The kept form read back; nothing where another version wrote it."""
        try:
            read = _adapter().validate_json(kept)
        except ValidationError:
            return cls()
        return cls(read.pages, [_ready(each) for each in read.late], read.told_to_wait, read.values)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Waiting, as it is stored."""

    pages: tuple[str, ...]
    late: tuple[Answer | None, ...]
    """None: it wasn't ready when the process ended, and is lost."""
    told_to_wait: bool
    values: tuple[str, ...]


@dataclass
class WaitingRoom:
    """What waits for whom: in memory, and behind it in the store, from which a start reads it once."""

    keeper: Keeper | None = None
    """None: a restart loses it."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC."""
    restored: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """Set once the store has been read, or couldn't be."""
    _people: OrderedDict[str, tuple[float, Waiting]] = field(default_factory=OrderedDict)

    def of(self, person: str) -> Waiting:
        """What waits for this person; to be changed in place, and then kept with keep()."""
        now = self.clock()
        _, waiting = self._people.pop(person, (now, Waiting()))
        self._people[person] = (now, waiting)
        while self._people and (len(self._people) > PEOPLE or self._oldest() < now - WAITING_SECONDS):
            self._people.popitem(last=False)
        return waiting

    def keep(self, person: str) -> None:
        """Have what waits for this person outlive a restart; drop them where nothing does."""
        _, waiting = self._people.get(person, (0.0, Waiting()))
        if waiting.empty and not waiting.told_to_wait:
            self._people.pop(person, None)
        if self.keeper is not None:
            self.keeper.put(person, None if waiting.empty else waiting.to_json())

    def wait_for(self, person: str, late: Answering) -> str:
        """Keep an answer for later, once it is ready too; the text that says so."""
        waiting = self.of(person)
        if late not in waiting.late:
            late.add_done_callback(lambda _: self.keep(person) if late in self.of(person).late else None)
        text = waiting.wait_for(late)
        self.keep(person)
        return text

    def forget(self, person: str) -> None:
        """Drop all that waits for this person; the store's part goes with all that it has of them."""
        self._people.pop(person, None)
        if self.keeper is not None:
            self.keeper.forget(person)

    async def restore(self) -> None:
        """Read what waited before the start; raises StoreError. Of who has written since, what waits now counts."""
        try:
            if self.keeper is not None:
                now = self.clock()
                for person, kept in await self.keeper.load(now - WAITING_SECONDS):
                    self._people.setdefault(person, (now, Waiting.from_json(kept)))
        finally:
            self.restored.set()

    async def refresh(self, person: str) -> None:
        """Read what waits for this person from the store, where other processes keep it too."""
        if self.keeper is None or any(not late.done() for late in self.of(person).late):
            return  # what is under way here isn't in the store yet
        try:
            kept = await self.keeper.read(person)
        except StoreError as error:
            log.error("waiting_not_read", reason=str(error))
            return
        waiting = Waiting.from_json(kept) if kept is not None else Waiting()
        waiting.late = [
            each if each.result() is not None else self._elsewhere(person, number)
            for number, each in enumerate(waiting.late)
        ]
        self._people.pop(person, None)
        self._people[person] = (self.clock(), waiting)

    def _elsewhere(self, person: str, number: int) -> Answering:
        """An answer that another process is at; None where it isn't there soon."""

        async def wait() -> Answer | None:
            for _ in range(int(LATE_SECONDS / POLL_SECONDS)):
                try:
                    kept = await self.keeper.read(person) if self.keeper is not None else None
                except StoreError:
                    return None
                late = Waiting.from_json(kept).late if kept is not None else []
                if number >= len(late):
                    return None  # it was shown meanwhile
                if late[number].result() is not None:
                    return late[number].result()
                await asyncio.sleep(POLL_SECONDS)
            return None

        return asyncio.ensure_future(wait())

    def _oldest(self) -> float:
        return next(iter(self._people.values()))[0]


@cache
def _adapter() -> TypeAdapter[_Kept]:
    return TypeAdapter(_Kept)


def _is_ready(late: Answering) -> bool:
    return late.done() and not late.cancelled() and late.exception() is None


def for_the_store(answer: Answer | None) -> Answer | None:
    """The answer without what the person said."""
    if answer is None or not answer.kept_pages:
        return answer
    return replace(answer, pages=answer.kept_pages, kept_pages=())


def _ready(answer: Answer | None) -> Answering:
    ready: Answering = asyncio.get_running_loop().create_future()
    ready.set_result(answer)
    return ready

"""Every message is worked on once, however often WeChat sends it; each of its tries gets what there is.

WeChat takes no answer later than five seconds and asks three times. What isn't ready at the third waits until it is asked for.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog

from bot.channels.fragments import FragmentJoiner
from bot.channels.wechat import limits
from bot.channels.wechat.keeping import CHANNEL
from bot.channels.wechat.messages import WeChatMessage
from bot.channels.wechat.shared_answers import SharedAnswer, SharedAnswers
from bot.channels.wechat.waiting import Answer, Answering, WaitingRoom
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

REPEAT: Final = "repeat"
LATE: Final = "late"
AGAIN: Final = "try"
TAKEN_OVER: Final = "taken_over"
"""Its process said nothing, and another has answered."""
HELD: Final = "held"
"""A message that looks unfinished waits for the next."""

Count = Callable[[str], None]


class Claims(Protocol):
    """Remembers which messages were claimed, across processes and restarts."""

    async def claim(self, channel: str, message_id: str) -> bool:
        """Claim this message: whether nobody had claimed it before; raises StoreError."""
        ...


Work = Callable[[WeChatMessage], Awaitable[Answer | None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds within a try; tests have less."""

    answer: float = limits.ANSWER_SECONDS
    """So long a try is waited with before it is given up on."""
    hold: float = limits.HOLD_SECONDS
    """So long a try without an answer is left open."""
    beat: float = 1.0
    """So often a process says to the others that it is at an answer."""


@dataclass
class _Attempts:
    """The tries of one message."""

    answering: Answering
    begun: float
    tries: int = 0
    body: str | None = None
    shown: bool = False
    """`body` is what every further try gets too."""


@dataclass
class MessageIntake:
    """Takes each try of a message and gives the text to answer it with; None for no answer."""

    work: Work
    claims: Claims
    count: Count
    waiting: WaitingRoom
    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], float] = time.time
    """Seconds since 1970, to compare with WeChat's."""
    fragments: FragmentJoiner = field(default_factory=FragmentJoiner)
    shared: SharedAnswers | None = None
    """Where other processes find the answers; None where there are no others."""
    _attempts: OrderedDict[str, _Attempts] = field(default_factory=OrderedDict, repr=False)
    _claiming: set[asyncio.Task[bool]] = field(default_factory=set, repr=False)

    async def take(self, message: WeChatMessage, gone: Awaitable[object]) -> str | None:
        """The text to answer this try with.

        Args:
            message: what came.
            gone: is done when WeChat has cut the connection.
        """
        came = time.monotonic()
        of_all = await self._try_of_several(message) if self.shared is not None else 1
        attempts = self._attempts_of(message, came, first=of_all == 1)
        attempts.tries += 1
        number = max(attempts.tries, of_all)
        if number > 1:
            self.count(AGAIN)
        leaving = asyncio.ensure_future(gone)
        try:
            await _wait({attempts.answering}, came + self.pace.answer)
            if not attempts.answering.done():
                if number >= limits.TRIES:
                    self.count(LATE)
                    text = self.waiting.wait_for(message.person, attempts.answering)
                    await self._settle()
                    return text
                await _wait({attempts.answering, leaving}, came + self.pace.hold)
        finally:
            leaving.cancel()
        return await self._shown(message, attempts) if attempts.answering.done() else None

    async def finish(self, seconds: float) -> None:
        """Wait for what is in work, at most so many seconds."""
        self.fragments.release_all()
        open_ones = {each.answering for each in self._attempts.values() if not each.answering.done()}
        if open_ones:
            await asyncio.wait(open_ones, timeout=seconds)
        if self._claiming:
            await asyncio.wait(self._claiming, timeout=seconds)

    def _attempts_of(self, message: WeChatMessage, now: float, *, first: bool) -> _Attempts:
        """The tries of this message here; the first begins the work on it, or is the first of all."""
        while self._attempts:
            oldest = next(iter(self._attempts.values()))
            kept = limits.REMEMBERED_SECONDS if oldest.answering.done() else 10 * limits.REMEMBERED_SECONDS
            if oldest.begun > now - kept:
                break
            self._attempts.popitem(last=False)
        known = self._attempts.get(message.key)
        if known is None:
            known = self._attempts[message.key] = _Attempts(
                asyncio.create_task(self._answer(message, first=first)), now
            )
        return known

    async def _answer(self, message: WeChatMessage, *, first: bool) -> Answer | None:
        if self.shared is not None:
            return await self._answer_of_several(message, self.shared, first=first)
        if not await self._ours(message):
            self.count(REPEAT)
            return None
        return await self._work_on(message)

    async def _work_on(self, message: WeChatMessage) -> Answer | None:
        """The answer to a message, together with what it goes on with."""
        if not message.is_typed:
            self.fragments.release(message.person)
            return await self.work(message)
        held = self.fragments.add(message.person, message.content, message.created)
        if not held.went_on.done():
            self.count(HELD)
        text = await self.fragments.wait(held)
        # What a later message takes along is answered under that one; WeChat is told that nothing follows here.
        return await self.work(replace(message, content=text)) if text is not None else None

    async def _answer_of_several(self, message: WeChatMessage, shared: SharedAnswers, *, first: bool) -> Answer | None:
        """The answer of the process that had the first try, to be given again; where that process is dead ours."""
        if not first:
            self.count(REPEAT)
            if abs(self.clock() - message.created) >= limits.RETRY_WINDOW_SECONDS:
                return None
            found = await shared.wait_for(message)
            if found is None and not await self._claim(f"{message.key}:{TAKEN_OVER}"):
                found = await shared.wait_for(message) or SharedAnswer(message.key)
            if found is not None:
                await self.waiting.refresh(message.person)
                return found.answer
            self.count(TAKEN_OVER)
        return await shared.work_on(message, lambda: self._work_on(message))

    async def _try_of_several(self, message: WeChatMessage) -> int:
        """Which of WeChat's tries this is, whichever process had the others."""
        for number in range(1, limits.TRIES):
            if await self._claim(message.key if number == 1 else f"{message.key}:{number}"):
                return number
        return limits.TRIES

    async def _ours(self, message: WeChatMessage) -> bool:
        """Whether to answer: a message claimed by nobody, or one whose first tries a restart may have cut off.

        Without the store all are answered: who waits for help is worse off with silence than with the same answer twice.
        """
        claiming = asyncio.create_task(self._claim(message.key))
        self._claiming.add(claiming)
        claiming.add_done_callback(self._claiming.discard)
        # So soon it is answered whoever has claimed it, and nobody waits for the claim.
        return abs(self.clock() - message.created) < limits.RETRY_WINDOW_SECONDS or await claiming

    async def _claim(self, key: str) -> bool:
        try:
            return await self.claims.claim(CHANNEL, key)
        except StoreError as error:
            log.error("message_not_claimed", reason=str(error))
            return True

    async def _shown(self, message: WeChatMessage, attempts: _Attempts) -> str | None:
        """The text of the answer, the same at each try."""
        if not attempts.shown:
            answer = attempts.answering.result()
            if answer is not None:
                waiting = self.waiting.of(message.person)
                if attempts.answering in waiting.late:
                    waiting.late.remove(attempts.answering)
                attempts.body = waiting.show(answer)
                self.waiting.keep(message.person)
                await self._settle()
            attempts.shown = True
        return attempts.body

    async def _settle(self) -> None:
        """Where there are other processes: wait until they find what has changed."""
        if self.shared is not None and self.waiting.keeper is not None:
            await self.waiting.keeper.settle()


async def _wait(several: set[asyncio.Future[object] | Answering], until: float) -> None:
    """Wait for the first of these, at most until then (monotonic seconds)."""
    await asyncio.wait(several, timeout=max(0.0, until - time.monotonic()), return_when=asyncio.FIRST_COMPLETED)

"""When the next message may go out: overall, in each chat, and after Telegram has said to wait."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from bot.channels.telegram import limits

REMEMBERED_CHATS: Final = 4096
SPARE: Final = 0.95
"""How much of the overall limit is used: on the way messages come closer together than they were sent."""
TOGETHER_SECONDS: Final = 2.0
REFUSED_TOGETHER: Final = 3
"""So many chats refused within TOGETHER_SECONDS mean that all of them are: Telegram doesn't say whom a 429 is about."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How many messages may go out; Telegram's published numbers unless a Bot API server of one's own allows more."""

    overall: float = field(default_factory=lambda: limits.MESSAGES_PER_SECOND)
    """Messages a second to everybody; 0: no limit."""
    in_chat: float = field(default_factory=lambda: limits.MESSAGES_PER_SECOND_IN_A_CHAT)
    """Messages a second to one person; 0: no limit."""
    in_group: float = limits.MESSAGES_PER_MINUTE_IN_A_GROUP
    """Messages a minute in one group."""
    first_wait: float = 0.5
    """Seconds before the first retry; doubles from retry to retry."""


@dataclass(slots=True)
class _ChatPace:
    """The messages of one chat: at most `number` within `seconds`."""

    number: int
    seconds: float
    sent: deque[float] = field(default_factory=deque)
    """When the last messages went out, or will."""
    resume_at: float = 0.0
    """Until then Telegram takes nothing for this chat."""

    def free_at(self) -> float:
        """From when on the next message may go out."""
        gap = self.sent[0] + self.seconds if self.number and len(self.sent) >= self.number else 0.0
        return max(gap, self.resume_at)

    def take(self, at: float) -> None:
        """Count a message."""
        self.sent.append(at)
        if len(self.sent) > self.number:
            self.sent.popleft()


class _Line:
    """Everybody's pace: one after the other, each by when the last one really went: after a stall they would all go at once."""

    def __init__(self, gap: float, clock: Callable[[], float]) -> None:
        self._gap = gap
        self._clock = clock
        self._last = 0.0
        self._turn = asyncio.Lock()

    async def step(self) -> None:
        """Wait for one's turn; without a gap there is none."""
        if self._gap:
            async with self._turn:
                left = self._last + self._gap - self._clock()
                if left > 0:
                    await asyncio.sleep(left)
                self._last = self._clock()

    def skip(self) -> None:
        """Go without waiting; the next one waits for it."""
        self._last = max(self._clock(), self._last + self._gap)


class Pace:
    """Gives each message its time. A 429 stops the chat that it is about, and all only when several chats get one together.

    Afterwards messages go out one by one in the pace of the limits, never all at once.
    """

    def __init__(self, rate_limits: RateLimits, clock: Callable[[], float] = monotonic) -> None:
        self._limits = rate_limits
        self._clock = clock
        self._chats: OrderedDict[int, _ChatPace] = OrderedDict()
        gap = 1 / (SPARE * rate_limits.overall) if rate_limits.overall else 0.0
        self._beginnings = _Line(gap, clock)
        self._messages = _Line(gap, clock)
        self._resume_at = 0.0
        self._refused: deque[tuple[float, int, float]] = deque()
        """When a chat was refused, which, and for how long."""

    def free_at(self, chat: int) -> float:
        """From when on a message may go to this chat, on the clock; in the past if at once."""
        pace = self._chats.get(chat)
        return max(pace.free_at() if pace is not None else 0.0, self._resume_at)

    async def begin(self) -> None:
        """Wait until one more answer may be begun, where there are as many in work as can be sent soon."""
        await self._beginnings.step()

    async def wait(self, chat: int) -> None:
        """Wait for the chat's turn, then for everybody's, and count the message."""
        pace = self._of(chat)
        if pace.number:
            at = max(self._clock(), pace.free_at())
            pace.take(at)
            await self._until(at)
        while True:
            await self._until(max(pace.resume_at, self._resume_at))
            await self._messages.step()
            if max(pace.resume_at, self._resume_at) <= self._clock():
                return

    def spend(self, chat: int) -> None:
        """Count a message that doesn't wait."""
        self._messages.skip()
        pace = self._of(chat)
        if pace.number:
            pace.take(self._clock())

    def refused(self, chat: int, seconds: float) -> None:
        """Telegram takes nothing for this chat for so many seconds; if others hear the same now, for nobody."""
        now = self._clock()
        pace = self._of(chat)
        pace.resume_at = max(pace.resume_at, now + seconds)
        self._refused.append((now, chat, seconds))
        while self._refused[0][0] < now - TOGETHER_SECONDS:
            self._refused.popleft()
        if len({each for _, each, _ in self._refused}) >= REFUSED_TOGETHER:
            shortest = min(told for _, _, told in self._refused)
            self._resume_at = max(self._resume_at, now + shortest)
            self._refused.clear()

    def _of(self, chat: int) -> _ChatPace:
        pace = self._chats.pop(chat, None) or self._new(chat)
        self._chats[chat] = pace
        if len(self._chats) > REMEMBERED_CHATS:
            self._forget_idle()
        return pace

    def _new(self, chat: int) -> _ChatPace:
        # A private chat has its person's number, which is positive (https://core.telegram.org/bots/api#chat).
        if chat < 0:
            return _ChatPace(int(self._limits.in_group), 60.0)
        return _ChatPace(1, 1 / self._limits.in_chat) if self._limits.in_chat else _ChatPace(0, 0.0)

    def _forget_idle(self) -> None:
        """Forget the chat heard of longest ago, unless it has to wait."""
        chat, pace = next(iter(self._chats.items()))
        if pace.free_at() <= self._clock():
            del self._chats[chat]
        else:
            self._chats.move_to_end(chat)

    async def _until(self, at: float) -> None:
        left = at - self._clock()
        if left > 0:
            await asyncio.sleep(left)

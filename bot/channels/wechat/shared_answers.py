"""Answers for the tries that come to another process: WeChat asks up to three times, and a proxy may send each elsewhere."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Final
from zlib import crc32

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.channels.wechat.keeping import CHANNEL, ChannelStates
from bot.channels.wechat.messages import WeChatMessage
from bot.channels.wechat.waiting import Answer, for_the_store
from bot.messages import ChatIdentity
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

SLOTS: Final = 4
"""How many answers of one person are kept: more messages than anybody writes within the time of three tries."""
POLLS: Final = 5
"""So many times within a beat it is looked whether the answer is there."""
SILENT_BEATS: Final = 3
"""A process that is at an answer says so every beat; after so many beats without a word it is dead."""


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer, or that a process is at it, as it is stored."""

    key: str
    """Of the message."""
    answer: Answer | None = None
    """None: the bot is silent."""
    beat: int | None = None
    """While a process is at it, a number that changes."""


@dataclass(frozen=True)
class SharedAnswers:
    """Keeps the latest answers of each person in the store, where the other processes find them."""

    states: ChannelStates
    beat_seconds: float = 1.0

    async def work_on(self, message: WeChatMessage, work: Callable[[], Awaitable[Answer | None]]) -> Answer | None:
        """What the work gives, which every process then answers this message with."""
        beating = asyncio.create_task(self._beat(message))
        try:
            answer = await work()
        finally:
            beating.cancel()
            await asyncio.wait({beating})
        await self._put(message, SharedAnswer(message.key, for_the_store(answer)))
        return answer

    async def wait_for(self, message: WeChatMessage) -> SharedAnswer | None:
        """The answer of the process that is at it; None where that process is dead."""
        heard, silent = -1, 0
        while silent < SILENT_BEATS * POLLS:
            found = await self._get(message)
            if found is not None and found.beat is None:
                return found
            if found is not None and found.beat is not None and found.beat != heard:
                heard, silent = found.beat, 0
            silent += 1
            await asyncio.sleep(self.beat_seconds / POLLS)
        return None

    async def _beat(self, message: WeChatMessage) -> None:
        # Most answers are there before the first: it costs them nothing.
        for beat in itertools.count():
            await asyncio.sleep(self.beat_seconds)
            await self._put(message, SharedAnswer(message.key, beat=beat))

    async def _put(self, message: WeChatMessage, answer: SharedAnswer) -> None:
        data = _adapter().dump_json(answer).decode()
        try:
            await self.states.save(ChatIdentity(CHANNEL, message.person), _slot(message), data)
        except StoreError as error:
            log.error("answer_not_shared", reason=str(error))

    async def _get(self, message: WeChatMessage) -> SharedAnswer | None:
        try:
            data = await self.states.read(ChatIdentity(CHANNEL, message.person), _slot(message))
            found = _adapter().validate_json(data) if data is not None else None
        except (StoreError, ValidationError) as error:
            log.error("answer_not_read", error=type(error).__name__)
            return None
        return found if found is not None and found.key == message.key else None


def _slot(message: WeChatMessage) -> str:
    return f"answer{crc32(message.key.encode('utf-8', 'surrogatepass')) % SLOTS}"


@cache
def _adapter() -> TypeAdapter[SharedAnswer]:
    return TypeAdapter(SharedAnswer)

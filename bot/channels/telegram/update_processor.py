"""The order of work: updates of one chat one after another, chats at the same time."""

import asyncio
from collections.abc import Awaitable
from typing import Final
from weakref import WeakValueDictionary

from telegram import Update
from telegram.ext import BaseUpdateProcessor
from typing_extensions import override

WORKING_AT_ONCE: Final = 256
"""How many updates are worked on at the same time."""

_MOST_QUEUED: Final = 1_000_000
"""python-telegram-bot also counts updates that wait for their chat: with a small number one chat could use it up."""


class PerChatUpdateProcessor(BaseUpdateProcessor):
    """Works on one update a chat at a time, in the order of arrival; a stuck chat holds up no other.

    python-telegram-bot has either one update after another over all chats, or no order at all
    (https://github.com/python-telegram-bot/python-telegram-bot/wiki/Concurrency).
    """

    def __init__(self) -> None:
        super().__init__(max_concurrent_updates=_MOST_QUEUED)
        self._chats: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._working = asyncio.Semaphore(WORKING_AT_ONCE)

    @override
    async def do_process_update(self, update: object, coroutine: Awaitable[object]) -> None:
        async with self._lock(update), self._working:
            await coroutine

    @override
    async def initialize(self) -> None:
        """Nothing to open."""

    @override
    async def shutdown(self) -> None:
        """Nothing to close."""

    def _lock(self, update: object) -> asyncio.Lock:
        """The chat's own lock (asyncio's locks are first come, first served); it goes when nobody holds it."""
        chat = update.effective_chat if isinstance(update, Update) else None
        if chat is None:
            return asyncio.Lock()
        lock = self._chats.get(chat.id)
        if lock is None:
            lock = self._chats[chat.id] = asyncio.Lock()
        return lock

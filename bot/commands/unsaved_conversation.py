"""The conversation as people have it, for a command that only looks at its answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.second_opinion import SecondOpinions
from intents.knowledge import Knowledge

IN_MEMORY = "sqlite+aiosqlite://"
PATIENCE = 60
"""Seconds for a call of the database: nobody waits here, and a figure measured on a busy machine must not miss a turn."""


@asynccontextmanager
async def unsaved_conversation(
    knowledge: Callable[[], Knowledge], opinions: SecondOpinions | None = None
) -> AsyncIterator[Conversation]:
    """A conversation whose database is in memory and ends with it: no question is counted, none kept."""
    async with Store(IN_MEMORY, call_seconds=PATIENCE) as store:
        yield Conversation(knowledge, store, opinions=opinions)

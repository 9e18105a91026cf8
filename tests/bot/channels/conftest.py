"""What the channels' tests share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.botapi import BotAPI
from tests.telegram_bot import Bot, talking


@pytest.fixture
async def server() -> AsyncIterator[BotAPI]:
    """A Bot API server."""
    async with BotAPI() as server:
        yield server


@pytest.fixture
async def bot(server: BotAPI, tmp_path: Path) -> AsyncIterator[Bot]:
    """A bot that polls the server, with the real conversation."""
    async with talking(server, tmp_path) as bot:
        yield bot

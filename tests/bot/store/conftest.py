"""A store on each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.stores import DEADLINE, Clock, sqlite_url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Store]:
    if database_url.startswith("sqlite"):
        assert sqlite_url(tmp_path) == database_url
    async with Store(database_url, clock, call_seconds=DEADLINE) as opened:
        yield opened

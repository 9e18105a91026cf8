"""A store on each kind of database."""

from collections.abc import AsyncIterator

import pytest

from bot.store.store import Store
from tests.stores import DEADLINE, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database_url: str, clock: Clock) -> AsyncIterator[Store]:
    async with Store(database_url, clock, call_seconds=DEADLINE) as opened:
        yield opened

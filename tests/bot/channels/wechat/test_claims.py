"""Claims that come at the same moment share a statement, and nobody waits for ever."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.channels.wechat.claims import BATCH_SIZE, BatchedClaims
from bot.store.errors import StoreError


class Slow:
    """Claims whose statements end when the test says so."""

    def __init__(self) -> None:
        self.statements: list[int] = []
        self.taken: set[str] = set()
        self.free = asyncio.Event()

    async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
        assert channel == "wechat"
        self.statements.append(len(message_ids))
        await self.free.wait()
        ours = frozenset(message_ids) - self.taken
        self.taken |= ours
        return ours


async def test_what_comes_while_a_statement_runs_goes_along_with_the_next() -> None:
    slow = Slow()
    claims = BatchedClaims(slow)
    several = [asyncio.create_task(claims.claim(str(number))) for number in range(BATCH_SIZE + 50)]
    again = asyncio.create_task(claims.claim("0"))
    await asyncio.sleep(0)
    slow.free.set()
    assert all(await asyncio.gather(*several))
    assert not await again
    assert len(slow.statements) <= 3
    assert await claims.claim("new")


@pytest.mark.parametrize("error", [StoreError("away"), RuntimeError("odd")])
async def test_a_failing_statement_fails_each_of_its_claims(error: Exception) -> None:
    class Failing:
        async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
            assert channel
            assert message_ids
            raise error

    claims = BatchedClaims(Failing())
    results = await asyncio.gather(*(claims.claim(str(number)) for number in range(3)), return_exceptions=True)
    assert [type(each) for each in results] == [StoreError] * 3

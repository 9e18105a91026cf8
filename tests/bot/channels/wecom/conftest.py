"""What the tests of WeCom share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.wecom import WeCom, wecom_server
from tests.wecom_account import Company, talking


@pytest.fixture
async def wecom() -> AsyncIterator[WeCom]:
    """WeCom's servers."""
    async with wecom_server() as server:
        yield server


@pytest.fixture
async def company(wecom: WeCom, tmp_path: Path) -> AsyncIterator[Company]:
    """A company whose channel is connected, with the real conversation."""
    async with talking(wecom, tmp_path) as company:
        yield company

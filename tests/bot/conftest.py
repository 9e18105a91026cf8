"""Databases that tests of the bot share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Cluster, postgresql


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL for the whole run."""
    with postgresql() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}"
        return
    running: Cluster = request.getfixturevalue("cluster")
    with running.database() as url:
        yield url

"""What a URL names: a file, a database in memory, a server."""

import pytest

from bot.store.engine import is_in_memory, sqlite_file


@pytest.mark.parametrize(
    ("url", "in_memory", "file"),
    [
        ("sqlite+aiosqlite://", True, None),
        ("sqlite+aiosqlite:///", True, None),
        ("sqlite+aiosqlite:///:memory:", True, None),
        ("sqlite+aiosqlite:///youshu.db", False, "youshu.db"),
        ("sqlite+aiosqlite:////data/youshu.db", False, "/data/youshu.db"),
        ("postgresql+asyncpg://x@127.0.0.1/youshu", False, None),
        ("postgresql+asyncpg://x@127.0.0.1", False, None),
    ],
)
def test_only_sqlite_is_a_file_or_in_memory(url: str, in_memory: bool, file: str | None) -> None:  # noqa: FBT001 -- a case
    assert is_in_memory(url) is in_memory
    assert sqlite_file(url) == file

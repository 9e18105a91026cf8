"""The operator's terminal in a test: the real commands in this process, which has imported them already."""

import asyncio
import io
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.cli import main
from bot.messages import ChatIdentity
from bot.store.analytics import TurnEvent
from bot.store.store import Store
from tests.logs import logging_restored
from tests.processes import environment
from tests.stores import sqlite_url


class Done(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str


class OperatorTerminal:
    """The operator's terminal, in a folder of its own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, printed: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.faq = folder / "faq.yaml"
        self._patch, self._printed = patch, printed
        patch.setenv("LANGUAGE", "")  # so that what a command sets is undone as well
        for name, value in environment(folder, {}).items():
            patch.setenv(name, value)
        patch.setenv("COLUMNS", "200")
        patch.chdir(folder)

    def __call__(self, *arguments: str, stdin: str = "") -> Done:
        """One command; its exit code and what it printed."""
        self._patch.setattr("sys.argv", ["youshu", *arguments])
        self._patch.setattr("sys.stdin", io.StringIO(stdin))
        self._printed.readouterr()
        try:
            with logging_restored():
                main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = self._printed.readouterr()
        return Done(code, out, err)

    def missed(self, *texts: str) -> None:
        """Put sentences that weren't understood into the database."""

        async def write() -> None:
            async with Store(sqlite_url(self.folder), call_seconds=30) as store:
                for text in texts:
                    miss = TurnEvent("fallback", miss=text, likeness=text)
                    await store.turns.save(ChatIdentity("web", "somebody"), "{}", miss)

        asyncio.run(write())

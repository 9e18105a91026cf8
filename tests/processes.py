"""A real `youshu` process for tests that start, signal and kill it."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.fakes.botapi import PLAIN

START_SECONDS = 60
STOP_SECONDS = 40


UNPACED = (
    "from bot.channels.telegram import limits; limits.MESSAGES_PER_SECOND = limits.MESSAGES_PER_SECOND_IN_A_CHAT = 0; "
)
"""Without Telegram's pace of one message a second in a chat, which would be most of what a test waits for."""
UNLIMITED = "from functools import partial; import bot.service; bot.service.RateLimiter = partial(bot.service.RateLimiter, 10_000); "
"""Without the limit on one person's messages, where few people stand for many."""


def command(*arguments: str, changes: str = "") -> list[str]:
    """The command line of `youshu`, with UNPACED or UNLIMITED changed before it starts."""
    return [
        sys.executable,
        *(["-c", f"{changes}from bot.cli import main; main()"] if changes else ["-m", "bot"]),
        *arguments,
    ]


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """A clean environment: none of the developer's settings, everything inside the folder."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("YOUSHU_")}
    own = {"YOUSHU_FAQ": str(folder / "faq.yaml"), "YOUSHU_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'youshu.db'}"}
    return kept | own | {f"YOUSHU_{name}": value for name, value in settings.items()}


@dataclass
class Service:
    """A running `youshu serve` and all that it wrote."""

    process: asyncio.subprocess.Process
    url: str
    written: bytearray = field(default_factory=bytearray)
    reader: asyncio.Task[None] | None = None

    @property
    def log(self) -> str:
        """Everything on stdout and stderr so far."""
        return self.written.decode("utf-8", "replace")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the process and wait for its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        if self.reader is not None:
            await self.reader
        return code

    async def say(self, session: str, text: str) -> dict[str, object]:
        """One message through the web chat's API."""
        return await self._post({"session": session, "text": text})

    async def tap(self, session: str, choice: str) -> dict[str, object]:
        """One tap through the web chat's API."""
        return await self._post({"session": session, "choice": choice})

    async def _post(self, body: dict[str, str]) -> dict[str, object]:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, verify=PLAIN) as client:
            answer = await client.post("/api/messages", json=body)
            answer.raise_for_status()
            return dict(answer.json())


@asynccontextmanager
async def running(folder: Path, port: int, changes: str = "", /, **settings: str) -> AsyncIterator[Service]:
    """`youshu serve` on this port, ready; killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        *command("serve", "--port", str(port), changes=changes),
        env=environment(folder, settings),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    service = Service(process, f"http://127.0.0.1:{port}")
    ready = asyncio.Event()
    service.reader = asyncio.create_task(_collect(service, ready))
    try:
        await asyncio.wait_for(ready.wait(), START_SECONDS)
        assert process.returncode is None, service.log
        yield service
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await service.reader


async def _collect(service: Service, ready: asyncio.Event) -> None:
    """Read what the process writes; ready is set at its ready line, or at its end."""
    assert service.process.stdout is not None
    async for line in service.process.stdout:
        service.written += line
        if b"ready" in line:
            ready.set()
    ready.set()


def free_port() -> int:
    """A port that nobody listens on now, and that stays free while a service is stopped and started again.

    It lies below those from which Linux takes the ports of connections (32768 on), and each worker of the tests has its own.
    """
    first = 12_000 + 2_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in random.sample(range(first, first + 2_000), 2_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")

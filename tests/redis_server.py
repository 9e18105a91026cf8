"""A real redis-server in a folder of its own, for tests that stop it and start it again."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.requirements import require


@dataclass
class RedisServer:
    """Listens on a socket in its folder only, and keeps nothing on disk."""

    program: str
    folder: Path
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its address as in YOUSHU_REDIS_URL."""
        return f"unix://{self.folder / 'redis.sock'}"

    async def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = ["--port", "0", "--unixsocket", str(self.folder / "redis.sock"), "--save", "", "--appendonly", "no"]
        self.process = await asyncio.create_subprocess_exec(
            self.program, *options, "--daemonize", "no", cwd=self.folder, stdout=asyncio.subprocess.PIPE
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            async for line in self.process.stdout:
                if b"ready to accept connections" in line.lower() or b"now ready" in line.lower():
                    return
        raise AssertionError("redis-server did not start")

    async def kill(self) -> None:
        """End it at once, as a crash does."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()


@asynccontextmanager
async def redis_server() -> AsyncIterator[RedisServer]:
    """A running server; skips the test where Redis isn't installed, or fails it where it is required."""
    # A short path: a socket's may have some hundred bytes.
    folder = Path(tempfile.mkdtemp(prefix="youshu-redis-"))
    server = RedisServer(require("redis"), folder)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
        shutil.rmtree(folder, ignore_errors=True)

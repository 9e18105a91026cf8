"""Several processes of youshu behind nginx on one PostgreSQL, as compose.yaml's profile `scale` runs them: killed, stopped, started again."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.nginx import HOST, Nginx, balancing
from tests.processes import UNPACED, Service, free_port, running

NUMBER = 3


@dataclass
class Replica:
    """One of the processes, and the next in its place when it ends."""

    port: int
    service: Service | None = None
    logs: list[str] = field(default_factory=list)
    """What those before it wrote."""
    up: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self, folder: Path, settings: Mapping[str, str]) -> None:
        """Run it, and again each time it ends, until cancelled."""
        while True:
            async with running(folder, self.port, UNPACED, **settings) as service:
                self.service = service
                self.up.set()
                try:
                    await service.process.wait()
                finally:
                    self.up.clear()
                    self.logs.append(service.log)

    async def end(self, number: signal.Signals) -> int:
        """Signal it, wait for its end; the exit code. Another takes its place."""
        await asyncio.wait_for(self.up.wait(), 60)
        assert self.service is not None
        code = await self.service.stop(number)
        self.up.clear()
        return code


@dataclass
class Replicas:
    """All of them, and nginx before them."""

    before: Nginx
    each: list[Replica]

    async def all_up(self) -> None:
        """Wait until all are ready."""
        async with asyncio.timeout(60):
            await asyncio.gather(*(replica.up.wait() for replica in self.each))

    @property
    def logs(self) -> str:
        """All that they have written."""
        now = [replica.service.log for replica in self.each if replica.up.is_set() and replica.service is not None]
        return "".join([*(log for replica in self.each for log in replica.logs), *now])


@asynccontextmanager
async def replicas(folder: Path, **settings: str) -> AsyncIterator[Replicas]:
    """Three processes that are ready, each started again whenever it ends."""
    each = [Replica(free_port()) for _ in range(NUMBER)]
    shared = {"PUBLIC_URL": f"https://{HOST}", "REPLICAS": str(NUMBER), **settings}
    async with balancing(folder, [replica.port for replica in each]) as before:
        keeping = [asyncio.create_task(replica.keep(folder, shared)) for replica in each]
        try:
            all_of_them = Replicas(before, each)
            await all_of_them.all_up()
            yield all_of_them
        finally:
            for task in keeping:
                task.cancel()
            for task in keeping:
                with contextlib.suppress(asyncio.CancelledError):
                    await task

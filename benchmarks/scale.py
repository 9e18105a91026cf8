"""Turns a second with one, two and three processes on the same cores, and what a message costs the service and PostgreSQL.

    python -m benchmarks.scale [--messages 3000] [--connections 32] [--rounds 2]

`youshu serve` with the shipped FAQ as processes of its own, first one with SQLite, then one, two and three on a private PostgreSQL (which
leaves out waiting for the disk: fsync is off, its share of the processor is unchanged). The page's API is asked over connections that
stay open, in turn at each process, without nginx; whoever asks runs on the same cores, and its share is printed beside. CPU is what
the operating system counts for the processes.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path

from benchmarks.http import questions
from tests.databases import Cluster, postgresql
from tests.processes import Service, free_port, running

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
PEOPLE = 20_000


@dataclass
class Case:
    """So many processes on one kind of database, and what was measured."""

    name: str
    services: Sequence[Service]
    cluster: Cluster | None
    rates: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    app: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    asking: list[float] = field(default_factory=list)
    """Milliseconds of the processor a message: the service's, PostgreSQL's, of whoever asks."""

    def seconds_used(self) -> tuple[float, float, float]:
        """Seconds of processor time so far, of all three."""
        postmaster = [] if self.cluster is None else _postgres(self.cluster)
        return _used(each.process.pid for each in self.services), _used(postmaster), time.process_time()


def _postgres(cluster: Cluster) -> list[int]:
    """PostgreSQL's processes: the first, and all that it has started."""
    first = int((cluster.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [first, *(pid for pid in pids if _stat(pid)[1:2] == [str(first)])]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _used(pids: Iterable[int]) -> float:
    """Their processor time in seconds, with that of children that have ended."""
    stats = [_stat(pid) for pid in pids]
    return sum(sum(map(int, stat[11:15])) for stat in stats if stat) / TICKS


def _request(text: str, person: int) -> bytes:
    """A message as the page posts it."""
    body = json.dumps({"session": f"scale-{person % PEOPLE}", "text": text, "id": str(person)}).encode()
    head = f"POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def ask(case: Case, requests: Sequence[bytes], connections: int) -> list[float]:
    """Send all, on each connection the next as soon as the last is answered; the seconds that each took."""
    took: list[float] = []
    waiting = iter(requests)

    async def client(url: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        for request in waiting:
            begin = time.perf_counter()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200"), head
            await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
            took.append(time.perf_counter() - begin)
        writer.close()

    urls = cycle(service.url for service in case.services)
    await asyncio.gather(*(client(next(urls)) for _ in range(connections)))
    return took


async def measure(case: Case, arguments: argparse.Namespace, people: Iterable[int]) -> None:
    """Fill in the figures; the first round is what only the first wait for."""
    asked, numbers = cycle(questions()), iter(people)
    for number in range(arguments.rounds + 1):
        requests = [_request(next(asked), next(numbers)) for _ in range(arguments.messages)]
        before, begin = case.seconds_used(), time.perf_counter()
        took = await ask(case, requests, arguments.connections)
        seconds, after = time.perf_counter() - begin, case.seconds_used()
        if not number:
            continue
        case.rates.append(len(took) / seconds)
        case.p99.append(sorted(took)[len(took) * 99 // 100] * 1000)
        for kept, was, now in zip((case.app, case.database, case.asking), before, after, strict=True):
            kept.append((now - was) / len(took) * 1000)


@asynccontextmanager
async def started(name: str, processes: int, cluster: Cluster | None, url: str | None) -> AsyncIterator[Case]:
    """So many processes that are ready."""
    settings = {"FAQ": str(ROOT / "faq.yaml"), **({"DATABASE_URL": url} if url is not None else {})}
    if processes > 1 or url is not None:
        settings["REPLICAS"] = str(max(2, processes))  # alone on PostgreSQL it does what it would beside others
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = [await stack.enter_async_context(running(folder, free_port(), **settings)) for _ in range(processes)]
        yield Case(name, services, cluster)


async def run(arguments: argparse.Namespace) -> None:
    """Each case after the other, a line for each."""
    people = count()
    print(
        f"{'':24}{'turns/s':>9}{'p99 ms':>9}{'service ms':>12}{'PostgreSQL ms':>15}{'asking ms':>11}{'cores used':>12}"
    )
    with postgresql() as cluster:
        for processes in (0, 1, 2, 3):
            name = f"{processes} on PostgreSQL" if processes else "1 on SQLite"
            with cluster.database() as url:
                async with started(
                    name, max(1, processes), cluster if processes else None, url if processes else None
                ) as case:
                    await measure(case, arguments, people)
            rate, p99, app, database, asking = (
                statistics.median(each) for each in (case.rates, case.p99, case.app, case.database, case.asking)
            )
            cores = rate * (app + database + asking) / 1000
            print(f"{name:24}{rate:9.0f}{p99:9.1f}{app:12.2f}{database:15.2f}{asking:11.2f}{cores:12.2f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()

"""Messages a second and CPU a message of `/api/messages`, beside WeRoBot's echo robot and a bare Starlette echo, in one run.

    python -m benchmarks.messages [--werobot PYTHON] [--messages 2000] [--rounds 3] [--talks 100000]

Each server is a process of its own: `youshu serve` with an empty database, the same with so many talks kept, Starlette
on uvicorn with httptools and uvloop, and WeRoBot on tornado, as its documentation runs it. WeRoBot is no dependency of
ours: `--werobot` names a Python that has it (`pip install werobot tornado`). All answer distinct questions of
`tests/corpus/dev.tsv` over 32 connections, ours each from another person; the rounds take turns, the median counts. CPU is what the
operating system counts for the server's process.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from urllib.parse import urlencode

from intents.matching.corpus import read_labeled_utterances
from tests.processes import command, environment, free_port

CONNECTIONS = 32
GOAL = 0.9
"""Of WeRoBot's speed on tornado."""
GOAL_CPU_MS = 1.0
ROOT = Path(__file__).resolve().parent.parent
TOKEN = "benchmark"  # noqa: S105 -- it guards nothing
TICKS = os.sysconf("SC_CLK_TCK")

STARLETTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def echo(request):
    return JSONResponse({"text": (await request.json())["text"]})
app = Starlette(routes=[Route("/api/messages", echo, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", loop="uvloop", log_config=None, access_log=False)
"""
WEROBOT = f"""
import sys, werobot
robot = werobot.WeRoBot(token={TOKEN!r}, enable_session=False)
@robot.text
def echo(message):
    return message.content
robot.config.update(HOST="127.0.0.1", PORT=int(sys.argv[1]), SERVER="tornado")
robot.run()
"""

Request = Callable[[str, int], bytes]
"""The whole HTTP request for a text from the person of this number."""


@dataclass
class Server:
    """One server under load, and what was measured."""

    name: str
    port: int
    pid: int
    request: Request
    speeds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Milliseconds a message."""

    def cpu_seconds(self) -> float:
        """What the process has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def json_request(text: str, person: int) -> bytes:
    """A message as the page posts it."""
    body = json.dumps({"session": f"benchmark-{person}", "text": text}).encode()
    head = f"POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def wechat_request(text: str, person: int) -> bytes:
    """A message as WeChat posts it."""
    stamp, nonce = "1700000000", str(person)
    signature = hashlib.sha1("".join(sorted([TOKEN, stamp, nonce])).encode()).hexdigest()  # noqa: S324 -- WeChat's own
    body = (
        f"<xml><ToUserName>gh_1</ToUserName><FromUserName>o{person}</FromUserName><CreateTime>{stamp}</CreateTime>"
        f"<MsgType>text</MsgType><Content><![CDATA[{text}]]></Content><MsgId>{person}</MsgId></xml>"
    ).encode()
    query = urlencode({"signature": signature, "timestamp": stamp, "nonce": nonce})
    head = (
        f"POST /?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    """One request and its whole answer."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200"), head
    await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))


async def load(server: Server, texts: Iterator[str], people: Iterator[int], messages: int) -> None:
    """So many messages over all connections; adds to what was measured."""
    left = iter(range(messages))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in left:
            await ask(reader, writer, server.request(next(texts), next(people)))
        writer.close()

    used, begin = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    server.speeds.append(messages / (time.perf_counter() - begin))
    server.cpu.append((server.cpu_seconds() - used) / messages * 1000)


@asynccontextmanager
async def started(
    name: str, port: int, request: Request, *arguments: str, env: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """A server that answers; terminated at the end."""
    running = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=env
    )
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    assert running.returncode is None, f"{name} ended at once"
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    break
        yield Server(name, port, running.pid, request)
    finally:
        running.terminate()
        await running.wait()


@asynccontextmanager
async def ours(folder: Path, talks: int) -> AsyncIterator[Server]:
    """`youshu serve` with the shipped FAQ and so many talks kept."""
    port = free_port()
    variables = environment(folder, {"FAQ": str(ROOT / "faq.yaml")})
    name = f"youshu, {talks:,} talks kept"
    async with started(name, port, json_request, *command("serve", "--port", str(port)), env=variables) as server:
        await load(Server(name, port, server.pid, json_request), cycle(["催收会上门吗"]), count(10**9), CONNECTIONS)
        keep_talks(folder / "youshu.db", talks)
        yield server


def keep_talks(path: Path, number: int) -> None:
    """Fill the table with copies of a talk that the service itself has kept."""
    if not number:
        return
    with closing(sqlite3.connect(path, timeout=30)) as database, database:
        columns = [row[1] for row in database.execute("pragma table_info(talks)")]
        copied = ", ".join("'kept-' || n" if name == "user" else f'"{name}"' for name in columns)
        database.execute(
            f"with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?) "  # noqa: S608 -- our own names
            f"insert into talks select {copied} from numbers, (select * from talks limit 1)",
            (number,),
        )


async def measure(arguments: argparse.Namespace) -> list[Server]:
    """All servers, in turns."""
    texts = [each.text for each in read_labeled_utterances(ROOT / "tests/corpus/dev.tsv")]
    questions, people = cycle(texts), count()
    async with AsyncExitStack() as running:
        empty, full = (Path(running.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        servers = [
            await running.enter_async_context(ours(empty, 0)),
            await running.enter_async_context(ours(full, arguments.talks)),
        ]
        port = free_port()
        servers.append(
            await running.enter_async_context(
                started("Starlette echo", port, json_request, sys.executable, "-c", STARLETTE, str(port))
            )
        )
        if arguments.werobot:
            port = free_port()
            echo = started("WeRoBot echo (tornado)", port, wechat_request, arguments.werobot, "-c", WEROBOT, str(port))
            servers.append(await running.enter_async_context(echo))
        for number in range(arguments.rounds + 1):
            for server in servers:
                await load(server, questions, people, arguments.messages if number else arguments.messages // 4)
                if not number:  # warm-up
                    server.speeds.clear()
                    server.cpu.clear()
    return servers


def main() -> None:
    """Measure and print; fails below the goals where WeRoBot took part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--werobot", help="a Python that has werobot and tornado")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--talks", type=int, default=100_000)
    arguments = parser.parse_args()
    servers = asyncio.run(measure(arguments))
    peer = statistics.median(servers[-1].speeds)
    for server in servers:
        speed, cpu = statistics.median(server.speeds), statistics.median(server.cpu)
        print(
            f"{server.name:30} {speed:7,.0f} a second  {cpu:5.2f} ms CPU a message  {speed / peer:5.2f} of {servers[-1].name}"
        )
    if arguments.werobot:
        reached = all(
            statistics.median(each.speeds) >= GOAL * peer and statistics.median(each.cpu) <= GOAL_CPU_MS
            for each in servers[:2]
        )
        print(f"goals (at least {GOAL} of WeRoBot, at most {GOAL_CPU_MS:g} ms): {'reached' if reached else 'missed'}")
        raise SystemExit(not reached)


if __name__ == "__main__":
    main()

"""Callbacks a second through the whole service, beside WeRoBot's echo robot and a bare Starlette echo, in one interleaved run.

    python -m venv /tmp/werobot && /tmp/werobot/bin/pip install werobot tornado cryptography
    python -m benchmarks.http wechat --werobot /tmp/werobot/bin/python [--messages 2000] [--rounds 5] [--connections 32]

Every server is a process of its own, on as many messages, each from somebody else and about something else. WeRoBot and Starlette
give back what they were told; the service finds the answer, keeps the talk and claims the message. A message is sent as WeChat does,
signed, and encrypted in AES mode; the connections stay open. What is printed: the median of all rounds, requests a second, the
milliseconds within which 99 of 100 were answered, and the processor's milliseconds for each message. At the end a thousand
people write at the same moment, each on a connection of their own: nobody may wait five seconds.
"""

import argparse
import asyncio
import csv
import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.wechat import AES_KEY, APP_ID, TOKEN, Mode, WeChat
from tests.processes import environment, free_port

CONNECTIONS = 32
AT_ONCE = 1000
LIMIT = 5.0
"""Seconds in which WeChat wants an answer."""
PLAIN_RATIO, AES_RATIO = 0.9, 1.0
"""The goals: how much of WeRoBot's speed is wanted. What is reached stands in docs/decisions/0007-callbacks-a-second.md."""

WEROBOT = """
import sys, werobot
account = {"app_id": sys.argv[3], "encoding_aes_key": sys.argv[4]} if len(sys.argv) > 3 else {}
robot = werobot.WeRoBot(token=sys.argv[2], enable_session=False, **account)
robot.text(lambda message: message.content)
robot.run(server="tornado", host="127.0.0.1", port=int(sys.argv[1]), enable_pretty_logging=False)
"""
"""WeRoBot's echo robot on tornado, the faster of the servers that it documents."""

STARLETTE = """
import sys, uvicorn, xmltodict
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def echo(request):
    fields = xmltodict.parse(await request.body())["xml"]
    return Response(f"<xml><ToUserName>{fields['FromUserName']}</ToUserName><FromUserName>{fields['ToUserName']}</FromUserName>"
        f"<CreateTime>1</CreateTime><MsgType>text</MsgType><Content>{fields.get('Content')}</Content></xml>")
app = Starlette(routes=[Route("/wechat", echo, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
"""
"""A bare echo, without signature or encryption: what HTTP alone costs here."""


@dataclass
class Server:
    """One of those compared, running."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    mode: Mode
    path: str = "/wechat"
    rates: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def seconds_used(self) -> float:
        """Seconds of processor time since its start."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    name: str, command: Sequence[str], port: int, mode: Mode, path: str = "/wechat", **settings: str
) -> Iterator[Server]:
    """A server's process, once it listens; everything that it keeps lies in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy("faq.yaml", folder)
        shutil.copytree("questions", Path(folder) / "questions")
        env = {**environment(Path(folder), settings), "PYTHONPATH": str(Path.cwd())}
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 -- our own
        try:
            asyncio.run(_listens(port, process))
            yield Server(name, process, port, mode, path)
        finally:
            process.kill()
            process.wait()


async def _listens(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise SystemExit(f"a server ended with {process.returncode}")


def questions() -> list[str]:
    """What is asked: sentences that nobody tuned on."""
    with Path("tests/corpus/heldout.tsv").open(encoding="utf-8", newline="") as file:
        asked = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    random.Random(7).shuffle(asked)  # noqa: S311 -- the same order in every run
    return asked


def requests(server: Server, count: int, asked: Sequence[str]) -> list[bytes]:
    """So many messages as HTTP requests, each from somebody else."""
    wechat = WeChat("", server.mode)
    made = []
    for number in range(count):
        person = f"o{number:05d}{secrets.token_hex(11)}"
        query, body = wechat.request(wechat.text(person, asked[number % len(asked)]))
        target = server.path + "?" + "&".join(f"{name}={value}" for name, value in query.items())
        head = f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        made.append(head.encode() + body)
    return made


@dataclass
class Load:
    """What came of some requests."""

    seconds: list[float] = field(default_factory=list)
    bad: int = 0
    """Answered otherwise than with 200 and something to read."""
    late: int = 0


async def send(port: int, made: Sequence[bytes], connections: int) -> Load:
    """Send all over so many connections, on each the next as soon as the last is answered."""
    load, waiting = Load(), iter(made)

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            begin = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            load.seconds.append(time.perf_counter() - begin)
            load.bad += not (b" 200 " in head[:20] and length > len("success"))
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    load.late = sum(each > LIMIT for each in load.seconds)
    return load


def measure(servers: Sequence[Server], messages: int, rounds: int, connections: int) -> None:
    """Fill in the figures, each server in turn in each round."""
    asked = questions()
    for server in servers:
        asyncio.run(send(server.port, requests(server, 200, asked), connections))  # what only the first wait for
    for _ in range(rounds):
        for server in servers:
            made = requests(server, messages, asked)
            used, begin = server.seconds_used(), time.perf_counter()
            load = asyncio.run(send(server.port, made, connections))
            seconds = time.perf_counter() - begin
            assert not load.bad, f"{server.name}: {load.bad} without an answer"
            server.rates.append(messages / seconds)
            server.p99.append(sorted(load.seconds)[int(0.99 * messages)] * 1000)
            server.processor.append((server.seconds_used() - used) / messages * 1000)


def main() -> None:
    """Measure and print; exit code 1 where somebody of a thousand waits too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("channel", choices=["wechat"])
    parser.add_argument("--werobot", help="a Python with WeRoBot and tornado")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    options = parser.parse_args()
    with ExitStack() as stack:
        servers: list[Server] = []
        modes: tuple[Mode, ...] = ("plain", "aes")
        for mode in modes:
            port, key = free_port(), {"WECHAT_AES_KEY": AES_KEY} if mode == "aes" else {}
            settings = {"WECHAT_TOKEN": TOKEN, "WECHAT_APP_ID": APP_ID, "LOG_LEVEL": "WARNING", **key}
            command = [sys.executable, "-m", "bot", "serve", "--port", str(port)]
            servers.append(stack.enter_context(running(f"有数 {mode}", command, port, mode, **settings)))
            if options.werobot:
                port, account = free_port(), [APP_ID, AES_KEY] if mode == "aes" else []
                command = [options.werobot, "-c", WEROBOT, str(port), TOKEN, *account]
                servers.append(stack.enter_context(running(f"WeRoBot {mode}", command, port, mode, "/")))
        port = free_port()
        bare = [sys.executable, "-c", STARLETTE, str(port)]
        servers.append(stack.enter_context(running("Starlette", bare, port, "plain")))
        measure(servers, options.messages, options.rounds, options.connections)
        print(f"{'':16}{'requests/s':>12}{'p99 ms':>10}{'CPU ms':>10}")
        for each in servers:
            figures = [statistics.median(several) for several in (each.rates, each.p99, each.processor)]
            print(f"{each.name:16}{figures[0]:12.0f}{figures[1]:10.1f}{figures[2]:10.2f}")
        crowd = asyncio.run(send(servers[0].port, requests(servers[0], AT_ONCE, questions()), AT_ONCE))
        print(
            f"{AT_ONCE} at once: {crowd.late} later than {LIMIT:g} s, {crowd.bad} unanswered, the last after {max(crowd.seconds):.2f} s"
        )
        failed = bool(crowd.late or crowd.bad)
        by_name = {each.name: statistics.median(each.rates) for each in servers}
        for mode, goal in (("plain", PLAIN_RATIO), ("aes", AES_RATIO)):
            if f"WeRoBot {mode}" in by_name:
                ratio = by_name[f"有数 {mode}"] / by_name[f"WeRoBot {mode}"]
                print(f"{mode}: {ratio:.2f} of WeRoBot's echo (wanted: {goal})")
    sys.exit(failed)


if __name__ == "__main__":
    main()

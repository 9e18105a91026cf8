"""Many turns over all channels in one process: whether memory stays flat, handles are given back, and answers stay as fast.

    python -m benchmarks.soak [--turns 1000000] [--seconds 0] [--people 20000] [--at-once 128] [--record FILE]

The service's own parts with the shipped FAQ and SQLite in a file; messages go in by the handlers of the real application, without
sockets: the page's API, Telegram's webhook, WeChat's callback (AES), and 微信客服's callback, behind which a hundred messages are pulled at
a time. What goes out to Telegram and WeCom goes by real HTTP to `benchmarks.soak_vendors`. Every so many turns a line says what
the process has; at the end the slope of its memory over the turns, after the first fifth, which fills what is remembered on purpose.
"""

import argparse
import asyncio
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Scope

from benchmarks.soak_vendors import ACCOUNT, WEBHOOK, text_of
from bot.channels.telegram import limits
from bot.channels.wx import xml
from bot.channels.wx.crypto import MessageCrypto, signature
from bot.commands.serve import _loop_factory
from bot.http.app import build_app
from bot.http.client_limit import ClientLimit
from bot.http.metrics import Metrics
from bot.jobs.local import LocalJobs
from bot.messages import ChatIdentity, Incoming, Reply, Turn
from bot.observe import configure_logging
from bot.operators.admin_commands import AdminCommands
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.service import _warm, faq_status
from bot.service_channels import configured_channels
from bot.settings import Settings
from bot.store.retention import EVERY_MINUTES, SWEEP, sweep
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.rate_limit import RateLimiter
from intents.reload import Reloader
from tests.processes import free_port

ROOT = Path(__file__).resolve().parent.parent
TOKEN, SECRET, KEY = "soaktokenofthebenchmark", "soak-secret", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID, CORP_ID = "wx0123456789abcdef", "ww0123456789abcdef"
PULLED = 100
"""Messages of 微信客服 behind one callback."""
SHARES = (("web", 4), ("wechat", 3), ("telegram", 2), ("wecom", 1))
PATIENCE_SECONDS = 60.0
"""How long an answer may take before it counts as missing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The process after so many turns."""

    turns: int
    seconds: float
    rss_kb: int
    descriptors: int
    tasks: int
    cpu_ms: float
    """Processor's milliseconds a turn since the last sample."""
    p50_ms: float
    p99_ms: float
    """Time from message to reply in the talk, since the last sample."""


@dataclass
class Soak:
    """What has been asked and answered so far."""

    turns: int = 0
    by_channel: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Answers of the application that aren't 200, by channel and status."""
    seconds: list[float] = field(default_factory=list)
    """Of the turns since the last sample."""
    waiting: dict[ChatIdentity, asyncio.Future[None]] = field(default_factory=dict)

    def watch(self, turn: Turn) -> Turn:
        """The turn, counted and timed."""

        async def watched(incoming: Incoming) -> Reply | None:
            begin = time.perf_counter()
            try:
                return await turn(incoming)
            finally:
                self.seconds.append(time.perf_counter() - begin)
                self.turns += 1
                self.by_channel[incoming.person.channel] += 1
                future = self.waiting.pop(incoming.person, None)
                if future is not None and not future.done():
                    future.set_result(None)

        return watched

    def expect(self, channel: str, user: str) -> asyncio.Future[None]:
        """Done once this person has been answered."""
        future = self.waiting[ChatIdentity(channel, user)] = asyncio.get_running_loop().create_future()
        return future

    async def wait(self, expected: Sequence[asyncio.Future[None]]) -> None:
        """Wait for these, and count what doesn't come."""
        _, late = await asyncio.wait(expected, timeout=PATIENCE_SECONDS)
        self.missing += len(late)


async def call(app: ASGIApp, path: str, kind: str, body: bytes, *, query: str = "", secret: str = "") -> int:
    """Post to the application as its server would; the status."""
    headers = [(b"host", b"127.0.0.1"), (b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
    if secret:
        headers.append((b"x-telegram-bot-api-secret-token", secret.encode()))
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    parts: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])
    answered = asyncio.Event()
    status = 0

    async def receive() -> Message:
        part = next(parts, None)
        if part is None:
            await answered.wait()
            return {"type": "http.disconnect"}
        return part

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif not message.get("more_body", False):
            answered.set()

    await app(scope, receive, send)
    return status


@dataclass
class Writers:
    """One function for each channel that has the next message answered."""

    app: ASGIApp
    soak: Soak
    people: int
    numbers: Iterator[int] = field(default_factory=count)
    pulled: int = 0

    async def post(self, channel: str, path: str, kind: str, body: bytes, **rest: str) -> bool:
        """Post, and count what isn't taken."""
        status = await call(self.app, path, kind, body, **rest)
        if status != 200:
            self.soak.refused[f"{channel} {status}"] += 1
            if self.soak.refused.total() > 100:
                raise SystemExit(f"refused: {dict(self.soak.refused)}")
        return status == 200

    async def web(self) -> None:
        """A message of the page."""
        number = next(self.numbers)
        body = {"session": f"soak{number % self.people}", "text": text_of(number)}
        await self.post("web", "/api/messages", "application/json", json.dumps(body).encode())

    async def telegram(self) -> None:
        """A post of Telegram's."""
        number = next(self.numbers)
        user = 10_000 + number % self.people
        person = {"id": user, "is_bot": False, "first_name": "王"}
        message = {
            "message_id": number,
            "date": int(time.time()) - 60,
            "chat": {"id": user, "type": "private", "first_name": "王"},
            "from": person,
            "text": text_of(number),
        }
        expected = self.soak.expect("telegram", str(user))
        body = json.dumps({"update_id": number, "message": message}).encode()
        if await self.post("telegram", "/telegram", "application/json", body, secret=SECRET):
            await self.soak.wait([expected])

    async def wechat(self) -> None:
        """A callback of an official account's."""
        number = next(self.numbers)
        person = f"o{number % self.people:027d}"
        body = (
            f"<xml><ToUserName>gh_soak</ToUserName><FromUserName>{person}</FromUserName><CreateTime>{int(time.time())}</CreateTime>"
            f"<MsgType>text</MsgType><Content><![CDATA[{text_of(number).replace(']]>', '')}]]></Content><MsgId>{number}</MsgId></xml>"
        )
        await self.sealed("wechat", APP_ID, body)

    async def wecom(self) -> None:
        """A callback of 微信客服's, and what is pulled behind it."""
        begin, self.pulled = self.pulled, self.pulled + PULLED
        expected = [self.soak.expect("wecom", f"wm{number % self.people}") for number in range(begin, self.pulled)]
        body = (
            f"<xml><ToUserName>{CORP_ID}</ToUserName><CreateTime>{int(time.time())}</CreateTime><MsgType>event</MsgType>"
            f"<Event>kf_msg_or_event</Event><Token>{self.people}:{self.pulled}</Token><OpenKfId>{ACCOUNT}</OpenKfId></xml>"
        )
        await self.sealed("wecom", CORP_ID, body)
        await self.soak.wait(expected)

    async def go_on(self, number: int, over: Callable[[], bool]) -> None:
        """Have one message after the other answered; the first of these brings WeCom's, whose callbacks come one after the other."""
        turn = {"web": self.web, "wechat": self.wechat, "telegram": self.telegram}
        plan = [name for name, share in SHARES for _ in range(share) if name in turn]
        for step in count(number):
            if over():
                return
            if number:
                await turn[plan[step % len(plan)]]()
            elif self.soak.by_channel["wecom"] * sum(dict(SHARES).values()) > self.soak.turns:
                await asyncio.sleep(0.005)
            else:
                await self.wecom()

    async def sealed(self, channel: str, receiver: str, body: str) -> None:
        """Post encrypted and signed, as Tencent does."""
        stamp, nonce = str(int(time.time())), "soak"
        sealed = MessageCrypto(SecretStr(TOKEN), SecretStr(KEY), receiver).encrypt(body.encode(), stamp, nonce)
        query = {
            "signature": signature(TOKEN, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "msg_signature": sealed.signature,
        }
        await self.post(channel, f"/{channel}", "text/xml", xml.encrypted_reply(sealed), query=urlencode(query))


@asynccontextmanager
async def service(folder: Path, vendors: int, soak: Soak) -> AsyncIterator[ASGIApp]:
    """The application with all channels, connected."""
    settings = Settings(
        faq=ROOT / "faq.yaml",
        database_url=SecretStr(f"sqlite+aiosqlite:///{folder / 'youshu.db'}"),
        telegram_token=SecretStr("7000000001:soak"),
        telegram_base_url=f"http://127.0.0.1:{vendors}/bot",
        telegram_webhook_url=WEBHOOK,
        telegram_webhook_secret=SecretStr(SECRET),
        wechat_token=SecretStr(TOKEN),
        wechat_app_id=APP_ID,
        wechat_aes_key=SecretStr(KEY),
        wecom_corp_id=CORP_ID,
        wecom_kf_secret=SecretStr(KEY),
        wecom_token=SecretStr(TOKEN),
        wecom_aes_key=SecretStr(KEY),
        wecom_api_url=f"http://127.0.0.1:{vendors}",
    )
    # Telegram lets 30 messages a second through, which would be most of what is waited for.
    limits.MESSAGES_PER_SECOND = limits.MESSAGES_PER_SECOND_IN_A_CHAT = 0  # type: ignore[misc]
    reloader, metrics = Reloader.load(settings.faq), Metrics()
    metrics.instrument = _watching(soak, metrics.instrument)  # type: ignore[method-assign,assignment]
    async with Store(settings.database_url.get_secret_value()) as store:
        handoffs = Handoffs(store, settings.admins, {})
        conversation = Conversation(lambda: reloader.current, store, None, RateLimiter(), settings.retention_days)
        jobs = LocalJobs(store.database, metrics.job_ended)
        jobs.handle(SWEEP, lambda _: sweep(store, settings.retention_days))
        jobs.every(EVERY_MINUTES, SWEEP)
        commands = AdminCommands(handoffs, reloader, BroadcastSender(store, {}, jobs))
        channels = configured_channels(settings, conversation, metrics, commands, jobs=jobs, limit=ClientLimit())
        app = build_app(
            lambda: faq_status(reloader), [], metrics, [route for each in channels for route in each.routes()]
        )
        running = [asyncio.create_task(each.run()) for each in channels]
        working = asyncio.create_task(jobs.run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(each.connected.wait() for each in channels))
        await asyncio.to_thread(_warm, reloader.current)
        yield app
        jobs.stop()
        await working
        await asyncio.gather(*(each.stop(8) for each in channels), *running)


def _watching(soak: Soak, instrument: Callable[[Turn], Turn]) -> Callable[[Turn], Turn]:
    return lambda turn: soak.watch(instrument(turn))


def sample(soak: Soak, begin: float, cpu: float, turns: int) -> Sample:
    """The process now; cpu and turns as of the last sample."""
    gc.collect()
    spoken, soak.seconds = sorted(soak.seconds), []
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Sample(
        turns=soak.turns,
        seconds=round(time.monotonic() - begin, 1),
        rss_kb=int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024,
        descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 -- one of them is the listing's own either way
        tasks=len(asyncio.all_tasks()),
        cpu_ms=round((used.ru_utime + used.ru_stime - cpu) / max(1, soak.turns - turns) * 1000, 3),
        p50_ms=round(spoken[len(spoken) // 2] * 1000, 2),
        p99_ms=round(spoken[int(len(spoken) * 0.99)] * 1000, 2),
    )


def slope(samples: Sequence[Sample]) -> float:
    """Kilobytes by which memory grows in 100,000 turns: least squares."""
    turns, memory = [each.turns for each in samples], [each.rss_kb for each in samples]
    mean_turns, mean_memory = sum(turns) / len(turns), sum(memory) / len(memory)
    above = sum((t - mean_turns) * (m - mean_memory) for t, m in zip(turns, memory, strict=True))
    return above / max(1e-9, sum((t - mean_turns) ** 2 for t in turns)) * 100_000


def _ended(seconds: float) -> asyncio.Event:
    """Set after so many seconds, 0 for never, or at a signal, so that a run that is cut short has its record too."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, over.set)
    if seconds:
        loop.call_later(seconds, over.set)
    return over


async def run(arguments: argparse.Namespace, vendors: int) -> None:
    """Soak, a line for each sample, and the record."""
    soak, samples = Soak(), list[Sample]()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        async with service(Path(folder), vendors, soak) as app:
            writers = Writers(app, soak, arguments.people)
            begin, cpu, turns = time.monotonic(), time.process_time(), 0
            due = arguments.every
            over = _ended(arguments.seconds)
            writing = [
                asyncio.create_task(writers.go_on(number, lambda: soak.turns >= arguments.turns or over.is_set()))
                for number in range(arguments.at_once)
            ]
            while not all(task.done() for task in writing):
                await asyncio.wait(writing, timeout=0.2, return_when=asyncio.ALL_COMPLETED)
                if soak.turns >= due:
                    samples.append(sample(soak, begin, cpu, turns))
                    cpu, turns, due = time.process_time(), soak.turns, due + arguments.every
                    print(json.dumps(asdict(samples[-1])), flush=True)
            await asyncio.gather(*writing)
    if len(samples) > 5:
        report(arguments, soak, samples)


def report(arguments: argparse.Namespace, soak: Soak, samples: Sequence[Sample]) -> None:
    """Print, and keep where asked."""
    steady = samples[len(samples) // 5 :]
    half = len(steady) // 2
    record = {
        "turns": soak.turns,
        "by_channel": dict(soak.by_channel),
        "people_a_channel": arguments.people,
        "hours": round(samples[-1].seconds / 3600, 2),
        "missing": soak.missing,
        "refused": dict(soak.refused),
        "rss_mb_first_steady_last": [round(each.rss_kb / 1024, 1) for each in (samples[0], steady[0], samples[-1])],
        "slope_kb_per_100k_turns": round(slope(steady), 1),
        "slope_kb_per_100k_turns_second_half": round(slope(steady[half:]), 1),
        "descriptors": sorted({each.descriptors for each in steady}),
        "tasks": [min(each.tasks for each in steady), max(each.tasks for each in steady)],
        "cpu_ms_a_turn_first_half_second_half": [
            round(sum(each.cpu_ms for each in part) / len(part), 3) for part in (steady[:half], steady[half:])
        ],
        "p99_ms_median_first_half_second_half": [
            sorted(each.p99_ms for each in part)[len(part) // 2] for part in (steady[:half], steady[half:])
        ],
    }
    print(json.dumps(record, ensure_ascii=False, indent=2), flush=True)
    if arguments.record:
        Path(arguments.record).write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


@contextmanager
def vendors() -> Iterator[int]:
    """The vendors' port, as long as they run."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.soak_vendors", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:  # noqa: S603 -- our own
        try:
            yield port
        finally:
            process.terminate()


def main() -> None:
    """Soak and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=0, help="end after so long all the same")
    parser.add_argument("--people", type=int, default=20_000, help="in each channel")
    parser.add_argument("--at-once", type=int, default=128)
    parser.add_argument("--every", type=int, default=10_000, help="turns from sample to sample")
    parser.add_argument("--folder", help="where the database lies meanwhile")
    parser.add_argument("--record", help="a file for the figures")
    arguments = parser.parse_args()
    configure_logging("json", os.environ.get("SOAK_LOG", "ERROR"))
    with vendors() as port, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run(arguments, port))


if __name__ == "__main__":
    main()

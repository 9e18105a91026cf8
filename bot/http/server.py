"""The socket and the server that the one HTTP application runs on."""

import asyncio
import contextlib
import errno
import math
import resource
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from bot.http.addresses import Crowds
from bot.http.connection import Census, Connection, ServerConfig
from bot.startup_error import StartError
from intents.errors import os_error_reason

log = structlog.get_logger(__name__)

PROXIES = ("127.0.0.1", "::1")
"""Who is believed where nothing is set: a proxy on this machine."""
MOST_CONNECTIONS = 8000
MOST_PER_ADDRESS = 100
"""A browser opens six; many people may stand behind one address."""
RESERVED_DESCRIPTORS = 192
"""For the database, the vendors' servers and the files that are read."""
BACKLOG = 128
"""How many connections wait to be accepted; as many are accepted in one go before any is counted."""
TELL_SECONDS = 60.0

_OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_CHANGE_HOST = "请把 YOUSHU_HOST 改成 127.0.0.1（只有这台机器能打开）或 0.0.0.0（别的机器也能打开）"


class Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would compete with the service's."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_AcceptErrors())
        await super().startup(sockets)


def make_server(app: ASGIApp, stop_seconds: int, proxies: Sequence[str] = PROXIES) -> Server:
    """A server for the application.

    Args:
        app: the application.
        stop_seconds: how long requests may take to finish at the end.
        proxies: addresses or networks of proxies, whose X-Forwarded-For and -Proto are believed.
    """
    config = ServerConfig(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(proxies),
        backlog=BACKLOG,
        timeout_graceful_shutdown=stop_seconds,
    )
    config.census = Census(most_connections(), MOST_PER_ADDRESS, Crowds(proxies))
    return Server(config)


def most_connections() -> int:
    """How many connections fit into the descriptors that the process may have, as many as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + RESERVED_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    free = wanted if soft == resource.RLIM_INFINITY else soft
    return min(MOST_CONNECTIONS, max(free - RESERVED_DESCRIPTORS, free // 2))


class _AcceptErrors:
    """Tells once a minute that connections can't be accepted; the loop tells it for each try, thousands of times a second."""

    def __init__(self) -> None:
        self._told_at = -math.inf

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # Any: as asyncio declares it
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _OUT_OF_RESOURCES:
            loop.default_exception_handler(context)
        elif loop.time() - self._told_at >= TELL_SECONDS:
            self._told_at = loop.time()
            log.error("out_of_descriptors", reason=os_error_reason(error))


def listen(host: str, port: int, *, accepting: bool = True) -> socket.socket:
    """A socket with this address; raises StartError where the port isn't free or the address isn't ours.

    Args:
        host: the address.
        port: the port.
        accepting: whether it takes connections already, which then wait for the server; otherwise they are refused until it runs.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, port, family)  # create_server says the same of a wrong name as of a wrong port
        listening = socket.create_server((host, port), family=family) if accepting else _bound(host, port, family)
    except OSError as error:
        raise StartError(_refused(host, port, error)) from error
    # asyncio does this only for sockets made with IPPROTO_TCP; without it an answer's body waits 40 ms for an ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _bound(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _refused(host: str, port: int, error: OSError) -> str:
    """Why nobody can listen there, and which of the two settings to change."""
    if isinstance(error, socket.gaierror):
        return f"地址 {host} 用不了（没有这个主机名）；{_CHANGE_HOST}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"地址 {host} 用不了（{os_error_reason(error)}）；{_CHANGE_HOST}"
    if error.errno == errno.EACCES:
        return f"端口 {port} 用不了（{os_error_reason(error)}）；请用 YOUSHU_PORT 换成 1024 以上的"
    return f"端口 {host}:{port} 用不了（{os_error_reason(error)}）；请用 YOUSHU_PORT 换一个，或先停掉占用它的程序"

"""The socket and the server that the one HTTP application runs on."""

import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from bot.startup_error import StartError
from intents.errors import os_error_reason

_CHANGE_HOST = "请把 YOUSHU_HOST 改成 127.0.0.1（只有这台机器能打开）或 0.0.0.0（别的机器也能打开）"


class Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would compete with the service's."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: ASGIApp, stop_seconds: int) -> Server:
    """A server for the application; at its end requests may take `stop_seconds` to finish."""
    return Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=stop_seconds
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises StartError where the port isn't free or the address isn't ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, port, family)  # create_server says the same of a wrong name as of a wrong port
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise StartError(_refused(host, port, error)) from error
    # asyncio does this only for sockets made with IPPROTO_TCP; without it an answer's body waits 40 ms for an ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _refused(host: str, port: int, error: OSError) -> str:
    """Why nobody can listen there, and which of the two settings to change."""
    if isinstance(error, socket.gaierror):
        return f"地址 {host} 用不了（没有这个主机名）；{_CHANGE_HOST}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"地址 {host} 用不了（{os_error_reason(error)}）；{_CHANGE_HOST}"
    if error.errno == errno.EACCES:
        return f"端口 {port} 用不了（{os_error_reason(error)}）；请用 YOUSHU_PORT 换成 1024 以上的"
    return f"端口 {host}:{port} 用不了（{os_error_reason(error)}）；请用 YOUSHU_PORT 换一个，或先停掉占用它的程序"

"""The socket and the server that the one HTTP application runs on."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from bot.startup_error import StartError
from intents.errors import os_error_reason


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
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StartError(
            f"端口 {host}:{port} 用不了（{os_error_reason(error)}）；请用 YOUSHU_PORT 换一个，或先停掉占用它的程序"
        ) from error
    # asyncio does this only for sockets made with IPPROTO_TCP; without it an answer's body waits 40 ms for an ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening

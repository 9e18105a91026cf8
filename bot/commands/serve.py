"""The command that runs the service."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import click

from bot.observe import configure_logging
from bot.service import serve as run_service
from bot.settings import load_settings


@click.command(help="启动网页聊天，以及配置了的其他渠道。")
@click.option("--host", help="监听地址，默认 127.0.0.1")
@click.option("--port", type=int, help="监听端口，默认 8080")
def serve(host: str | None, port: int | None) -> None:
    """Run the service until a signal."""
    settings = load_settings(host=host, port=port)
    configure_logging(settings.log_format, settings.log_level)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run_service(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop of uvloop, which does the same with half the work; asyncio's own where there is none, as on Windows."""
    if find_spec("uvloop") is None:
        return None
    return import_module("uvloop").new_event_loop  # type: ignore[no-any-return]  # not imported where it isn't installed

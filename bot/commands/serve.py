"""The command that runs the service."""

import asyncio
from collections.abc import Callable

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
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        runner.run(run_service(settings))


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop's event loop, a third faster; None where there is none, as on Windows."""
    try:
        import uvloop  # noqa: PLC0415 -- only the service needs it
    except ImportError:
        return None
    return uvloop.new_event_loop

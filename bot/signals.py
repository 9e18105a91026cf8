"""Signals of the system as callbacks on the event loop, also on Windows, whose loops take none and which has fewer."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

STOPPING = ("SIGTERM", "SIGINT", "SIGBREAK")
"""Ask the process to end; SIGBREAK is Windows' Ctrl+Break."""
RELOADING = ("SIGHUP",)
"""Asks for the files to be read again; Windows has nothing like it, and a saved file is read anyway."""


def on_signals(names: tuple[str, ...], callback: Callable[[int], None]) -> None:
    """Call back on the running loop for those of these signals that the system has."""
    loop = asyncio.get_running_loop()
    for name in names:
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, callback, number)
        except NotImplementedError:
            signal.signal(number, _relay(loop, callback))


def _relay(loop: asyncio.AbstractEventLoop, callback: Callable[[int], None]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback, number)

    return handle

"""Signals reach the event loop, also one that takes none by itself, as Windows' loops."""

import asyncio
import os
import signal
from collections.abc import Callable

import pytest
from typing_extensions import override

from bot.signals import STOPPING, on_signals


class WindowsLikeLoop(asyncio.SelectorEventLoop):
    """A loop that refuses signal handlers, as Windows' loops do."""

    @override
    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: object) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, WindowsLikeLoop])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_each_signal_is_called_back_on_the_loop(
    loop: Callable[[], asyncio.AbstractEventLoop], number: signal.Signals
) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

    async def wait() -> int:
        came: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        on_signals((*STOPPING, "SIGNOWHERE"), came.set_result)
        os.kill(os.getpid(), number)
        return await came

    try:
        with asyncio.Runner(loop_factory=loop) as runner:
            assert runner.run(wait()) == number
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

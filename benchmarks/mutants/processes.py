"""Children that try one thing each, so that nothing a mutant does outlives it."""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

UNNOTICED, NOTICED, IMPORTED_ANEW, TOO_LONG = 0, 1, 77, 124
"""What a child's exit means; anything else, a crash for instance, is noticed too."""


@dataclass(frozen=True)
class Child:
    """A forked process, and when its time is up by time.monotonic."""

    pid: int
    until: float


def fork(work: Callable[[], int], seconds: float) -> Child:
    """Run something in a child, in silence, for so many seconds at most; what it returns is the child's exit."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid, time.monotonic() + seconds)
    code = NOTICED  # also where the work raises
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        code = work()
    finally:
        os._exit(code)


def wait(child: Child) -> int:
    """The exit of a child; one whose time is up is ended, and whatever it started with it."""
    handle = os.pidfd_open(child.pid)
    try:
        ended, _, _ = select.select([handle], [], [], max(0, child.until - time.monotonic()))
    finally:
        os.close(handle)
    if not ended:
        os.kill(child.pid, signal.SIGKILL)
    _, status = os.waitpid(child.pid, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status) if ended else TOO_LONG

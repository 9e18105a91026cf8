"""What scheduled and long work is to the rest of the bot, wherever it is done.

A job says only that there is something to do: what must not be lost lies in the table of its subject, and whoever does the job claims
each message there before it is sent. So a job that a crash has cut off is never tried again by itself, and still nothing is lost: the
next one, or the next tick of `every`, finds what is left.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.observe import traceback_locations

log = structlog.get_logger(__name__)

T = TypeVar("T")
Payload = Mapping[str, str]
"""What a job carries: no word that anybody wrote, no name; for it is kept and may be logged by libraries."""
Handler = Callable[[Payload], Awaitable[None]]
Count = Callable[[str, str], None]
"""Counts a job by its name and by what came of it."""

DONE: Final = "done"
FAILED: Final = "failed"
LOST: Final = "lost"
"""Its process ended while it ran."""
CUT: Final = "cut"
"""It took too long to end when the process was told to stop."""

DAY_MINUTES: Final = 24 * 60
STOP_SECONDS: Final = 2.0
"""How long jobs may take to end when the process is told to stop."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do once."""

    name: str
    """Which handler does it."""
    key: str = ""
    """Of the jobs with the same name and key one runs at a time, and one waits."""
    payload: Payload = field(default_factory=dict)

    @property
    def lock(self) -> str:
        """What only one job may hold at a time."""
        return f"{self.name}:{self.key}"


Defer = Callable[[Job], Awaitable[None]]
"""Has a job done if the transaction around it is committed; nothing where the same one waits already."""


class Jobs(Protocol):
    """Does jobs, each once and at most once: one whose process ends while it runs is lost, and counted."""

    def handle(self, name: str, handler: Handler) -> None:
        """Say what does the jobs of a name; before run()."""
        ...

    def every(self, minutes: int, name: str) -> None:
        """Have a job without payload done at the start and then every so many minutes (a divisor of 60, or a day); before run()."""
        ...

    async def defer(self, job: Job) -> None:
        """Have a job done soon; raises StoreError."""
        ...

    async def write(self, work: Callable[[AsyncConnection, Defer], Awaitable[T]]) -> T:
        """What some work gives whose statements are one transaction together with the jobs that it defers; raises StoreError."""
        ...

    async def run(self) -> None:
        """Do jobs until stop()."""
        ...

    def stop(self) -> None:
        """Begin no more; run() ends once those that run have ended, or are cut off."""
        ...


@dataclass
class Handlers:
    """Does jobs by their names; whatever goes wrong is logged and counted, and never tried again."""

    count: Count
    by_name: dict[str, Handler] = field(default_factory=dict)
    minutes: dict[str, int] = field(default_factory=dict)
    """How often those are done that come by themselves."""

    def every(self, minutes: int, name: str) -> None:
        """Note a job that comes by itself; raises ValueError for a time that doesn't divide an hour or isn't a day."""
        if minutes != DAY_MINUTES and (minutes < 1 or 60 % minutes):
            raise ValueError("minutes must divide an hour, or be a day")
        self.minutes[name] = minutes

    async def do(self, name: str, payload: Payload) -> None:
        """Do one job; raises nothing but a cancellation."""
        outcome = CUT
        try:
            await self.by_name[name](payload)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next job must be done
            outcome = FAILED
            log.error("job_failed", job=name, error=type(error).__name__, at=traceback_locations(error))
        else:
            outcome = DONE
        finally:
            self.count(name, outcome)

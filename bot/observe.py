"""Logs that never hold a token, a person's id or what people wrote."""

import logging
import secrets
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePath
from types import MappingProxyType, TracebackType
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

OWN_LOGGERS = ("bot", "intents")
"""Only these follow the level that is set: at their lower levels libraries print whole URLs, with the bot's token,
whole messages, and every SQL statement with its values. They are heard from WARNING on."""

MUTED: Mapping[str, int] = MappingProxyType(
    {
        "procrastinate": logging.CRITICAL + 1,
        "psycopg": logging.CRITICAL + 1,
        "telegram": logging.CRITICAL + 1,
        "uvicorn.error": logging.ERROR,
    }
)
"""Libraries that are heard from a higher level on: python-telegram-bot quotes the bot's token and whole messages in its errors, and its
channel logs by itself what is worth a line, as bot.jobs does for procrastinate, which prints what a job carries, and for psycopg; uvicorn
warns of every request that isn't HTTP."""

TRAIL_LENGTH = 6
"""How many places of a traceback a log line names."""


_REQUEST: ContextVar[str] = ContextVar("request")


@contextmanager
def request_scope(request: str | None = None) -> Iterator[str]:
    """Name a request in each log line of what is done inside, tasks that begin inside included: this one, or else a new one."""
    name = request or new_request_id()
    token = _REQUEST.set(name)
    try:
        yield name
    finally:
        _REQUEST.reset(token)


def request_id() -> str:
    """The id of the request that is being worked on, or a new one where there is none."""
    return _REQUEST.get(None) or new_request_id()


def new_request_id() -> str:
    """An id that nobody else has, and that says nothing."""
    return secrets.token_hex(8)


def configure_logging(log_format: Literal["console", "json"], level: str) -> None:
    """Send structlog and the standard library's records to stderr in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_request,
        _nameless,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow=()), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name, least in MUTED.items():
        logging.getLogger(name).setLevel(least)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(level)


def traceback_locations(error: BaseException) -> list[str]:
    """Where an error came from, innermost last: `file:line function`, and nothing of its text."""
    return _places(error.__traceback__)


def _places(where: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(where)[-TRAIL_LENGTH:]
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def _renderer(log_format: Literal["console", "json"]) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _with_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if request := _REQUEST.get(None):
        event["request"] = request
    return event


def _nameless(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """An error's type and place in place of its text, which may quote a message, an id or a URL."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.setdefault("error", type(error).__name__)
        event.setdefault("at", traceback_locations(error))
    event.pop("stack_info", None)
    if event.get("logger") == "asyncio":
        # Below its first line asyncio prints the task, with the error's text in it.
        event["event"] = str(event["event"]).partition("\n")[0]
    return event

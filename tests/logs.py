"""The logging of this process, which a test may configure and must leave as it was."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.observe import MUTED, OWN_LOGGERS


@contextmanager
def logging_restored() -> Iterator[None]:
    """Whatever is configured inside is undone at the end."""
    root = logging.getLogger()
    named = [logging.getLogger(name) for name in (*OWN_LOGGERS, *MUTED)]
    handlers, level, levels = root.handlers[:], root.level, [logger.level for logger in named]
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for logger, each in zip(named, levels, strict=True):
            logger.setLevel(each)
        structlog.reset_defaults()

"""What an error of the Bot API means: its kind, and whether the request may be sent again."""

from typing import Final

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)


def may_be_repeated(error: BaseException, endpoint: str) -> bool:
    """Whether the same request may be sent again without a message arriving twice.

    Yes after a failed connection, which sent nothing, and after a 5xx, which did nothing. After any other network error the
    request may have been carried out, so yes only for methods that change nothing the second time.
    """
    if isinstance(error, BadRequest) or not isinstance(error, NetworkError):
        return False
    cause = error.__cause__
    if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return True
    if isinstance(cause, httpx.HTTPError) or isinstance(error, TimedOut):
        return not endpoint.startswith("send")
    return True


_KINDS_BY_TEXT: Final = (
    ("message is not modified", "not_modified"),
    ("query is too old", "query_too_old"),
    ("query id is invalid", "query_too_old"),
    ("blocked by the user", "blocked"),
    ("user is deactivated", "blocked"),
    ("chat not found", "chat_not_found"),
    ("can't initiate conversation", "chat_not_found"),
    ("kicked", "not_a_member"),
    ("not enough rights", "not_a_member"),
    ("message to edit not found", "message_gone"),
    ("message can't be edited", "message_gone"),
    ("message thread not found", "thread_gone"),
    ("topic_closed", "topic_closed"),
    ("topic_id_invalid", "thread_gone"),
    ("topic_deleted", "thread_gone"),
)

_KINDS_BY_TYPE: Final = (
    (RetryAfter, "flood"),
    (InvalidToken, "unauthorized"),
    (Conflict, "conflict"),
    (ChatMigrated, "migrated"),
    (Forbidden, "forbidden"),
    (BadRequest, "bad_request"),
    (TimedOut, "timed_out"),
    (NetworkError, "network"),
)


WITHOUT_LOSS: Final = frozenset({"not_modified", "query_too_old", "blocked", "not_a_member"})
"""The kinds of error after which nobody waits for an answer: it is there, or they don't want any."""


def error_kind(error: BaseException) -> str:
    """The kind of an error in one word, for counters and logs, without a word of its text."""
    # python-telegram-bot changes the case of the vendor's texts.
    text = str(error).lower() if isinstance(error, BadRequest | Forbidden) else ""
    by_text = (kind for part, kind in _KINDS_BY_TEXT if part in text)
    by_type = (kind for type_, kind in _KINDS_BY_TYPE if isinstance(error, type_))
    return next(by_text, None) or next(by_type, type(error).__name__)


def retry_after_seconds(error: RetryAfter) -> float:
    """How long a 429 tells to wait; python-telegram-bot gives a number or a timedelta, by a setting of its own."""
    told = error.retry_after
    return told if isinstance(told, int | float) else told.total_seconds()

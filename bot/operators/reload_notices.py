"""What came of a reload of the FAQ, told to operators in chat and to the log."""

import asyncio
import contextlib
from pathlib import Path
from typing import Protocol

import structlog

from bot.messages import Reply
from bot.operators.handoff import Handoffs
from bot.store.errors import StoreError
from bot.talk import wording
from intents.faq.files import question_paths
from intents.reload import Reloader, ReloadResult

log = structlog.get_logger(__name__)

CHANNEL = "reload"
"""Under what the notices are claimed."""
SHOWN = 5
"""How many errors an operator's message lists; `youshu check` shows them all."""


class Claims(Protocol):
    """Remembers what has been claimed, over all processes."""

    async def claim(self, channel: str, message_id: str) -> bool:
        """Whether nobody had claimed it; raises StoreError."""
        ...


def notify_on_reload(reloader: Reloader, handoffs: Handoffs, claims: Claims | None = None) -> None:
    """Have every later outcome told to everyone who should know.

    Args:
        reloader: whose outcomes.
        handoffs: how operators are told.
        claims: where several processes read the same files, so that operators hear of each change once.
    """

    async def notify(outcome: ReloadResult) -> None:
        if outcome.loaded:
            log.info("faq_loaded", faq=outcome.digest, warnings=len(outcome.problems), lost=len(outcome.lost))
        else:
            log.warning("faq_refused", faq=outcome.digest, reason=outcome.summary)
        if claims is None or await _is_first(claims, outcome):
            await handoffs.announce(reload_notice(outcome))

    reloader.on_reload(notify)


async def _is_first(claims: Claims, outcome: ReloadResult) -> bool:
    """Whether no other process has told of this change: of the same files, written at the same moment, with the same outcome."""
    written = await asyncio.to_thread(_last_written, outcome.path)
    try:
        return await claims.claim(CHANNEL, f"{written}:{outcome.summary}")
    except StoreError as error:
        log.error("notice_not_claimed", reason=str(error))
        return True


def _last_written(path: Path) -> int:
    """When the last of the files was written, in nanoseconds; 0 where they can't be read."""
    with contextlib.suppress(OSError):
        return max(file.stat().st_mtime_ns for file in (path, *question_paths(path)))
    return 0


def reload_notice(outcome: ReloadResult) -> Reply:
    """What operators read: one line, and below it the other errors of a refusal, or what a new version has lost."""
    shown = outcome.errors[1:SHOWN] if outcome.errors else outcome.lost[:SHOWN]
    others = [f"注意：{each.text}" if each in outcome.lost else each.line_for(outcome.path.name) for each in shown]
    more = ["其余的请运行 youshu check 查看。"] if len(outcome.errors) > SHOWN else []
    return wording.text_reply(outcome.summary, *others, *more)

"""What came of a reload of the FAQ, told to operators in chat and to the log."""

import structlog

from bot.messages import Reply
from bot.operators.handoff import Handoffs
from bot.talk import wording
from intents.reload import Reloader, ReloadResult

log = structlog.get_logger(__name__)

SHOWN = 5
"""How many errors an operator's message lists; `youshu check` shows them all."""


def notify_on_reload(reloader: Reloader, handoffs: Handoffs) -> None:
    """Have every later outcome told to everyone who should know."""

    async def notify(outcome: ReloadResult) -> None:
        if outcome.loaded:
            log.info("faq_loaded", faq=outcome.digest, warnings=len(outcome.problems), lost=len(outcome.lost))
        else:
            log.warning("faq_refused", faq=outcome.digest, reason=outcome.summary)
        await handoffs.announce(reload_notice(outcome))

    reloader.on_reload(notify)


def reload_notice(outcome: ReloadResult) -> Reply:
    """What operators read: one line, and below it the other errors of a refusal, or what a new version has lost."""
    shown = outcome.errors[1:SHOWN] if outcome.errors else outcome.lost[:SHOWN]
    others = [f"注意：{each.text}" if each in outcome.lost else each.line_for(outcome.path.name) for each in shown]
    more = ["其余的请运行 youshu check 查看。"] if len(outcome.errors) > SHOWN else []
    return wording.text_reply(outcome.summary, *others, *more)

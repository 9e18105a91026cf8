"""What came of a reload: told to operators in chat, to the log and to /metrics."""

import structlog

from bot.http.app import FaqStatus
from bot.http.metrics import Metrics
from bot.messages import Reply
from bot.operators.handoff import Handoffs
from bot.talk import wording
from intents.reload import Reloader, ReloadResult

log = structlog.get_logger(__name__)

SHOWN = 5
"""How many errors an operator's message lists; `youshu check` shows them all."""


def notify_on_reload(reloader: Reloader, handoffs: Handoffs, metrics: Metrics) -> None:
    """Have every later outcome told to everyone who should know."""

    async def tell(outcome: ReloadResult) -> None:
        errors = len(outcome.errors)
        metrics.reloaded("taken" if outcome.loaded else "refused")
        metrics.faq_problems(errors=errors, warnings=len(outcome.problems) - errors)
        if outcome.loaded:
            log.info("faq_loaded", faq=outcome.digest, warnings=len(outcome.problems))
        else:
            log.warning("faq_refused", faq=outcome.digest, reason=outcome.line)
        await handoffs.announce(reload_notice(outcome))

    metrics.faq_problems(errors=0, warnings=len(reloader.current.problems))
    reloader.on_outcome(tell)


def reload_notice(outcome: ReloadResult) -> Reply:
    """What operators read: one line, and on a refusal the other errors below it."""
    others = [error.line_for(outcome.path.name) for error in outcome.errors[1:SHOWN]]
    more = ["其余的请运行 youshu check 查看。"] if len(outcome.errors) > SHOWN else []
    return wording.text_reply(outcome.line, *others, *more)


def faq_status(reloader: Reloader) -> FaqStatus:
    """What `/readyz` says of the FAQ."""
    return FaqStatus(reloader.status.digest, len(reloader.current.faq.intents), reloader.status.last_error)

"""What the tests of the crisis talk share."""

from datetime import UTC, datetime

from bot.crisis.dialogue import CrisisOutcome, CrisisState, respond
from bot.messages import Reply
from intents.danger.detector import WORDING, DangerAssessment, DangerLevel, DangerSignal, SignalKind

NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)

NONE = DangerAssessment(DangerLevel.NONE, None)
DOUBTFUL = DangerAssessment(DangerLevel.DOUBTFUL, DangerSignal(SignalKind.INDIRECT, WORDING, ""))
PLAIN = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.DIRECT, "want_to_die", "想死"))
URGENT = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.DIRECT, "act_now", "正在", urgent=True))
OTHERS = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.RELATIVE, "want_to_die", "想死"))
OTHERS_URGENT = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.RELATIVE, "act_now", "正在", urgent=True))


def say(
    state: CrisisState | None, text: str, danger: DangerAssessment = NONE, *, debt: bool = False, now: datetime = NOW
) -> CrisisOutcome:
    """One turn."""
    return respond(state, text, danger=danger, asks_about_debt=debt, now=now)


def reply_of(outcome: CrisisOutcome) -> Reply:
    """The reply, which there is."""
    assert outcome.reply is not None
    return outcome.reply


def state_of(outcome: CrisisOutcome) -> CrisisState:
    """The state, which there is."""
    assert outcome.crisis is not None
    return outcome.crisis

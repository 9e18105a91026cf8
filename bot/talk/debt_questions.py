"""Whether someone in a crisis has turned to a question about debt."""

from intents import Decision, Match
from intents.danger.detector import CRISIS

NO_TOPIC = frozenset({CRISIS, "stress", "human_help", "greeting", "thanks", "capabilities", "about_bot"})
"""Answers that are no sign of it."""

QUESTION_CHARACTERS = 6
"""A debt question has at least so many characters; 「嗯」 and 「不想」 aren't one, whatever they score."""


SURE = 0.97
"""An answer that is likely is enough elsewhere; whoever was in danger a moment ago is only taken at their plain word."""


def asks_about_debt(text: str, match: Match) -> bool:
    """Whether the matcher is sure of an answer about debt to words long enough to be a question."""
    if match.decision is not Decision.ANSWER or match.intent is None or match.intent in NO_TOPIC:
        return False
    return match.score >= SURE and sum(c.isalnum() for c in text) >= QUESTION_CHARACTERS

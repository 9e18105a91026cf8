"""From a question to an intent: no channel, no network, no database."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["FAQ", "Answer", "Candidate", "Decision", "FAQError", "Intent", "Match", "Matcher", "Problem", "load_faq"]

_HOMES = {
    "Candidate": "decide",
    "Decision": "decide",
    "load_faq": "faq",
    "Match": "matcher",
    "Matcher": "matcher",
    "FAQError": "problems",
    "Problem": "problems",
    "FAQ": "schema",
    "Answer": "schema",
    "Intent": "schema",
}

if TYPE_CHECKING:
    from intents.decide import Candidate, Decision
    from intents.faq import load_faq
    from intents.matcher import Match, Matcher
    from intents.problems import FAQError, Problem
    from intents.schema import FAQ, Answer, Intent
else:

    def __getattr__(name: str) -> object:
        """What this package offers, imported when it is asked for (PEP 562): who only checks a file needn't wait for numpy."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

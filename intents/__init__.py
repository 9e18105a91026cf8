"""Finds the FAQ intent that a message means; knows no channel, network or database."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["FAQ", "Answer", "Candidate", "Decision", "FAQError", "Intent", "Match", "Matcher", "Problem", "load_faq"]

_HOMES = {
    "Candidate": "matching.decide",
    "Decision": "matching.decide",
    "load_faq": "load",
    "Match": "matching.matcher",
    "Matcher": "matching.matcher",
    "FAQError": "faq.problems",
    "Problem": "faq.problems",
    "FAQ": "faq.schema",
    "Answer": "faq.schema",
    "Intent": "faq.schema",
}

if TYPE_CHECKING:
    from intents.faq.problems import FAQError, Problem
    from intents.faq.schema import FAQ, Answer, Intent
    from intents.load import load_faq
    from intents.matching.decide import Candidate, Decision
    from intents.matching.matcher import Match, Matcher
else:

    def __getattr__(name: str) -> object:
        """Import a name of __all__ when it is first used (PEP 562), so that `youshu check` doesn't import numpy."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

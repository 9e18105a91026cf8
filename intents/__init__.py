"""From a question to an intent: no channel, no network, no database."""

from intents.faq import load_faq
from intents.matcher import Candidate, Decision, Match, Matcher
from intents.problems import FAQError, Problem
from intents.schema import FAQ, Answer, Intent

__all__ = ["FAQ", "Answer", "Candidate", "Decision", "FAQError", "Intent", "Match", "Matcher", "Problem", "load_faq"]

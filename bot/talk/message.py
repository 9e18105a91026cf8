"""One message or tap, looked at once: every later step reads what is found here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from bot.talk.ellipsis import ellipsis, goes_on
from bot.talk.text_commands import fold
from intents import Decision, Match, Matcher
from intents.danger.detector import CRISIS, NO_DANGER, DangerAssessment, DangerLevel
from intents.matching.decide import DecisionReason
from intents.matching.match import Look, Ranking
from intents.matching.second_opinion import has_sign_of_danger, is_doubtful, with_second_opinion

MAX_CHARACTERS = 4_000
"""Read of one message, about as many as Telegram carries: a longer one would be so many times as much work."""


def shortened(text: str) -> str:
    """The text, or where it is longer than MAX_CHARACTERS its beginning and its end."""
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return f"{text[:half]}\n{text[-half:]}"


@dataclass(frozen=True)
class Message:
    """What was said, and what it looks like to each part of the bot; each look is taken at most once."""

    text: str
    """What somebody wrote, or the words that a button of the crisis talk stands for."""
    matcher: Matcher
    danger: DangerAssessment = NO_DANGER
    """What its words say of a life in danger."""
    second_opinion: Mapping[str, float] | None = None
    """How likely a second opinion finds each intent (intents.matching.second_opinion); None where none was heard."""

    @cached_property
    def folded(self) -> str:
        """The form in which commands and labels are looked for."""
        return fold(self.text)

    @cached_property
    def ellipsis(self) -> float:
        """How much it leaves out, 0 to 1."""
        return ellipsis(self.folded)

    @cached_property
    def goes_on(self) -> float:
        """How plainly it goes on with what was said, 0 to 1."""
        return goes_on(self.folded)

    @cached_property
    def look(self) -> Look:
        """What the matcher sees in it."""
        return self.matcher.look(self.text)

    @cached_property
    def ranking(self) -> Ranking:
        """Every intent with its score."""
        return self.matcher.ranking(self.look)

    @cached_property
    def match(self) -> Match:
        """What it means by itself."""
        match = self.matcher.match(self.text, in_danger=self.in_danger, ranking=self.ranking)
        return match if self.second_opinion is None else with_second_opinion(match, self.ranking, self.second_opinion)

    @property
    def wants_second_opinion(self) -> bool:
        """Whether the matcher isn't sure what it means by itself, and nothing in it tells of danger to life, however doubtful."""
        if self.danger.level is not DangerLevel.NONE or not is_doubtful(self.match, self.ranking):
            return False
        return not has_sign_of_danger(self.text)

    @property
    def in_danger(self) -> bool:
        """Whether it says plainly that a life is in danger."""
        return self.danger.level is DangerLevel.PLAIN

    @property
    def asks_for_help(self) -> bool:
        """Whether it is one of the FAQ's own questions about danger to life, word for word."""
        return self.exact and self.match.intent == CRISIS

    @property
    def exact(self) -> bool:
        """Whether it is one of the questions that the FAQ answers, word for word."""
        return self.match.reason is DecisionReason.EXACT and self.match.decision is Decision.ANSWER

    @property
    def crisis_score(self) -> float:
        """How much it looks like danger to life by its likeness to the FAQ's own questions, 0 to 1."""
        return next((each.score for each in self.ranking.candidates if each.intent == CRISIS), 0.0)

    def at_level(self, level: DangerLevel) -> "Message":
        """The same message, taken to be in danger of this level."""
        return self._seen_alike(replace(self, danger=replace(self.danger, level=level)))

    def with_second_opinion(self, scores: Mapping[str, float]) -> "Message":
        """The same message, understood with a second opinion."""
        return self._seen_alike(replace(self, second_opinion=scores))

    def _seen_alike(self, same: "Message") -> "Message":
        # What was seen depends on neither; what it means does.
        same.__dict__.update({name: self.__dict__[name] for name in ("look", "ranking") if name in self.__dict__})
        return same

"""One message or tap, looked at once: every later step reads what is found here."""

from dataclasses import dataclass, replace
from functools import cached_property

from bot.talk.ellipsis import ellipsis, goes_on
from bot.talk.text_commands import fold
from intents import Decision, Match, Matcher
from intents.danger.detector import CRISIS, DangerSignal
from intents.matching.matcher import Ranking
from intents.matching.normalize import bounded


@dataclass(frozen=True)
class Message:
    """What was said, and what it looks like to each part of the bot; each look is taken at most once."""

    text: str
    """What somebody wrote, or the words that a button of the crisis talk stands for."""
    matcher: Matcher
    signal: DangerSignal | None = None
    """The danger to life found in it."""
    looked_at: bool = True
    """Whether the text was looked through for danger to life; words that a button stands for weren't."""
    is_doubted: bool = False
    """The danger to life isn't believed: the talk explains the words."""

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
    def ranking(self) -> Ranking:
        """Every intent with its score."""
        return self.matcher.ranking(self.text)

    @cached_property
    def match(self) -> Match:
        """What it means by itself."""
        # A long message is matched without its middle, which is another text to look at.
        known = self.signal is not None if self.looked_at and self.text == bounded(self.text) else None
        match = self.matcher.match(self.text, in_danger=known, ranking=self.ranking)
        return replace(match, decision=Decision.FALLBACK) if self.is_doubted and match.intent == CRISIS else match

    @property
    def in_danger(self) -> bool:
        """Whether it tells of danger to life that is believed."""
        return self.signal is not None and not self.is_doubted

    def doubted(self) -> "Message":
        """The same message, its danger to life not believed."""
        return replace(self, is_doubted=True)

    @property
    def crisis_score(self) -> float:
        """How much it looks like danger to life by its likeness to the FAQ's own questions, 0 to 1."""
        return next((each.score for each in self.ranking.candidates if each.intent == CRISIS), 0.0)

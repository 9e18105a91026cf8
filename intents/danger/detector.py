"""Danger to life in a message, found before any score (signals: law.md 7.1; why patterns come first: docs/decisions)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from intents.danger.score import DangerClassifier, WordingVerdict
from intents.danger.signs import PatternGroup, SignalKind, load_patterns
from intents.danger.spelling import BREAK, DangerNormalizer

__all__ = ["CRISIS", "WORDING", "DangerAssessment", "DangerDetector", "DangerLevel", "DangerSignal", "SignalKind"]

CRISIS = "crisis"
"""The intent of a message in which a life is in danger, where the FAQ has it."""

PAIR = "pair"
"""The name of a signal that two weak ones make together."""

WORDING = "wording"
"""The name of a signal that only the wording as a whole gives."""

BLANK = "〇"
"""Stands for what only sounds like danger."""

BEFORE = 30
"""So many characters before a signal say whose life it is."""


@dataclass(frozen=True, slots=True)
class DangerSignal:
    """What told of danger."""

    kind: SignalKind
    pattern: str
    """The name of the group of patterns that matched; PAIR and WORDING are the second line."""
    words: str
    """What matched, in one spelling: for --why on the operator's own screen, never for a log."""
    urgent: bool = False
    """It is happening now."""


class DangerLevel(StrEnum):
    """How sure it is that a life is in danger."""

    NONE = "none"
    DOUBTFUL = "doubtful"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class DangerAssessment:
    """What a message says of danger to life."""

    level: DangerLevel
    signal: DangerSignal | None
    """What told; present iff the level is not NONE."""


NO_DANGER = DangerAssessment(DangerLevel.NONE, None)


class DangerDetector:
    """Finds the first signal of danger to life; immutable, safe to share between threads."""

    def __init__(self) -> None:
        self._spell = DangerNormalizer()
        self._signs = load_patterns()
        self._wording = DangerClassifier.load()
        words = self._signs.words
        self._other = re.compile(f"{words['KIN']}|他(?!们)|她(?!们)")
        self._me = re.compile(f"[我俺](?!{words['KIN']}|的|家|们)")
        self._cause = re.compile(words["CAUSE"])
        self._worry = re.compile(words["WORRY"])

    def assess(self, text: str) -> DangerAssessment:
        """How sure it is; never raises."""
        signal = self.find(text)
        if signal is None:
            return DangerAssessment(DangerLevel.NONE, None)
        return DangerAssessment(DangerLevel.DOUBTFUL if signal.pattern == WORDING else DangerLevel.PLAIN, signal)

    def find(self, text: str) -> DangerSignal | None:
        """The signal that told, or None; never raises, whatever the text."""
        folded = self.folded(text)
        if not folded:
            return None
        verdict = self._wording.verdict(folded)
        # Most messages are doubted, so that most patterns are neither tried nor compiled.
        if signal := self.patterned(folded, only_urgent=verdict is WordingVerdict.DOUBT):
            return signal
        if verdict is WordingVerdict.DANGER:
            return DangerSignal(SignalKind.INDIRECT, WORDING, self._wording.top_ngrams(folded))
        return None

    def patterned(self, folded: str, *, only_urgent: bool = False) -> DangerSignal | None:
        """The first pattern, or pair of weak ones, in a text in one spelling, however unlikely the rest makes it.

        With only_urgent, only what is happening now.
        """
        characters = frozenset(folded)
        for group in self._signs.groups:
            if only_urgent and not group.urgent:
                continue
            found = group.patterns.search(folded, characters)
            if found and not (group.unless and group.unless.search(folded)):
                return self._sign(group, folded, found)
        return None if only_urgent else self._paired(folded)

    def warm(self) -> None:
        """Do now what the first messages would wait for."""
        harmless = (each.patterns for each in self._signs.harmless)
        for patterns in (*harmless, *(group.patterns for group in self._signs.groups)):
            patterns.compile()

    def is_danger(self, text: str) -> bool:
        """Whether there is any signal."""
        return self.find(text) is not None

    def folded(self, text: str) -> str:
        """The text in one spelling, with what only sounds like danger blanked out."""
        folded = self._spell(text)
        characters = frozenset(folded)
        for harmless in self._signs.harmless:
            if harmless.when is None or harmless.when.search(folded):
                folded = harmless.patterns.blank(folded, characters, BLANK)
        return folded

    def _sign(self, group: PatternGroup, folded: str, found: re.Match[str]) -> DangerSignal:
        kind = SignalKind.RELATIVE if self._of_another(folded, found.start()) else group.kind
        return DangerSignal(kind, group.name, found[0], group.urgent)

    def _of_another(self, folded: str, start: int) -> bool:
        """Whether the last one named before the signal is a relative or friend who says or does it, and not the cause of it."""
        before = folded[max(0, start - BEFORE) : start + 1]
        others = list(self._other.finditer(before))
        if not others or self._me.search(before, others[-1].end()):
            return False
        between = before[others[-1].end() :]
        return not self._cause.search(between) and (BREAK not in between or bool(self._worry.search(folded)))

    def _paired(self, folded: str) -> DangerSignal | None:
        for pair in self._signs.pairs:
            one = pair.one.search(folded)
            other = pair.other.search(folded) if one else None
            if one and other and (one.end() <= other.start() or other.end() <= one.start()):
                kind = (
                    SignalKind.RELATIVE
                    if self._of_another(folded, max(one.start(), other.start()))
                    else SignalKind.INDIRECT
                )
                return DangerSignal(kind, PAIR, f"{pair.why}：{one[0]}、{other[0]}")
        return None


@cache
def shipped_detector() -> DangerDetector:
    """The detector of the shipped signs: no FAQ changes it, so a reload needn't build it anew."""
    return DangerDetector()

"""Danger to life in a message, found before any score (signals: law.md 7.1; why patterns come first: docs/decisions)."""

import re
from dataclasses import dataclass, replace
from functools import cache

from intents.danger.score import DangerClassifier, Line, Margins
from intents.danger.signs import DangerLevel, PatternGroup, SignalKind, load_patterns
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

MIN_CHARACTERS = 5
"""A shorter message is left to the patterns: 「我在」 and 「不想」 tell nothing by their wording."""

WHOSE = 0.15
"""From this margin on the wording as a whole says whose life it is."""

MY_BODY = re.compile("[我俺](?:的)?(?:脖|喉|头|脸|嘴|手|身|肚|背)")
"""Whose body it is says whose life it is, whoever lays hands on it: 「老公掐我脖子」."""

_SENTENCES = re.compile(r"[。！？!?；;\n]+")
"""Between these marks stands one sentence."""

MAX_DOUBTED = 100
"""In a longer message a pattern is believed, whatever the rest of the story sounds like."""


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


@dataclass(frozen=True, slots=True)
class DangerAssessment:
    """How surely a message tells of danger, and by what."""

    level: DangerLevel
    signal: DangerSignal | None = None
    """There unless the level is NONE."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern that was found."""

    signal: DangerSignal
    level: DangerLevel
    """What it says by itself."""
    sure: bool = False
    """It is hardly ever a figure of speech."""
    alone: bool = False
    """It counts whatever the wording says."""


NO_DANGER = DangerAssessment(DangerLevel.NONE)


class DangerDetector:
    """Finds danger to life; immutable, safe to share between threads."""

    def __init__(self, wording: DangerClassifier | None = None) -> None:
        """With the shipped wording unless another is given, as for measuring on authors that it never saw."""
        self._spell = DangerNormalizer()
        self._signs = load_patterns()
        self._wording = wording or DangerClassifier.load()
        self._least = self._wording.lines.least_unsure()
        words = self._signs.words
        self._other = re.compile(f"{words['KIN']}|他(?!们)|她(?!们)")
        self._me = re.compile(f"[我俺](?!{words['KIN']}|的|家|们)")
        self._cause = re.compile(words["CAUSE"])
        self._worry = re.compile(words["WORRY"])
        self._named = re.compile(words["NAMED"])

    def assess(self, text: str) -> DangerAssessment:
        """The level and what told; never raises, whatever the text."""
        whole = self._assess(text)
        if whole.level is not DangerLevel.DOUBTFUL or whole.signal is None or not whole.signal.urgent:
            return whole
        # What is happening now isn't made doubtful by questions about a debt that stand around it.
        sentences = filter(str.strip, _SENTENCES.split(text))
        said = (self._assess(sentence) for sentence in sentences)
        return next((each for each in said if each.level is DangerLevel.PLAIN and _is_urgent(each)), whole)

    def _assess(self, text: str) -> DangerAssessment:
        """The same of a text as one piece."""
        folded = self.folded(text)
        if not folded:
            return NO_DANGER
        margins = self._wording.margins(folded)
        weighed = MIN_CHARACTERS <= len(folded) <= MAX_DOUBTED
        # Most messages are doubted, so that most patterns are neither tried nor compiled.
        sign = self.patterned(folded, only_sure=weighed and not margins.reach(self._least))
        level = self._weighed(folded, sign, margins) if weighed else self._believed(folded, sign, margins)
        if level is DangerLevel.NONE:
            return NO_DANGER
        signal = sign.signal if sign else DangerSignal(SignalKind.INDIRECT, WORDING, self._wording.top_ngrams(folded))
        return DangerAssessment(level, _told_of(signal, margins) if weighed else signal)

    def find(self, text: str) -> DangerSignal | None:
        """The signal of a message in plain danger, or None."""
        assessment = self.assess(text)
        return assessment.signal if assessment.level is DangerLevel.PLAIN else None

    def is_danger(self, text: str) -> bool:
        """Whether the message is in plain danger."""
        return self.assess(text).level is DangerLevel.PLAIN

    def names_danger(self, folded: str) -> bool:
        """Whether death, a means, a place or a farewell is named."""
        return self._named.search(folded) is not None

    def patterned(self, folded: str, *, only_sure: bool = False) -> Sign | None:
        """The first pattern, or pair of weak ones, in a text in one spelling, however unlikely the rest makes it.

        With only_sure, only those that are hardly ever a figure of speech.
        """
        characters = frozenset(folded)
        for group in self._signs.groups:
            if only_sure and not group.sure:
                continue
            found = group.patterns.search(folded, characters)
            if found and not (group.unless and group.unless.search(folded)):
                return Sign(self._signal(group, folded, found), group.level, sure=group.sure, alone=group.alone)
        pair = None if only_sure else self._paired(folded)
        return Sign(pair, DangerLevel.DOUBTFUL) if pair else None

    def telling(self, folded: str, sign: Sign | None) -> str:
        """The name of the line that the margins of a message with such a sign must reach."""
        if sign is None:
            return "named" if self.names_danger(folded) else "wording"
        if sign.sure:
            return "sure"
        return "signed" if sign.level is DangerLevel.PLAIN else "leaning"

    def warm(self) -> None:
        """Do now what the first messages would wait for."""
        harmless = (each.patterns for each in self._signs.harmless)
        for patterns in (*harmless, *(group.patterns for group in self._signs.groups)):
            patterns.compile()

    def folded(self, text: str) -> str:
        """The text in one spelling, with what only sounds like danger blanked out."""
        folded = self._spell(text)
        characters = frozenset(folded)
        for harmless in self._signs.harmless:
            if harmless.when is None or harmless.when.search(folded):
                folded = harmless.patterns.blank(folded, characters, BLANK)
        return folded

    def _believed(self, folded: str, sign: Sign | None, margins: Margins) -> DangerLevel:
        """The level of a message too short, or too long, for its wording to speak against a pattern."""
        if sign is not None and sign.level is DangerLevel.PLAIN:
            return DangerLevel.PLAIN
        told = self._weighed(folded, sign, margins) if len(folded) > MAX_DOUBTED else DangerLevel.NONE
        return DangerLevel.DOUBTFUL if sign is not None and told is DangerLevel.NONE else told

    def _weighed(self, folded: str, sign: Sign | None, margins: Margins) -> DangerLevel:
        """The level of a message with such a sign, once its wording is weighed."""
        if sign is not None and sign.alone:
            return DangerLevel.PLAIN
        line: Line = getattr(self._wording.lines, self.telling(folded, sign))
        if margins.plain >= line.plain:
            return DangerLevel.PLAIN
        return DangerLevel.DOUBTFUL if margins.danger >= line.danger else DangerLevel.NONE

    def _signal(self, group: PatternGroup, folded: str, found: re.Match[str]) -> DangerSignal:
        of_another = self._of_another(folded, found.start()) and not MY_BODY.search(found[0])
        kind = SignalKind.RELATIVE if of_another else group.kind
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


def _is_urgent(assessment: DangerAssessment) -> bool:
    return assessment.signal is not None and assessment.signal.urgent


def _told_of(signal: DangerSignal, margins: Margins) -> DangerSignal:
    """The signal as another one's where the wording tells whose life it is, and the place in the sentence left where it doesn't."""
    if abs(margins.another) < WHOSE or MY_BODY.search(signal.words):
        return signal
    if margins.another > 0:
        return replace(signal, kind=SignalKind.RELATIVE)
    own = signal.kind is not SignalKind.RELATIVE
    return signal if own else replace(signal, kind=SignalKind.INDIRECT)


@cache
def shipped_detector() -> DangerDetector:
    """The detector of the shipped signs: no FAQ changes it, so a reload needn't build it anew."""
    return DangerDetector()

"""signs.yaml made ready to match: the wordings of danger to life, and those that only sound like it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

# The C loader is some ten times as fast; a wheel of PyYAML without it still works.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NAME = re.compile("<([A-Z_]+)>")


class SignalKind(StrEnum):
    """How danger shows."""

    DIRECT = "direct"
    """The words themselves: 想死, 自杀, 遗书."""
    INDIRECT = "indirect"
    """What such people say around it: farewells, being a burden, not waking up."""
    RELATIVE = "relative"
    """Someone else's life: a relative's or a friend's."""


class DangerLevel(StrEnum):
    """How surely a message tells of danger."""

    NONE = "none"
    DOUBTFUL = "doubtful"
    """Only the wording leans that way."""
    PLAIN = "plain"
    """An act, means, a place, a farewell or a wish to die is said, or it is happening now."""


class CuedPatterns:
    """Patterns by the characters of which one is in every text that they match: most texts meet none of them."""

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        """Patterns by their cue, in the order in which they are tried."""
        self._listed = tuple((cue, pattern) for cue, same in patterns.items() for pattern in same)
        self._by_character: dict[str, list[int]] = {}
        for number, (cue, _) in enumerate(self._listed):
            for character in cue:
                self._by_character.setdefault(character, []).append(number)
        self._cues = frozenset(self._by_character)

    def compile(self) -> None:
        """Compile every pattern now, instead of each when it is first met."""
        for _, pattern in self._listed:
            _compiled(pattern)

    def listed(self) -> tuple[tuple[str, str], ...]:
        """Each pattern with its cue."""
        return self._listed

    def search(self, text: str, characters: frozenset[str]) -> re.Match[str] | None:
        """The first match in a text of these characters."""
        for pattern in self._worth_trying(characters):
            if found := pattern.search(text):
                return found
        return None

    def blank(self, text: str, characters: frozenset[str], blank: str) -> str:
        """The text with every match replaced."""
        for pattern in self._worth_trying(characters):
            text = pattern.sub(blank, text)
        return text

    def _worth_trying(self, characters: frozenset[str]) -> Iterator[re.Pattern[str]]:
        present = self._cues & characters
        if present:
            numbers = {number for character in present for number in self._by_character[character]}
            # Few are ever met; compiling all of them would take most of the start-up.
            yield from (_compiled(self._listed[number][1]) for number in sorted(numbers))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Harmless:
    """Wordings that only sound like danger."""

    why: str
    when: re.Pattern[str] | None
    """Only in messages where this is found."""
    patterns: CuedPatterns


@dataclass(frozen=True, slots=True)
class PatternGroup:
    """Wordings of danger that say one thing."""

    name: str
    kind: SignalKind
    level: DangerLevel
    """What the group says by itself."""
    why: str
    urgent: bool
    """It is happening now."""
    sure: bool
    """The words are hardly ever a figure of speech."""
    alone: bool
    """They count whatever the rest sounds like: the wording was learned of people who want to die, not of those who are attacked."""
    unless: re.Pattern[str] | None
    """What takes the sign back: the shop can't go on, not the person."""
    patterns: CuedPatterns


@dataclass(frozen=True, slots=True)
class PatternPair:
    """Two signs that mean little alone; both in one message tell."""

    why: str
    one: re.Pattern[str]
    other: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class DangerPatterns:
    """All of signs.yaml."""

    harmless: tuple[Harmless, ...]
    groups: tuple[PatternGroup, ...]
    pairs: tuple[PatternPair, ...]
    words: Mapping[str, str]
    """Each named list of words as one pattern."""


def load_patterns() -> DangerPatterns:
    """The shipped signs."""
    text = files(__package__).joinpath("signs.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, the C one where there is one  # nosec B506
    words: dict[str, str] = {}
    for name, listed in data["words"].items():
        words[name] = f"(?:{'|'.join(_spelled_out(word, words) for word in listed.split())})"
    return DangerPatterns(
        harmless=tuple(
            Harmless(each["why"], _any([each["when"]] if "when" in each else (), words), _cued(each["patterns"], words))
            for each in data["harmless"]
        ),
        groups=tuple(sorted((_group(each, words) for each in data["signs"]), key=_doubtful)),
        pairs=tuple(
            PatternPair(each["why"], _one_of(each["one"], words), _one_of(each["other"], words))
            for each in data["pairs"]
        ),
        words=words,
    )


def _group(data: Mapping[str, Any], words: Mapping[str, str]) -> PatternGroup:
    return PatternGroup(
        name=data["name"],
        kind=SignalKind(data["kind"]),
        level=DangerLevel(data["level"]),
        why=data["why"],
        urgent=data.get("urgent", False),
        sure=data.get("sure", False),
        alone=data.get("alone", False),
        unless=_any(data.get("unless", ()), words),
        patterns=_cued(data["patterns"], words),
    )


def _doubtful(group: PatternGroup) -> bool:
    return group.level is not DangerLevel.PLAIN


def _cued(patterns: Mapping[str, Iterable[str]], words: Mapping[str, str]) -> CuedPatterns:
    return CuedPatterns({cue: [_spelled_out(pattern, words) for pattern in same] for cue, same in patterns.items()})


def _any(patterns: Iterable[str], words: Mapping[str, str]) -> re.Pattern[str] | None:
    return _one_of(patterns, words) if patterns else None


def _one_of(patterns: Iterable[str], words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(_spelled_out(pattern, words) for pattern in patterns))


def _spelled_out(pattern: str, words: Mapping[str, str]) -> str:
    """The pattern with <KIN> and its like put in."""
    return _NAME.sub(lambda found: words[found[1]], pattern)

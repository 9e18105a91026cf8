"""The notation in which script.yaml says what a message is read by, made into patterns; and whether one is found.

「…」 up to six characters · 「[甲/乙]」 one of them · 「[甲/]」 may be left out · 「＝」 before: the whole message · 「<大人>」 a named list.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from intents.chinese.fold import fold

BLANK = "〇"
"""Stands for what was said but doesn't count."""

WHOLE = "＝"

AGES: Mapping[str, str] = {
    "未成年岁数": (
        r"(?:(?<![0-9十百二三四五六七八九])(?:[3-9]|1[0-7]|[三四五六七八九]|十[一二三四五六七]?)岁"
        r"|(?:今年|才|刚满?)(?:1[0-7]|十[一二三四五六七])(?![0-9万千百几个年块家天]))"
    ),
    "成年岁数": (
        r"(?:(?<![0-9])(?:1[89]|[2-9][0-9])|(?<![一二三四五六七八九])十[八九]|[二三四五六七八九]十[一二三四五六七八九几多]?)岁"
    ),
}
"""Lists that no list can hold."""

_PART = re.compile(r"…|\[[^\[\]]*\]|<[^<>]*>|[^…\[\]<>]+|.")


class NotationError(ValueError):
    """A way of saying that can't be read; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Hears one thing in a message in folded form."""

    hears: re.Pattern[str] | None
    but: re.Pattern[str] | None
    """What is crossed out before."""
    example: str
    """The first way of saying it."""
    cues: frozenset[str] | None = None
    """One of these characters is in every message in which it is said; None where that can't be told."""

    def __call__(self, folded: str) -> bool:
        """Whether it is said."""
        # Blanking out what doesn't count brings no character but BLANK, which no cue is.
        if self.hears is None or (self.cues is not None and self.cues.isdisjoint(folded)):
            return False
        if self.but is not None:
            folded = self.but.sub(BLANK, folded)
        return self.hears.search(folded) is not None


def listener(hears: str, but: str, words: Mapping[str, str]) -> Listener:
    """What hears these ways of saying; words are the named lists."""
    ways = hears.split()
    example = _example(ways[0], words) if ways else ""
    return Listener(pattern(ways, words), pattern(but.split(), words), example, _cues(ways, words))


def pattern(ways: Iterable[str], words: Mapping[str, str]) -> re.Pattern[str] | None:
    """One pattern for all of these ways, longest first where one begins another; None for none."""
    read = {way: _one(way, words) for way in ways}
    if not read:
        return None
    compiled = re.compile("|".join(f"(?:{each})" for each in read.values()))
    # All at once, because compiling each way by itself would double what the first message waits for.
    if compiled.fullmatch(""):
        empty = next(way for way, each in read.items() if re.fullmatch(each, ""))
        raise NotationError(f"“{empty}”什么都能对上")
    return compiled


COMMON = frozenset("我你您他她它的了是不有没在人一这那个就也都还说要会想去来吧吗呢好上下出到大家子能可打")
"""Characters that are in so many messages that looking for them saves nothing."""


def _cues(ways: Iterable[str], words: Mapping[str, str]) -> frozenset[str] | None:
    """Characters of which each way of saying needs at least one."""
    needed = [_needed(way.removeprefix(WHOLE), words) for way in ways]
    return frozenset().union(*(each for each in needed if each)) if all(needed) else None


def _needed(way: str, words: Mapping[str, str]) -> frozenset[str] | None:
    """Characters of which this way needs at least one, as few and as rare as can be; None where that can't be told."""
    found = [each for each in (_needed_by(part, words) for part in _PART.findall(way)) if each]
    return min(found, key=lambda each: (len(each & COMMON), len(each)), default=None)


def _needed_by(part: str, words: Mapping[str, str]) -> frozenset[str] | None:
    if part == "…" or part[1:-1] in AGES:
        return None
    if part.startswith("<"):
        options = words.get(part[1:-1], "").split()
    elif part.startswith("["):
        options = part[1:-1].split("/")
    else:
        return min((frozenset(each) for each in fold(part)), key=lambda each: len(each & COMMON), default=None)
    needed = [_needed(option, words) for option in options]
    return frozenset().union(*(each for each in needed if each)) if needed and all(needed) else None


def _one(way: str, words: Mapping[str, str]) -> str:
    body = "".join(_part(part, words) for part in _PART.findall(way.removeprefix(WHOLE)))
    return rf"\A(?:{body})\Z" if way.startswith(WHOLE) else body


def _part(part: str, words: Mapping[str, str]) -> str:
    if part == "…":
        return ".{0,6}?"
    if part.startswith("<") and part.endswith(">"):
        name = part[1:-1]
        if name in AGES:
            return AGES[name]
        if name not in words:
            raise NotationError(f"words 里没有“{name}”")
        return _any(words[name].split(), words)
    if part.startswith("[") and part.endswith("]"):
        return _any(part[1:-1].split("/"), words)
    if part in "[]<>":
        raise NotationError(f"“{part}”没有配成对")
    return re.escape(fold(part))


def _any(options: Iterable[str], words: Mapping[str, str]) -> str:
    read = sorted((_option(each, words) for each in options), key=len, reverse=True)
    return f"(?:{'|'.join(read)})"


def _option(option: str, words: Mapping[str, str]) -> str:
    return "".join(_part(part, words) for part in _PART.findall(option))


def _example(way: str, words: Mapping[str, str]) -> str:
    """The shortest reading of a way of saying, its first option in each place."""
    said = ""
    for part in _PART.findall(way.removeprefix(WHOLE)):
        if part.startswith("["):
            options = part[1:-1].split("/")
            said += "" if "" in options else _example(options[0], words)
        elif part.startswith("<"):
            said += {"未成年岁数": "十四岁", "成年岁数": "二十岁"}.get(part[1:-1]) or words[part[1:-1]].split()[0]
        elif part != "…":
            said += part
    return said

"""One spelling for the words of danger: width, Traditional, dialect, fillers, pinyin, homophones, characters pulled apart."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from typing import Any

import yaml

from intents.chinese.readings import readings
from intents.chinese.script import simplified

MAX_CHARACTERS = 4000
"""A longer message is cut to its beginning and its end."""

BREAK = "，"
"""Stands for every punctuation mark and pause."""

LOOSE_FROM = 4
"""From this many characters on, zh and z, sh and s, -ng and -n count as one."""

_LONGEST_WORD = 4
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Cs"})
_SAME_SOUND = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"))
_MASKING_MARKS = re.compile(r"(?<=[\u4e00-\u9fff])[*._\-/|·~^'`=+#@]+(?=[\u4e00-\u9fff])")
_PARTICLE = re.compile("(?<![显名原土编巨])著(?!名|作|称|述|录)")
"""著 where it is 着: OpenCC leaves it, since it can be either."""
_PLAIN = re.compile(r"[0-9a-z \u3400-\u4dbf\u4e00-\u9fff，。？！、]*")
_SPACED = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_LATIN_RUN = re.compile(r"[a-z]+(?: +[a-z]+)*")
# The C loader is some ten times as fast; a wheel of PyYAML without it still works.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DangerNormalizer:
    """Folds a message into the spelling that the patterns of signs.yaml are written in; never raises."""

    def __init__(self) -> None:
        text = files(__package__).joinpath("spelling.yaml").read_text(encoding="utf-8")
        data: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, the C one where there is one  # nosec B506
        self._fillers = re.compile(data["fillers"])
        self._dialect: Mapping[str, str] = data["dialect"]
        self._any_dialect = re.compile("|".join(sorted(self._dialect, key=len, reverse=True)))
        self._slang = [(frozenset(cue), re.compile(pattern), word) for cue, pattern, word in data["slang"]]
        self._slang_cues = frozenset().union(*(cue for cue, _, _ in self._slang))
        self._sound = {character: sounds[0] for character, sounds in readings().items() if sounds} | data[
            "usual_readings"
        ]
        self._latin = _LatinReader(data, set(self._sound.values()))
        self._ear = _Ear(data, self._sound)

    def __call__(self, text: str) -> str:
        """The folded text; empty when nothing is left."""
        text = _bounded(text)
        text = _PARTICLE.sub("着", simplified(text if _PLAIN.fullmatch(text) else _bounded(_unfolded(text))))
        text = _MASKING_MARKS.sub("", text)
        if not self._slang_cues.isdisjoint(text):
            text = self._without_slang(text)
        text = _LATIN_RUN.sub(lambda found: self._latin.read(found[0]), text)
        text = BREAK.join(_joined(_SPACED.split(text)))
        text = self._any_dialect.sub(lambda found: self._dialect[found[0]], text)
        return self._ear.heard(self._fillers.sub("", text))

    def _without_slang(self, text: str) -> str:
        for cue, pattern, word in self._slang:
            if not cue.isdisjoint(text):
                text = pattern.sub(word, text)
        return text


class _LatinReader:
    """Reads pinyin and initials as the words of danger."""

    def __init__(self, data: Mapping[str, Mapping[str, str]], syllables: Iterable[str]) -> None:
        self._abbreviations = data["abbreviations"]
        self._words = data["pinyin_words"]
        self._singles = data["pinyin_syllables"]
        self._syllables = frozenset(filter(None, syllables))

    @cached_property
    def _syllable(self) -> re.Pattern[str]:
        """Any syllable, the longest first; made when the first Latin letters come."""
        return re.compile("|".join(sorted(self._syllables, key=len, reverse=True)))

    def read(self, run: str) -> str:
        """A run of Latin words in characters, as far as it can be read."""
        out: list[str] = []
        syllables: list[str] = []
        for word in run.split():
            parts = None if word in self._abbreviations else self._split(word)
            if parts is None:
                out += [*self._spelled(syllables), self._abbreviations.get(word, word)]
                syllables = []
            else:
                syllables += parts
        return "".join([*out, *self._spelled(syllables)])

    def _split(self, word: str) -> list[str] | None:
        """The word as pinyin syllables, longest first; None when it isn't pinyin."""
        parts = self._syllable.findall(word)
        readable = "".join(parts) == word and all(len(part) > 1 or part in "ae" for part in parts)
        return parts if readable else None

    def _spelled(self, syllables: list[str]) -> list[str]:
        out: list[str] = []
        start = 0
        while start < len(syllables):
            longest = min(_LONGEST_WORD, len(syllables) - start)
            keys = (" ".join(syllables[start : start + length]) for length in range(longest, 0, -1))
            key = next((key for key in keys if key in self._words), syllables[start])
            out.append(self._words.get(key) or self._single(key, out))
            start += key.count(" ") + 1
        return out

    def _single(self, syllable: str, before: list[str]) -> str:
        # Behind most syllables si is the end of a word: gongsi, guansi, shangsi.
        if syllable == "si" and before and before[-1][-1] not in "想去要我就会能早等让":
            return syllable
        return self._singles.get(syllable, syllable)


class _Ear:
    """Hears the core phrases in characters that only sound like them."""

    def __init__(self, data: Mapping[str, list[str]], sound: Mapping[str, str]) -> None:
        self._sound = sound
        self._loose = {each: _loose(each) for each in set(sound.values())}
        self._loosely = {character: self._loose[each] for character, each in sound.items()}
        self._alikes = frozenset(data["sound_alikes"])
        self._wholes = {tuple(sound[c] for c in phrase): phrase for phrase in data["whole_phrases"]}
        self._longest_whole = max(map(len, data["whole_phrases"]))
        self._phrases = {self._key([sound[c] for c in phrase]): phrase for phrase in data["core_phrases"]}
        self._starts = {tuple(_loose(sound[c]) for c in phrase[:2]) for phrase in data["core_phrases"]}
        self._lengths = sorted({len(phrase) for phrase in data["core_phrases"]}, reverse=True)

    def heard(self, text: str) -> str:
        """The text with each phrase that only sounds like a core phrase written as that phrase."""
        text = BREAK.join(map(self._whole, text.split(BREAK)))
        loose = [self._loosely.get(c, c) for c in text]
        starts = [start for start, pair in enumerate(pairwise(loose)) if pair in self._starts]
        if not starts:
            return text
        sounds = [self._sound.get(c, c) for c in text]
        out, copied = [], 0
        for start in starts:
            if start < copied:
                continue
            if phrase := self._phrase_at(text, sounds, start):
                out += [text[copied:start], phrase]
                copied = start + len(phrase)
        return "".join([*out, text[copied:]])

    def _whole(self, segment: str) -> str:
        if len(segment) > self._longest_whole or segment in self._alikes:
            return segment
        return self._wholes.get(tuple(self._sound.get(c, c) for c in segment), segment)

    def _phrase_at(self, text: str, sounds: list[str], start: int) -> str | None:
        for length in self._lengths:
            phrase = self._phrases.get(self._key(sounds[start : start + length]))
            if phrase is not None and text[start : start + length] not in self._alikes:
                return phrase
        return None

    def _key(self, sounds: list[str]) -> tuple[str, ...]:
        """Short phrases by their exact sound, long ones as southern speakers type them."""
        return tuple(self._loose.get(each, each) for each in sounds) if len(sounds) >= LOOSE_FROM else tuple(sounds)


def _bounded(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return text[:half] + BREAK + text[-half:]


def _unfolded(text: str) -> str:
    """Text in one width and one case, without what nobody sees."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode("utf-8")).casefold()
    return "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE)


def _joined(segments: Iterable[str]) -> Iterator[str]:
    """Segments with every single character put back to what stands before it: 想 死, 我 不 想 活."""
    current = ""
    for segment in filter(None, segments):
        if current and (len(segment) == 1 or len(current) == 1):
            current += segment
        else:
            if current:
                yield current
            current = segment
    if current:
        yield current


def _loose(sound: str) -> str:
    """Southern speakers' typing: zh/z, ch/c, sh/s and -ng/-n fall together."""
    for wide, narrow in _SAME_SOUND:
        sound = sound.replace(wide, narrow)
    return sound

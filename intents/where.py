"""Finds the line of an answer by its title, its id or a piece of what the bot said."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from intents.checks import RawFaq
from intents.checks.raw_faq import PART_KEYS, mapping, sequence
from intents.chinese.script import simplified
from intents.faq.reader import Path, Value
from intents.faq.schema import PARAMETER_REFERENCE
from intents.faq.source import Place

SHORT = 4
"""Fewer characters must stand in a text as they are; more may be a little different."""
ALIKE = 80.0
"""From here on a piece of a text is what was looked for: rapidfuzz's partial ratio, 0 to 100."""
SHARE = 30.0
"""By how much a text counts less that is a small part of what is looked for."""
NEAR_BEST = 8.0
"""What is so much worse than the best isn't shown."""

_NO_WORD = re.compile(r"[\W_]+")

PARTS = {
    "title": "标题",
    "id": "编号",
    "summary": "简要回答",
    "consequences": "后果",
    "rights": "权利",
    "steps": "怎么做",
    "script": "话术",
    "says": "依据",
    "questions": "问法",
}


@dataclass(frozen=True, slots=True)
class ParameterPlace:
    """A figure in a text, which is changed at another place."""

    name: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text of a topic that fits what was looked for."""

    key: str
    title: str
    part: str
    """What it is: a key of PARTS."""
    place: Place
    text: str
    """As people read it, its parameters filled in."""
    parameters: tuple[ParameterPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    index: int
    part: str
    path: Path
    text: str


def find(raw: RawFaq, words: str) -> list[FoundText]:
    """What fits, best first, at most one text of each topic; a topic's answer where the words are its id or title."""
    wanted = _bare(words)
    if not wanted:
        return []
    named = [
        index for index, intent in raw.intents if wanted in {_bare(_text(intent, "title")), _bare(_text(intent, "id"))}
    ]
    if named:
        return [_found(raw, piece) for index in named for piece in _answer(raw, index)]
    pieces = list(_pieces(raw))
    said = _best(raw, wanted, [piece for piece in pieces if piece.part != "questions"])
    if said:
        return [_found(raw, piece) for piece in said]
    asked = _best(raw, wanted, [piece for piece in pieces if piece.part == "questions"])
    return [_found(raw, piece) for question in asked for piece in (*_answer(raw, question.index), question)]


def _best(raw: RawFaq, wanted: str, pieces: Sequence[_Piece]) -> list[_Piece]:
    """The pieces that fit best, one of each topic."""
    # Converted in one call: one for each text would take a second.
    texts = _bare_lines("\n".join(raw.fill(piece.text).replace("\n", " ") for piece in pieces))
    rated = zip((_score(wanted, text) for text in texts), pieces, strict=True)
    scored = [(score, piece) for score, piece in rated if score >= ALIKE]
    best = max((score for score, _ in scored), default=0.0)
    order = list(PARTS)
    scored.sort(key=lambda each: (-each[0], order.index(each[1].part)))
    by_topic: dict[int, _Piece] = {}
    for score, piece in scored:
        if score >= best - NEAR_BEST:
            by_topic.setdefault(piece.index, piece)
    return list(by_topic.values())


def _score(wanted: str, text: str) -> float:
    """How much of the shorter one stands in the other, 0 to 100; both bare."""
    if wanted in text:
        return 100.0
    if len(wanted) < SHORT or len(text) < SHORT:
        return 0.0
    # Where several lines were copied, a line that is a small part of them says little.
    missing = max(0.0, 1 - len(text) / len(wanted))
    return fuzz.partial_ratio(wanted, text, score_cutoff=ALIKE) - SHARE * missing


def _bare(text: str) -> str:
    """The letters alone: what is copied out of a chat has other marks and spaces, and may be in Traditional characters."""
    return "".join(_bare_lines(text))


def _bare_lines(text: str) -> list[str]:
    """The same for each line."""
    return [_NO_WORD.sub("", line).casefold() for line in simplified(text).split("\n")]


def _text(intent: object, key: str) -> str:
    value = intent.get(key) if isinstance(intent, dict) else None
    return value if isinstance(value, str) else ""


def _answer(raw: RawFaq, index: int) -> list[_Piece]:
    """The first text of a topic's answer."""
    texts = [piece for piece in _pieces(raw) if piece.index == index and piece.part not in {"title", "id", "questions"}]
    return texts[:1]


def _pieces(raw: RawFaq) -> Iterator[_Piece]:
    """Every text of every topic, in the order in which it is looked for."""
    for index, intent in raw.intents:
        path: Path = ("intents", index)
        for key in ("title", "id"):
            yield _Piece(index, key, (*path, key), _text(intent, key))
        answer = mapping(intent.get("answer"))
        inside = (*path, "answer")
        for key in ("summary", *PART_KEYS, "script"):
            yield from _of_value(index, key, (*inside, key), answer.get(key))
        for number, basis in enumerate(sequence(answer.get("basis"))):
            cited = "".join(_text(basis, key) for key in ("law", "article", "rule", "document"))
            yield _Piece(index, "says", (*inside, "basis", number, "says"), f"{cited}：{_text(basis, 'says')}")
        yield from _of_value(index, "questions", (*path, "questions"), intent.get("questions"))


def _of_value(index: int, part: str, path: Path, value: Value) -> Iterator[_Piece]:
    if isinstance(value, str):
        yield _Piece(index, part, path, value)
    for number, each in enumerate(sequence(value)):
        if isinstance(each, str):
            yield _Piece(index, part, (*path, number), each)


def _found(raw: RawFaq, piece: _Piece) -> FoundText:
    intent = mapping(raw.document.at(("intents", piece.index)))
    names = dict.fromkeys(PARAMETER_REFERENCE.findall(piece.text))
    figures = tuple(
        ParameterPlace(name, raw.parameter_text(name), raw.document.place(("parameters", name, "value")))
        for name in names
        if name in raw.parameters
    )
    place = raw.document.place(piece.path)
    return FoundText(_text(intent, "id"), _text(intent, "title"), piece.part, place, raw.fill(piece.text), figures)

"""The FAQ as it is written, valid or not, so that one mistake hides no other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from intents.checks.limits import ContentLimits
from intents.faq.problems import Problem
from intents.faq.reader import Path, Value, YamlDocument
from intents.faq.schema import PARAMETER_REFERENCE
from intents.matching.normalize import Normalizer

MAIN_FILE = "faq.yaml"
"""What the main file is called in messages, whatever its name."""

PART_KEYS = ("consequences", "rights", "steps")


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text of the file and the path to it."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class WrittenQuestion(WrittenText):
    """A question of the file and where it belongs."""

    intent: str | None
    """The id of its intent; None for a question out of scope."""


@dataclass(frozen=True)
class RawFaq:
    """A parsed file with the day and the limits that it is checked by."""

    document: YamlDocument
    today: date
    limits: ContentLimits = field(default_factory=ContentLimits)

    def problem(
        self, path: Path, code: str, message: str, remedy: str, *, character: int | None = None, at_key: bool = False
    ) -> Problem:
        """A problem at a value, at one character of its text, or at its key."""
        place = self.document.key_place(path) if at_key else self.document.place(path, character)
        return Problem(place.line, place.column, code, message, remedy, file=place.file)

    def line_of(self, path: Path) -> int:
        """The line of a value, for messages that point at another place of the same file."""
        return self.document.place(path).line

    def line_told(self, path: Path, seen_from: Path) -> str:
        """The line of a value in words, with its file where that isn't the one of the value it is seen from."""
        place = self.document.place(path)
        file = "" if place.file == self.document.place(seen_from).file else f" {place.file or MAIN_FILE} "
        return f"{file}第 {place.line} 行"

    @cached_property
    def root(self) -> Mapping[str, Value]:
        """The whole file; empty where it isn't a mapping."""
        return mapping(self.document.value)

    @cached_property
    def intents(self) -> tuple[tuple[int, Mapping[str, Value]], ...]:
        """The intents with their index, those that are mappings."""
        listed = enumerate(sequence(self.root.get("intents")))
        return tuple((index, value) for index, value in listed if isinstance(value, dict))

    @cached_property
    def parameters(self) -> Mapping[str, Mapping[str, Value]]:
        """The parameters by name."""
        return {name: mapping(value) for name, value in mapping(self.root.get("parameters")).items()}

    @cached_property
    def questions(self) -> tuple[WrittenQuestion, ...]:
        """Every question that isn't empty; first those out of scope."""
        found: list[WrittenQuestion] = []
        outside = mapping(self.root.get("out_of_scope")).get("questions")
        found += (WrittenQuestion(w.path, w.text, None) for w in _items(outside, ("out_of_scope", "questions")))
        for index, intent in self.intents:
            key = str(intent.get("id") or f"#{index + 1}")
            listed = _items(intent.get("questions"), ("intents", index, "questions"))
            found += (WrittenQuestion(w.path, w.text, key) for w in listed)
        return tuple(found)

    @cached_property
    def normalized_questions(self) -> Sequence[str]:
        """The normalised form of each of `questions`."""
        return Normalizer().batch([question.text for question in self.questions])

    @cached_property
    def answer_texts(self) -> tuple[WrittenText, ...]:
        """What people read in answers, also the basis; parameters aren't filled in."""
        found: list[WrittenText] = []
        for index, intent in self.intents:
            path: Path = ("intents", index, "answer")
            answer = mapping(intent.get("answer"))
            found += _items([answer.get("summary")], (*path, "summary"), indexed=False)
            for key in PART_KEYS:
                found += _items(answer.get(key), (*path, key))
            found += _items([answer.get("script")], (*path, "script"), indexed=False)
            for number, basis in enumerate(sequence(answer.get("basis"))):
                found += _items([mapping(basis).get("says")], (*path, "basis", number, "says"), indexed=False)
        return tuple(found)

    @cached_property
    def citations(self) -> tuple[WrittenText, ...]:
        """How the basis names laws and rules."""
        return tuple(
            WrittenText(("intents", index, "answer", "basis", number, key), text)
            for index, intent in self.intents
            for number, basis in enumerate(sequence(mapping(intent.get("answer")).get("basis")))
            for key in ("law", "article", "rule", "document")
            if isinstance(text := mapping(basis).get(key), str) and text.strip()
        )

    @cached_property
    def titles(self) -> tuple[WrittenText, ...]:
        """The labels of buttons."""
        return tuple(
            WrittenText(("intents", index, "title"), title)
            for index, intent in self.intents
            if isinstance(title := intent.get("title"), str)
        )

    def fill(self, text: str) -> str:
        """The text with its parameters filled in, as people read it; unknown ones are left out."""
        return PARAMETER_REFERENCE.sub(lambda found: self.parameter_text(found[1]), text)

    def parameter_text(self, name: str) -> str:
        """Value and unit of a parameter; empty where it is unknown."""
        parameter = self.parameters.get(name, {})
        value, unit = (str(parameter.get(key) or "") for key in ("value", "unit"))
        return value if unit and value.endswith(unit) else value + unit


Rule = Callable[[RawFaq], Iterator[Problem]]


def mapping(value: Value) -> Mapping[str, Value]:
    """The value as a mapping; empty where it is something else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Value) -> Sequence[Value]:
    """The value as a list; empty where it is something else."""
    return value if isinstance(value, list) else ()


def _items(values: Value, path: Path, *, indexed: bool = True) -> Iterator[WrittenText]:
    for index, value in enumerate(sequence(values)):
        if isinstance(value, str) and value.strip():
            yield WrittenText((*path, index) if indexed else path, value)

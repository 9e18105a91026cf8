"""Parses YAML into plain values with their place in the text; duplicate keys, aliases and syntax errors become problems."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import yaml

from intents.faq.lost_lines import MENDED, mended_lines, repeated_keys, second_document
from intents.faq.problems import Problem, quoted
from intents.faq.source import Place, SourceText

__all__ = ["Path", "Place", "Value", "YamlDocument", "parse_yaml"]

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Path = tuple[str | int, ...]

MAX_DEPTH = 20
"""The FAQ needs six levels; libyaml's time grows with the square of the depth."""

# The C parser reads the shipped file some ten times as fast; a wheel without it still works.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_IMPLICIT = yaml.SafeLoader.yaml_implicit_resolvers
_NULL = "tag:yaml.org,2002:null"

_TOPIC_DEPTH = 2
"""How deep the keys of a topic stand: ("intents", number)."""

# What YAML 1.1 refuses (5.1, printable characters).
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class YamlDocument:
    """A parsed YAML text; every scalar is the string as written, so that nothing is converted silently."""

    source: SourceText
    value: Value = None
    """None when the text can't be read as YAML at all."""
    spans: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Where each value begins and ends, as offsets into the text."""
    key_offsets: dict[Path, int] = field(default_factory=dict)
    """Where each mapping key begins, by the path of its value."""
    plain: frozenset[Path] = frozenset()
    """The paths of scalars written without quotes."""
    conversions: dict[Path, str] = field(default_factory=dict)
    """The plain scalars that other YAML readers take for something other than text, with that type: int, bool, …"""
    problems: tuple[Problem, ...] = ()
    beside: Mapping[Path, Place] = field(default_factory=dict)
    """Where the values begin that stand in files beside this one; a text there is written as it reads."""
    sources_beside: tuple[SourceText, ...] = ()
    """The texts of those files."""

    @property
    def sources(self) -> tuple[SourceText, ...]:
        """Every text of the FAQ, for what is looked at character by character."""
        return (self.source, *self.sources_beside)

    def place(self, path: Path, character: int | None = None) -> Place:
        """Where the value at this path begins, or a character of its text; of a path that doesn't exist, the nearest value around it."""
        while path and path not in self.spans and path not in self.beside:
            path, character = path[:-1], None
        if path in self.beside:
            begin = self.beside[path]
            return replace(begin, column=begin.column + (character or 0))
        start, end = self.spans.get(path, (0, 0))
        if character is not None:
            start = self._offset(path, start, end, character)
        return self.source.place(start)

    def key_place(self, path: Path) -> Place:
        """Where the key of this path stands; an item of a list has none, and its value counts."""
        offset = self.key_offsets.get(path)
        return self.place(path) if offset is None else self.source.place(offset)

    def end(self, path: Path) -> int:
        """The offset at which the last scalar inside the value at this path ends."""
        return max(end for inner, (_, end) in self.spans.items() if inner[: len(path)] == path)

    def _offset(self, path: Path, start: int, end: int, character: int) -> int:
        """The offset of a character of a scalar, which quotes, escapes and folded lines may have moved."""
        text = self.at(path)
        if not isinstance(text, str):
            return start
        position = found = start
        for each in text[: character + 1]:
            hit = self.source.text.find(each, position, end)
            if hit >= 0:
                found, position = hit, hit + 1
        return found

    def at(self, path: Path) -> Value:
        """The value at a path; None where there is none."""
        value = self.value
        for step in path:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value


def parse_yaml(text: str) -> YamlDocument:
    """Parse one YAML document; a syntax error is a problem, never an exception."""
    source, problems = without_control_characters(SourceText(text))
    parsed = _parse_whole(source)
    if isinstance(parsed, YamlDocument):
        return replace(parsed, problems=(*problems, *parsed.problems))
    # Imported only now, because its patterns take long to compile and a good file doesn't need them.
    from intents.faq.syntax import diagnose, line_traps  # noqa: PLC0415

    traps = list(line_traps(source))
    problems += [trap.problem for trap in traps]
    repairs = {trap.problem.line: trap.repaired for trap in traps if trap.repaired is not None}
    if repairs:
        # With these lines repaired in memory the rest can be parsed too, so that all problems show at once.
        source = source.with_lines(repairs)
        parsed = _parse_whole(source)
        if isinstance(parsed, YamlDocument):
            return replace(parsed, problems=(*problems, *parsed.problems))
    problem = diagnose(source, parsed)
    if not any(abs(trap.problem.line - problem.line) <= 1 for trap in traps):
        problems.append(problem)
    return YamlDocument(source, problems=tuple(problems))


def _parse_whole(source: SourceText) -> "YamlDocument | yaml.MarkedYAMLError":
    """What the text says without a `---` in its middle, and with the `- ` that begins a topic where its `- id:` is gone.

    Both stay problems, and what would only follow from them isn't found.
    """
    parsed = _parse(source)
    if not isinstance(parsed, YamlDocument):
        return parsed
    found = [problem for problem in parsed.problems if problem.code in MENDED]
    if not found:
        return parsed
    repairs = mended_lines(source, found)
    whole = _parse(source.with_lines(repairs))
    # Two whole files in one hold every key twice: then the first counts.
    if not isinstance(whole, YamlDocument) or any(
        each.code == "E-DUP-KEY" and each.column == 1 for each in whole.problems
    ):
        return parsed
    return replace(whole, problems=(*found, *whole.problems))


def without_control_characters(source: SourceText) -> tuple[SourceText, list[Problem]]:
    """The text with U+FFFD for every character that no text should have, and a problem for each."""
    problems = []
    for found in _UNPRINTABLE.finditer(source.text):
        place = source.place(found.start())
        message = f"有一个看不见的控制字符（U+{ord(found[0]):04X}）"
        remedy = "请删去这一处再重新输入"
        problems.append(Problem(place.line, place.column, "E-CHARACTER", message, remedy, file=place.file))
    if not problems:
        return source, problems
    return SourceText(_UNPRINTABLE.sub("\ufffd", source.text), file=source.file), problems


class _Unreadable(Exception):  # noqa: N818  # carries a problem, and never leaves this module
    """The text isn't one document of mappings, lists and scalars."""

    def __init__(self, offset: int, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.offset, self.code, self.message, self.remedy = offset, code, message, remedy


def _parse(source: SourceText) -> YamlDocument | yaml.MarkedYAMLError:
    """The document, or the parser's error."""
    builder = _Builder(source, yaml.parse(source.text, Loader=_Loader))
    try:
        value = builder.document()
    except yaml.MarkedYAMLError as error:
        return error
    except _Unreadable as stop:
        place = source.place(stop.offset)
        return YamlDocument(source, problems=(Problem(place.line, place.column, stop.code, stop.message, stop.remedy),))
    return YamlDocument(
        source,
        value,
        builder.spans,
        builder.key_offsets,
        frozenset(builder.plain),
        builder.conversions,
        tuple(builder.problems),
    )


class _Builder:
    """Builds values from parser events; follows no alias, so that a small file can't grow into a big one."""

    def __init__(self, source: SourceText, events: Iterator[yaml.Event]) -> None:
        self._source = source
        self._events = events
        self.spans: dict[Path, tuple[int, int]] = {}
        self.key_offsets: dict[Path, int] = {}
        self.plain: set[Path] = set()
        self.conversions: dict[Path, str] = {}
        self.problems: list[Problem] = []

    def document(self) -> Value:
        """The value of the text's one document; raises _Unreadable where there is none."""
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            raise _Unreadable(0, "E-EMPTY", "文件是空的", "请从备份或模板恢复 faq.yaml")
        event = next(self._events)
        value = self._build(event, ())
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.problems.append(second_document(self._source, self._source.place(_start(event)).line))
        if value is None:
            raise _Unreadable(0, "E-EMPTY", "文件是空的", "请从备份或模板恢复 faq.yaml")
        return value

    def _build(self, event: yaml.Event, path: Path) -> Value:
        start = _start(event)
        self._refuse_references(event)
        if len(path) > MAX_DEPTH:
            raise _Unreadable(start, "E-YAML", f"这里套了超过 {MAX_DEPTH} 层", "请检查多写的括号和缩进")
        self.spans[path] = (start, _end(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        return ""

    def _mapping(self, path: Path) -> dict[str, Value]:
        values: dict[str, Value] = {}
        repeated: list[tuple[str, int]] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            offset = _start(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _Unreadable(offset, "E-YAML", "冒号前面只能是一个词", "请检查冒号、括号和缩进")
            self._refuse_references(event)
            key = str(event.value)
            inner = (*path, key)
            if key in values:
                repeated.append((key, offset))
                self._build(next(self._events), (*path, f"{key}\0{offset}"))
                continue
            self.key_offsets[inner] = offset
            values[key] = self._build(next(self._events), inner)
        first = {key: self.key_offsets[(*path, key)] for key, _ in repeated}
        self.problems += repeated_keys(
            self._source, str(values.get("id")), first, repeated, in_topic=len(path) == _TOPIC_DEPTH
        )
        return values

    def _sequence(self, path: Path) -> list[Value]:
        values: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._build(event, (*path, len(values))))
        return values

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> str | None:
        text = str(event.value)
        if event.style:
            return text
        self.plain.add(path)
        kind = _kind(text)
        if kind == _NULL:
            return None
        if kind is not None:
            self.conversions[path] = kind.rpartition(":")[2]
        return text

    def _refuse_references(self, event: yaml.Event) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if not anchor and not tag:
            return
        written = f"{'*' if isinstance(event, yaml.AliasEvent) else '&'}{anchor}" if anchor else f"!{tag}"
        message = f"{quoted(written)}是 YAML 的引用或标签，这里不能用"
        self._add(_start(event), "E-ANCHOR", message, "请把内容写全；如果是正文，请给整句加引号")

    def _add(self, offset: int, code: str, message: str, remedy: str) -> None:
        place = self._source.place(offset)
        self.problems.append(Problem(place.line, place.column, code, message, remedy))


def _kind(text: str) -> str | None:
    """The tag that YAML 1.1 gives a plain scalar; None for text."""
    for tag, pattern in _IMPLICIT.get(text[:1], ()):
        if pattern.match(text):
            return str(tag)
    return None


def _start(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def _end(event: yaml.Event) -> int:
    return event.end_mark.index if event.end_mark else 0

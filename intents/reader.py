"""YAML to values that know their line and column; duplicate keys and YAML's own traps are problems."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from intents.problems import Problem

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Path = tuple[str | int, ...]

# The C loader reads the shipped file some ten times as fast; a wheel without it still works.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value or a key begins, 1-based."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """A YAML text as plain values; every scalar is the string as written, so that nothing is converted silently."""

    value: Value
    values: dict[Path, Place]
    """The place of each value by its path."""
    keys: dict[Path, Place]
    """The place of each mapping key by the path of its value."""
    plain: frozenset[Path]
    """The paths of scalars written without quotes."""
    problems: tuple[Problem, ...]

    def place(self, path: Path) -> Place:
        """Where the value at this path stands, or the nearest one around it that exists."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


def read(text: str) -> Document:
    """Parse one YAML document; a syntax error is a problem, never an exception."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return _unreadable(_syntax_problem(text, error))
    except yaml.YAMLError as error:
        return _unreadable(_character_problem(text, error))
    if root is None:
        return _unreadable(Problem(1, 1, "E-EMPTY", "文件是空的", "请从备份或模板恢复 faq.yaml"))
    builder = _Builder()
    value = builder.build(root, ())
    return Document(value, builder.values, builder.keys, frozenset(builder.plain), tuple(builder.problems))


def _unreadable(problem: Problem) -> Document:
    return Document(None, {}, {}, frozenset(), (problem,))


class _Builder:
    def __init__(self) -> None:
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.plain: set[Path] = set()
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, path: Path) -> Value:
        self.values[path] = _place(node)
        if isinstance(node, yaml.MappingNode):
            return {key: self.build(child, (*path, key)) for key, child in self._pairs(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        if getattr(node, "style", None) is None:
            self.plain.add(path)
            if node.tag == "tag:yaml.org,2002:null":
                return None
        return str(node.value)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, Place] = {}
        for key_node, child in node.value:
            key, place = str(key_node.value), _place(key_node)
            if key in seen:
                self.problems.append(
                    Problem(
                        place.line,
                        place.column,
                        "E-DUP-KEY",
                        f"“{key}”在第 {seen[key].line} 行已经写过，YAML 只会留下后一个",
                        "请删去其一，或把两处内容合并",
                    )
                )
                continue
            seen[key] = place
            self.keys[(*path, key)] = place
            yield key, child


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _syntax_problem(text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    source = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
    if "\t" in source[: len(source) - len(source.lstrip())]:
        return Problem(line, source.index("\t") + 1, "E-TAB", "行首用了制表符（Tab）", "请换成空格，每级两个")
    if re.match(r"\s*-?\s*\w+：", source):
        return Problem(
            line, source.index("：") + 1, "E-FULLWIDTH-COLON", "冒号是全角的“：”", "请换成半角冒号加一个空格“: ”"
        )
    return Problem(line, column, "E-YAML", "这里的写法 YAML 读不懂", "请检查缩进、引号和冒号，和上下相邻的条目对齐")


def _character_problem(text: str, error: yaml.YAMLError) -> Problem:
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return Problem(line, column, "E-CHARACTER", "有一个看不见的控制字符", "请删去这一处再重新输入")

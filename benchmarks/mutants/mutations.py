"""What is changed: mutmut's operators, applied to one place of a file at a time.

Of mutmut's operators those are taken that change a comparison, a constant, an operation or a branch; those that drop an argument
or assign None are left out, because nearly each of their mutants ends in a TypeError, which says nothing about the tests.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    WhitespaceInclusivePositionProvider,
)
from mutmut.mutation import mutators
from typing_extensions import override

LOGGED = m.Call(func=m.Attribute(value=m.Name(m.MatchIfTrue(lambda name: name in {"log", "logger", "_log", "LOG"}))))
FOR_PROGRAMMERS = m.Raise(
    exc=m.Call(
        func=m.Name(m.MatchIfTrue(lambda name: name in {"ValueError", "TypeError", "RuntimeError", "AssertionError"}))
    )
)
TYPE_CHECKING = m.If(test=m.Name("TYPE_CHECKING"))
TYPE_VARIABLE = m.Call(func=m.Name(m.MatchIfTrue(lambda name: name in {"TypeVar", "ParamSpec", "NewType", "cast"})))
ASIDE = m.Arg(keyword=m.Name("strict") | m.Name("repr"))
EXPORTED = m.Assign(targets=[m.AssignTarget(target=m.Name("__all__"))])
LEFT_OUT = (
    cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, LOGGED, FOR_PROGRAMMERS, TYPE_CHECKING, TYPE_VARIABLE, ASIDE, EXPORTED,
)  # fmt: skip
"""Where nothing is changed: types, imports, zip's own check, and what only programmers read."""


@dataclass(frozen=True)
class Mutant:
    """One change: the file's text after it, the lines (from 1, both included) that have to run for it to matter."""

    path: Path
    line: int
    before: str
    after: str
    source: str
    lines: tuple[int, int]

    @property
    def change(self) -> str:
        """The changed line before and after, in short."""
        return f"{self.before}  →  {self.after}"


def negated(test: cst.BaseExpression) -> Iterable[cst.BaseExpression]:
    """A condition turned round; those that mutmut's operators change anyway are left to them."""
    if not isinstance(test, cst.Comparison | cst.UnaryOperation | cst.BooleanOperation):
        inside = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield cst.UnaryOperation(operator=cst.Not(), expression=inside)


def string(node: cst.SimpleString) -> Iterable[cst.BaseString]:
    """A text with something around it; changes of case are left out, Chinese has none."""
    return islice(mutators.operator_string(node), 1)


OPERATORS: tuple[tuple[tuple[type[cst.CSTNode], ...], Callable[..., Iterable[cst.CSTNode]]], ...] = (
    ((cst.BaseNumber,), mutators.operator_number),
    ((cst.SimpleString,), string),
    ((cst.Name,), mutators.operator_name),
    ((cst.AugAssign,), mutators.operator_augmented_assignment),
    ((cst.UnaryOperation,), mutators.operator_remove_unary_ops),
    ((cst.Call,), mutators.operator_symmetric_string_methods_swap),
    ((cst.Call,), mutators.operator_unsymmetrical_string_methods_swap),
    ((cst.CSTNode,), mutators.operator_keywords),
    ((cst.CSTNode,), mutators.operator_swap_op),
    ((cst.Match,), mutators.operator_match),
    ((cst.IfExp,), mutators.operator_if_exp),
)


class _Places(cst.CSTVisitor):
    """Every node that may be changed, with the lines that it belongs to."""

    def __init__(self, wrapper: MetadataWrapper) -> None:
        self.positions = wrapper.resolve(PositionProvider)
        self.parents = wrapper.resolve(ParentNodeProvider)
        self.found: list[cst.CSTNode] = []
        self.conditions: set[cst.CSTNode] = set()

    @override
    def on_visit(self, node: cst.CSTNode) -> bool:
        """Collect a node; don't enter what is left out."""
        left_out = any(isinstance(node, kind) if isinstance(kind, type) else m.matches(node, kind) for kind in LEFT_OUT)
        documentation = m.matches(node, m.Expr(value=m.SimpleString() | m.ConcatenatedString()))
        if left_out or documentation:
            return False
        self.found.append(node)
        if isinstance(node, cst.If | cst.While | cst.CompIf):
            self.conditions.add(node.test)
        return True

    def position(self, node: cst.CSTNode) -> CodeRange:
        """Where a node is, or the nearest around it whose place libcst knows."""
        while node not in self.positions:
            node = self.parents[node]
        found = self.positions[node]
        assert isinstance(found, CodeRange)
        return found

    def running(self, node: cst.CSTNode) -> tuple[int, int]:
        """The lines of the simple statement around a node, or of the part of a compound statement's head."""
        around = node
        while not isinstance(around, cst.SimpleStatementLine):
            above = self.parents.get(around)
            if above is None or isinstance(
                above, cst.BaseCompoundStatement | cst.BaseSuite | cst.MatchCase | cst.Module
            ):
                break
            around = above
        if isinstance(around, cst.If | cst.While):
            around = around.test
        if isinstance(around, cst.Match):
            around = around.subject
        place = self.position(around)
        return place.start.line, place.end.line


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file that compiles to something else, in the order of its places."""
    source = path.read_text("utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    places = _Places(wrapper)
    wrapper.module.visit(places)
    original = compile(source, str(path), "exec", dont_inherit=True)
    for node in places.found:
        operators = [operator for kinds, operator in OPERATORS if isinstance(node, kinds)]
        for operator in [*operators, *([negated] if node in places.conditions else [])]:
            for changed in operator(node):
                mutated = _replaced(wrapper, source, node, changed)
                with suppress(SyntaxError):
                    if compile(mutated, str(path), "exec", dont_inherit=True) != original:
                        yield _mutant(path, source, mutated, places.running(node))


def _replaced(wrapper: MetadataWrapper, source: str, node: cst.CSTNode, changed: cst.CSTNode) -> str:
    """The source with a node changed; cut and pasted where that can be, which takes a hundredth of the time."""
    place = wrapper.resolve(WhitespaceInclusivePositionProvider).get(node)
    if isinstance(node, cst.BaseStatement) or not isinstance(place, CodeRange):
        replaced = wrapper.module.deep_replace(node, changed)
        assert isinstance(replaced, cst.Module)
        return replaced.code
    lines = source.splitlines(keepends=True)
    begin, end = (sum(map(len, lines[: at.line - 1])) + at.column for at in (place.start, place.end))
    return source[:begin] + wrapper.module.code_for_node(changed) + source[end:]


def _mutant(path: Path, source: str, mutated: str, running: tuple[int, int]) -> Mutant:
    old, new = source.splitlines(), mutated.splitlines()
    line = next((number for number, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old) - 1)
    come = new[line].strip() if len(old) == len(new) else "(a case dropped)"
    return Mutant(path, line + 1, old[line].strip(), come, mutated, running)

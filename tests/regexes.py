"""How much work a regular expression can be made to do: an upper bound from its structure, whatever the text.

Python's matcher backtracks. From one place in a text, the bound counts the attempts to match one character along every path that
backtracking could take; a search begins at every place. Three things are counted exactly and the rest from above:

- alternatives that begin with different characters exclude each other, and of words that begin alike only those count that are the
  beginning of one another;
- a repetition whose next character always tells which part of it comes (a deterministic or one-unambiguous expression:
  Brüggemann-Klein and Wood, 1998) has one path;
- any other repetition of something that has several paths has the power of them, which without an upper end is beyond any budget.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from re import _constants as sre  # type: ignore[attr-defined]  # the parser that `re` itself uses has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Form = Any
"""Of an operation, what it is given: a shape for each, as the parser makes it."""
Tree = Sequence[tuple[Form, Form]]

_ONE_CHARACTER = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}
_REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}
_MANY = 2_000
"""Positions of a repeated part beyond which it isn't looked at for being deterministic."""


@dataclass(frozen=True, slots=True)
class Work:
    """From one place in a text."""

    steps: float
    """Characters that are tried."""
    paths: float
    """Ways to have matched."""


NOTHING = Work(0, 1)
STEP = Work(1, 1)


@dataclass(frozen=True)
class Expression:
    """A regular expression, and the longest text that it meets."""

    pattern: str
    flags: int = 0
    length: int = 4_000
    """In characters."""

    @property
    def steps(self) -> float:
        """An upper bound of the steps of a search through the longest text."""
        return (self.length + 1) * self.steps_from_one_place

    @property
    def steps_from_one_place(self) -> float:
        """An upper bound of the steps of a match that begins at one place."""
        steps = self._work(self._tree).steps
        choices = self._most_choices(self._tree) if steps > self.length else None
        return max(1.0, steps if choices is None else min(steps, (self.length + 1) * choices))

    @cached_property
    def _tree(self) -> Tree:
        parsed = parser.parse(self.pattern, self.flags)
        object.__setattr__(self, "flags", parsed.state.flags)
        return list(parsed)

    @cached_property
    def _alphabet(self) -> tuple[int, ...]:
        """Characters of which one behaves as any other does here."""
        edges = {ord(character) for character in "\x00\t\n .,09AZ_az\u3007\u4e00\u9fff\U0001f600"}
        for low, high in _ranges(self._tree):
            edges |= {max(0, low - 1), low, high, min(0x10FFFF, high + 1)}
        return tuple(sorted(edges))

    # --- work ---------------------------------------------------------------------------------------------------

    def _work(self, tree: Tree) -> Work:
        """One part after the other: what stands behind is tried once for each path of what stands before.

        Where what stands behind can't begin with a character that is repeated, all paths but the longest end there at once.
        """
        steps, paths = 0.0, 1.0
        for index, (operation, argument) in enumerate(tree):
            work = self._of(operation, argument)
            steps += paths * work.steps
            behind = tree[index + 1 :]
            if operation in _REPEATS and self._ends_by_itself(argument[2], behind):
                steps += paths * work.paths * _width(behind[0])
            else:
                paths *= work.paths
        return Work(steps, paths)

    def _ends_by_itself(self, repeated: Tree, behind: Tree) -> bool:
        """Whether a repetition of one character is over as soon as what stands behind it can begin."""
        if len(repeated) != 1 or repeated[0][0] not in _ONE_CHARACTER or _nullable(behind):
            return False
        return not self._characters(*repeated[0]) & self._first(behind)

    def _of(self, operation: Form, argument: Form) -> Work:
        if operation in _ONE_CHARACTER or operation is sre.AT:
            return STEP
        if operation in _REPEATS:
            return self._repeat(operation, *argument)
        if operation is sre.BRANCH:
            return self._branch(argument[1])
        if operation is sre.SUBPATTERN:
            return self._work(argument[-1])
        if operation in {sre.ATOMIC_GROUP, sre.ASSERT, sre.ASSERT_NOT}:
            return Work(self._work(argument if operation is sre.ATOMIC_GROUP else argument[1]).steps, 1)
        if operation is sre.GROUPREF:
            return Work(self.length, 1)
        raise NotImplementedError(str(operation))

    def _branch(self, alternatives: Sequence[Tree]) -> Work:
        """Only alternatives that can begin with the same character are ever tried to their end."""
        words: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        others: dict[int, list[Work]] = defaultdict(list)
        for each in alternatives:
            if word := _word(each):
                words[word[0]].append(word)
            else:
                work = self._work(each)
                for character in self._alphabet if _nullable(each) else self._first(each):
                    others[character].append(work)
        begins = words.keys() | others.keys()
        paths = [_most_prefixes(words[each]) + sum(work.paths for work in others[each]) for each in begins]
        steps = [sum(map(len, words[each])) + sum(work.steps for work in others[each]) for each in begins]
        return Work(len(alternatives) + max(steps, default=0), max(1.0, max(paths, default=1.0)))

    def _repeat(self, operation: Form, least: int, most: int, tree: Tree) -> Work:
        shortest = max(1, _shortest(tree))
        times = min(most, self.length // shortest + 1)
        body = self._work(tree)
        if operation is sre.POSSESSIVE_REPEAT:
            return Work(times * body.steps, 1)
        if body.paths <= 1:
            return Work(min(times, self.length) * body.steps, max(1, times - least + 1))
        # Whether in a repetition of this the next character always tells at which place of the expression it is.
        choices = self._most_choices([(sre.MAX_REPEAT, (0, sre.MAXREPEAT, tree))])
        if choices is not None:
            longest = min(self.length, times * max(1, _longest(tree)))
            return Work((longest + 1) * choices, longest + 1)
        if times > 64:
            return Work(math.inf, math.inf)
        paths = sum(body.paths**count for count in range(least, times + 1))
        steps = sum(body.steps * body.paths**count for count in range(times))
        return Work(steps, paths)

    # --- determinism --------------------------------------------------------------------------------------------

    def _first(self, tree: Tree) -> frozenset[int]:
        """The characters that it can begin with, of the alphabet."""
        found: frozenset[int] = frozenset()
        for operation, argument in tree:
            if operation in _ONE_CHARACTER:
                return found | self._characters(operation, argument)
            inner = _inner(operation, argument)
            for each in inner:
                found |= self._first(each)
            if inner and not any(map(_nullable, inner)) and not (operation in _REPEATS and argument[0] == 0):
                return found
        return found

    def _characters(self, operation: Form, argument: Form) -> frozenset[int]:
        if operation is sre.LITERAL:
            return frozenset({argument})
        return frozenset(each for each in self._alphabet if _holds(operation, argument, each))

    def _most_choices(self, tree: Tree) -> int | None:
        """How many ways there are to go on from any place of an expression; None where a character leaves two of them open."""
        places = _Places(self)
        if not places.add(tree) or _looks_around(tree):
            return None
        if not all(_disjoint(places.sets[each] for each in following) for following in places.following):
            return None
        return 1 + max(map(len, places.following))


class _Places:
    """The automaton of an expression by its places (Glushkov, 1961)."""

    def __init__(self, expression: Expression) -> None:
        self._expression = expression
        self.sets: list[frozenset[int]] = []
        self._follow: dict[int, set[int]] = {}

    @property
    def following(self) -> Iterable[set[int]]:
        return self._follow.values()

    def add(self, tree: Tree) -> bool:
        """Whether it was small enough, and no step of it can be taken in two ways."""
        try:
            first, _, _ = self._sequence(tree)
        except OverflowError:
            return False
        self._follow[-1] = first
        return True

    def _sequence(self, tree: Tree) -> tuple[set[int], set[int], bool]:
        first: set[int] = set()
        last: set[int] = set()
        empty = True
        for operation, argument in tree:
            begin, end, may_be_empty = self._part(operation, argument)
            for place in last:
                self._follow[place] |= begin
            first |= begin if empty else set()
            last = last | end if may_be_empty else end
            empty = empty and may_be_empty
        return first, last, empty

    def _part(self, operation: Form, argument: Form) -> tuple[set[int], set[int], bool]:
        if operation in _ONE_CHARACTER:
            place = len(self.sets)
            if place >= _MANY:
                raise OverflowError
            self.sets.append(self._expression._characters(operation, argument))
            self._follow[place] = set()
            return {place}, {place}, False
        if operation in _REPEATS:
            return self._repeat(*argument)
        inner = [self._sequence(each) for each in _inner(operation, argument)]
        if not inner:  # a place in the text, or a look around, takes no character
            return set(), set(), True
        return (
            {place for begin, _, _ in inner for place in begin},
            {place for _, end, _ in inner for place in end},
            any(empty for _, _, empty in inner),
        )

    def _repeat(self, least: int, most: int, tree: Tree) -> tuple[set[int], set[int], bool]:
        if most is sre.MAXREPEAT:
            begin, end, empty = self._sequence([*(each for _ in range(max(0, least - 1)) for each in tree), *tree])
            once = self._sequence(tree) if least > 1 else (begin, end, empty)
            for place in end | once[1]:
                if self._follow[place] & once[0]:
                    raise OverflowError  # the same step within the repetition and by repeating: (a+)+
                self._follow[place] |= once[0]
            return begin, end | once[1], empty or least == 0
        first: set[int] = set()
        last: set[int] = set()
        empty = True
        for number in range(most):
            begin, end, may_be_empty = self._sequence(tree)
            for place in last:
                self._follow[place] |= begin
            first |= begin if empty else set()
            optional = number >= least or may_be_empty
            last = last | end if optional else end
            empty = empty and optional
        return first, last, empty


def _inner(operation: Form, argument: Form) -> Sequence[Tree]:
    """The expressions in a part that take characters."""
    if operation in _REPEATS:
        return [argument[2]]
    if operation is sre.BRANCH:
        return list(argument[1])
    if operation is sre.SUBPATTERN:
        return [argument[-1]]
    return [argument] if operation is sre.ATOMIC_GROUP else []


def _looks_around(tree: Tree) -> bool:
    return any(
        operation in {sre.ASSERT, sre.ASSERT_NOT, sre.GROUPREF} or any(map(_looks_around, _inner(operation, argument)))
        for operation, argument in tree
    )


def _width(part: tuple[Form, Form]) -> int:
    """How many characters are tried to see that a part doesn't begin here."""
    return 1 + sum(len(each) and sum(map(_width, each[:1])) for each in _inner(*part))


def _nullable(tree: Tree) -> bool:
    return _shortest(tree) == 0


def _shortest(tree: Tree) -> int:
    total = 0
    for operation, argument in tree:
        if operation in _ONE_CHARACTER:
            total += 1
        elif inner := _inner(operation, argument):
            times = argument[0] if operation in _REPEATS else 1
            total += times * min(map(_shortest, inner))
    return total


def _longest(tree: Tree) -> int:
    total = 0
    for operation, argument in tree:
        if operation in _ONE_CHARACTER:
            total += 1
        elif inner := _inner(operation, argument):
            times = argument[1] if operation in _REPEATS else 1
            total = min(1_000_000, total + min(1_000_000, times) * max(map(_longest, inner)))
    return total


def _word(tree: Tree) -> tuple[int, ...] | None:
    """The word that it is, if it is one."""
    return tuple(argument for _, argument in tree) if all(operation is sre.LITERAL for operation, _ in tree) else None


def _most_prefixes(words: Sequence[tuple[int, ...]]) -> int:
    """How many of the words a text can begin with at once, at most."""
    return max((sum(word[: len(each)] == each for each in words) for word in words), default=0)


def _ranges(tree: Tree) -> Iterator[tuple[int, int]]:
    """Every character and range that is named."""
    for operation, argument in tree:
        if operation in {sre.LITERAL, sre.NOT_LITERAL}:
            yield argument, argument
        elif operation is sre.IN:
            yield from _ranges([each for each in argument if each[0] in {sre.LITERAL, sre.RANGE}])
        elif operation is sre.RANGE:
            yield argument
        else:
            for each in _inner(operation, argument):
                yield from _ranges(each)


def _holds(operation: Form, argument: Form, character: int) -> bool:
    """Whether one character is such a one."""
    if operation is sre.LITERAL:
        return bool(character == argument)
    if operation is sre.NOT_LITERAL:
        return bool(character != argument)
    if operation is sre.ANY:
        return True
    inside = any(_in_class(kind, value, character) for kind, value in argument if kind is not sre.NEGATE)
    return inside != (argument[0][0] is sre.NEGATE)


def _in_class(kind: Form, value: Form, character: int) -> bool:
    text = chr(character)
    if kind is sre.LITERAL:
        return bool(character == value)
    if kind is sre.RANGE:
        return bool(value[0] <= character <= value[1])
    kinds = {
        sre.CATEGORY_WORD: text.isalnum() or text == "_",
        sre.CATEGORY_SPACE: text.isspace(),
        sre.CATEGORY_DIGIT: text.isdecimal(),
    }
    opposite = {
        sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
        sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
        sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
    }
    return not kinds[opposite[value]] if value in opposite else kinds[value]


def _disjoint(sets: Iterable[frozenset[int]]) -> bool:
    seen: set[int] = set()
    for each in sets:
        if seen & each:
            return False
        seen |= each
    return True

"""How a mutant gets into a running process: new code for the functions that changed, or a module that is imported changed."""

import gc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from functools import _lru_cache_wrapper
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from inspect import CO_NEWLOCALS
from itertools import zip_longest
from types import CodeType, FunctionType, ModuleType

from typing_extensions import override

from benchmarks.mutants.mutations import Mutant


class ImportedAnewError(Exception):
    """The change shows only in a module that is imported anew: it is in a constant, a default, a class's body."""


def changed_functions(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The outermost functions that differ, before and after.

    Raises:
        ImportedAnewError: If what differs runs while the module is imported.
    """
    if old == new:
        return
    if old.co_flags & CO_NEWLOCALS:
        yield old, new
        return
    inner = [[part for part in code.co_consts if isinstance(part, CodeType)] for code in (old, new)]
    own = [
        (code.co_code, code.co_names, repr([c for c in code.co_consts if not isinstance(c, CodeType)]))
        for code in (old, new)
    ]
    if own[0] != own[1] or len(inner[0]) != len(inner[1]):
        raise ImportedAnewError
    for before, after in zip_longest(*inner):
        yield from changed_functions(before, after)


def swap(mutant: Mutant, original: str) -> None:
    """Give the functions of this process that a mutant changes their new code.

    Raises:
        ImportedAnewError: If that isn't enough.
    """
    name = str(mutant.path)
    old, new = (compile(text, name, "exec", dont_inherit=True) for text in (original, mutant.source))
    changes = list(changed_functions(old, new))
    living = [each for each in gc.get_objects() if isinstance(each, FunctionType) and each.__code__.co_filename == name]
    for before, after in changes:
        found = [function for function in living if function.__code__ == before]
        if not found or before.co_freevars != after.co_freevars:
            raise ImportedAnewError
        for function in found:
            function.__code__ = after
    _forget()


def _forget() -> None:
    """Empty the caches of our functions: what they hold was made without the mutant."""
    for each in gc.get_objects():
        if isinstance(each, _lru_cache_wrapper) and each.__module__.partition(".")[0] in {"bot", "intents"}:
            each.cache_clear()


class _Loader(SourceFileLoader):
    """Loads a module as its mutant."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(mutant.path))
        self._mutant = mutant

    @override
    def get_code(self, fullname: str) -> CodeType:
        return compile(self._mutant.source, str(self._mutant.path), "exec", dont_inherit=True)


class MutantFinder(MetaPathFinder):
    """Finds the mutant where its module is imported."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        self._name, self._mutant = name, mutant

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The mutant's spec, for its own name only."""
        if fullname != self._name:
            return None
        loader = _Loader(fullname, self._mutant)
        return importlib.util.spec_from_file_location(fullname, str(self._mutant.path), loader=loader)

    def install(self) -> None:
        """Come before every other finder."""
        sys.meta_path.insert(0, self)

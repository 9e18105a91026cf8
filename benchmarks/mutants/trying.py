"""One room: its tests are run once, measured; then each mutant meets, in a fork of the same process, the tests that reach it."""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import cast

import coverage
import pytest
from _pytest.runner import runtestprotocol
from _pytest.warnings import catch_warnings_for_item

from benchmarks.mutants.installing import ImportedAnewError, MutantFinder, swap
from benchmarks.mutants.mutations import Mutant
from benchmarks.mutants.processes import IMPORTED_ANEW, NOTICED, TOO_LONG, UNNOTICED, fork, wait
from benchmarks.mutants.rooms import ROOT

BUDGET = 20.0
"""Seconds that a mutant's tests may take together, as measured without it; the quickest come first."""

FEW = 2
"""Of a line that no more tests reach, those that reach its module are run too."""

OPTIONS = (
    *("-qq", "-x", "-n", "0", "-p", "no:cacheprovider", "--tb=no", "--no-header", "--no-summary"),
    *("-o", "timeout=0", "-o", "tmp_path_retention_policy=none"),
    # What this process has loaded for its children.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
"""How pytest runs a room."""

MARKS = {UNNOTICED: "?", IMPORTED_ANEW: "i", TOO_LONG: "t"}
"""What is shown of a mutant while it goes on; a dot for one that was noticed. `?` and `i` are tried again, imported anew."""


@dataclass(frozen=True)
class Trial:
    """What became of one mutant, and the tests that it met."""

    exit: int
    tests: tuple[str, ...]


@dataclass
class Trials:
    """A pytest plugin that runs a room's tests, and then, while session fixtures last, its mutants."""

    paths: Sequence[Path]
    chosen: Sequence[Mutant]
    ended: list[Trial] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """The tests that fail without any mutant, and why; then no mutant is tried."""
    _measured: coverage.Coverage = field(init=False, repr=False)
    _seconds: dict[str, float] = field(default_factory=dict)
    _reaching: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        include = [str(path) for path in self.paths]
        self._measured = coverage.Coverage(data_file=None, include=include, config_file=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Measure from here on: what tests make ready while they are imported counts for all of them."""
        self._measured.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure, then try."""
        self._measure(session)
        if not self.failed:
            items = {item.nodeid: item for item in session.items}
            for mutant in self.chosen:
                trial = self._try(session, items, mutant)
                self.ended.append(trial)
                print(MARKS.get(trial.exit, "."), end="", file=sys.stderr, flush=True)
        return True

    def _measure(self, session: pytest.Session) -> None:
        for item, following in _followed(session.items, session):
            self._measured.switch_context(item.nodeid)
            begin = time.monotonic()
            reports = _run(item, following)
            self._seconds[item.nodeid] = time.monotonic() - begin
            self.failed += [f"{item.nodeid}: {report.longrepr}" for report in reports if report.failed]
        self._measured.stop()
        data = self._measured.get_data()
        for path in self.paths:
            for line, contexts in data.contexts_by_lineno(str(path)).items():
                self._reaching[str(path), line] |= {*contexts}

    def _tests_for(self, mutant: Mutant) -> tuple[str, ...]:
        """The tests that reach a mutant's lines: the module's own first, then the quickest.

        Of what runs at import those that reach its module, and its own, which may read nothing of it but constants.
        """
        begin, end = mutant.lines
        path = str(mutant.path)
        found = set().union(*(self._reaching.get((path, line), set()) for line in range(begin, end + 1)))
        own = {test for test in self._seconds if f"/test_{mutant.path.stem}.py::" in test}
        if not found or "" in found:
            found = own.union(*(tests for (file, _), tests in self._reaching.items() if file == path))
        elif len(found) <= FEW:  # perhaps a cache keeps the others away
            found = found.union(own, *(tests for (file, _), tests in self._reaching.items() if file == path))
        if not found - {""}:  # nothing but what runs at import: whatever uses it may notice
            found = {*self._seconds}
        chosen: list[str] = []
        for test in sorted(found - {""}, key=lambda test: (test not in own, self._seconds[test])):
            if chosen and self.seconds_of([*chosen, test]) > BUDGET:
                break
            chosen.append(test)
        return tuple(chosen)

    def seconds_of(self, tests: Iterable[str]) -> float:
        """How long these tests take together, without any mutant."""
        return sum(self._seconds[test] for test in tests)

    def _try(self, session: pytest.Session, items: dict[str, pytest.Item], mutant: Mutant) -> Trial:
        tests = self._tests_for(mutant)
        original = mutant.path.read_text("utf-8")

        def work() -> int:
            try:
                swap(mutant, original)
            except ImportedAnewError:
                return IMPORTED_ANEW
            for item, following in _followed([items[test] for test in tests], session):
                if any(report.failed for report in _run(item, following)):
                    return NOTICED
            return UNNOTICED

        return Trial(wait(fork(work, 5 + 6 * self.seconds_of(tests))) if tests else UNNOTICED, tests)


def _run(item: pytest.Item, following: pytest.Item) -> list[pytest.TestReport]:
    """Run a test with its own filters of warnings, which pytest sets around what is called here."""
    with catch_warnings_for_item(item.config, item.ihook, "runtest", item):
        return runtestprotocol(item, log=False, nextitem=following)


def _followed(items: Sequence[pytest.Item], session: pytest.Session) -> Iterator[tuple[pytest.Item, pytest.Item]]:
    """Each test with the one after it. The session follows the last: pytest leaves set up what the two have in common."""
    return pairwise([*items, cast("pytest.Item", session)])


def anew(mutant: Mutant, tests: Sequence[str], seconds: float) -> int:
    """Try a mutant in a child that imports it, and all that is ours, for the first time."""
    name = mutant.path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    with tempfile.TemporaryDirectory() as folder:

        def work() -> int:
            MutantFinder(name, mutant).install()
            return UNNOTICED if pytest.main([*OPTIONS, in_folder(folder), *tests]) == pytest.ExitCode.OK else NOTICED

        return wait(fork(work, 30 + seconds))


def in_folder(folder: str) -> str:
    """The option that keeps what tests write apart from other runs, which clear up behind those of them that they know."""
    return f"--basetemp={folder}/tests"

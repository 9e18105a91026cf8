"""How many small changes to the code its own tests notice: `python -m benchmarks.mutants ROOM… --seed S --number N`."""

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.mutants.mutations import Mutant, mutants
from benchmarks.mutants.processes import IMPORTED_ANEW, TOO_LONG, UNNOTICED
from benchmarks.mutants.rooms import ROOMS, ROOT, Room
from benchmarks.mutants.trying import OPTIONS, Trials, anew, in_folder

FLOOR = 0.9
"""The share of a room's changes that its tests have to notice."""
LISTED = Path(__file__).with_name("equivalent.tsv")
"""Changes that are known to change nothing, and why: path, line before, line after, reason."""
OUR_OWN = {"bot", "intents", "tests", "benchmarks", "__main__", "hypothesis"}
"""What this process doesn't load for its children: what mutants change, and what minds being loaded before pytest."""


@dataclass(frozen=True)
class Met:
    """A mutant's exit in the warm process, and the tests that reach it with the seconds that they take together."""

    exit: int
    tests: tuple[str, ...]
    seconds: float


def main() -> int:
    """Measure the rooms; 1 if one of them notices too little."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("rooms", nargs="*", help=f"{', '.join(ROOMS)}; all of them if none is named")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), help="of the sample")
    parser.add_argument(
        "--number", type=int, default=60, help="of changes for each room that isn't tried whole; 0: all"
    )
    parser.add_argument("--part", default="1/1", help="only a part of the sample: 2/5 is the second of five")
    parser.add_argument("--only", default="", help="only modules whose path holds this text")
    asked = parser.parse_args()
    os.chdir(ROOT)
    part, parts = map(int, asked.part.split("/"))
    results = {}
    for name in asked.rooms or ROOMS:
        results[name] = measure(name, sample(name, asked.seed, asked.number, asked.only)[part - 1 :: parts])
    print("\n| room | changes | noticed | of them by running too long | % |\n|---|---|---|---|---|")
    for name, exits in results.items():
        print(f"| {name} | {len(exits)} | {noticed(exits)} | {exits.count(TOO_LONG)} | {share(exits):.0%} |")
    print(f"\nseed {asked.seed}, number {asked.number}")
    return int(any(share(exits) < FLOOR for exits in results.values()))


def noticed(exits: Sequence[int]) -> int:
    """How many of these exits are of mutants that were noticed."""
    return len(exits) - exits.count(UNNOTICED)


def share(exits: Sequence[int]) -> float:
    """The share of mutants that were noticed."""
    return noticed(exits) / max(1, len(exits))


def sample(name: str, seed: int, number: int, only: str) -> list[Mutant]:
    """The mutants of a room that are to be tried."""
    room = ROOMS[name]
    every = [mutant for path in room.paths() if only in str(path.relative_to(ROOT)) for mutant in mutants(path)]
    whole = room.whole or not number
    chosen = every if whole else random.Random(seed).sample(every, min(number, len(every)))  # noqa: S311
    print(f"{name}: {len(chosen)} of {len(every)} changes", flush=True)
    return chosen


def measure(name: str, chosen: Sequence[Mutant]) -> list[int]:
    """The exits of some of a room's mutants; those that go unnoticed are printed."""
    begin = time.monotonic()
    met = warm(chosen, ROOMS[name])
    again = [bool(each.tests) and each.exit in {IMPORTED_ANEW, UNNOTICED} for each in met]
    steady = sorted({test for each, other in zip(met, again, strict=True) if other for test in each.tests})
    unchanged = replace(chosen[0], source=chosen[0].path.read_text("utf-8"))
    if steady and anew(unchanged, steady, 600) != UNNOTICED:
        sys.exit(f"{name}: its tests fail without any change")
    exits = []
    for mutant, each, other in zip(chosen, met, again, strict=True):
        exits.append(anew(mutant, each.tests, 6 * each.seconds) if other else each.exit)
        if exits[-1] == UNNOTICED:
            tell(mutant, len(each.tests))
    print(f"{name}: {noticed(exits)} of {len(exits)} noticed, {time.monotonic() - begin:.0f} s", flush=True)
    return exits


def tell(mutant: Mutant, tests: int) -> None:
    """Print a mutant that nobody noticed, with the reason if it is listed with one."""
    path = str(mutant.path.relative_to(ROOT))
    with LISTED.open(encoding="utf-8", newline="") as lines:
        reasons = {
            (row[0], row[1], row[2]): row[3] for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        }
    reason = reasons.get((path, mutant.before, mutant.after), f"{tests} tests reach it")
    print(f"  {path}:{mutant.line}\n    - {mutant.before}\n    + {mutant.after}\n    {reason}", flush=True)


def warm(chosen: Sequence[Mutant], room: Room) -> list[Met]:
    """Run the room in a child, so that this process stays without a module of ours that a mutant could change.

    What else the child had to load is loaded here too, so that those that import a mutant anew needn't wait for it.
    """
    before = set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "met.json"
        pid = os.fork()
        if not pid:
            try:
                trials = Trials(room.paths(), chosen)
                pytest.main([*OPTIONS, in_folder(folder), *room.tests], plugins=[trials])
                found = [(each.exit, each.tests, trials.seconds_of(each.tests)) for each in trials.ended]
                # In the order in which they were begun: `_asyncio` before `asyncio` would be another one.
                new = [name for name in sys.modules if name not in before]
                modules = [name for name in new if name.partition(".")[0] not in OUR_OWN]
                told.write_text(json.dumps([modules, trials.failed, found]), encoding="utf-8")
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                sys.stderr.flush()
                os._exit(0)
        os.waitpid(pid, 0)
        modules, failed, found = json.loads(told.read_text("utf-8"))
    if failed:
        sys.exit("\n".join(["fail without any change:", *failed]))
    for module in modules:
        try:
            import_module(module)
        except ImportError:  # one that only its own package can load
            continue
    return [Met(code, tuple(names), seconds) for code, names, seconds in found]


if __name__ == "__main__":
    sys.exit(main())

"""How likely each reading of a message is in the light of the talk: a conditional logit over the numbers of bot.talk.context_features.

To the weighed numbers are added what the message's wording says of going on, of acknowledging, thanking and of small talk, and how often
people pass from the one topic to the other. The weights were learned by `python -m benchmarks.talks --fit` (docs/decisions/0014-talks.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from bot.talk.context_features import ACKNOWLEDGES, NUMBERS, OUTSIDE, STAYS, Talked, numbers, readings, runs
from bot.talk.message import Message
from intents import FAQ
from intents.danger.detector import CRISIS
from intents.matching.features import FloatArray

WORDED = (STAYS, OUTSIDE, ACKNOWLEDGES, "thanks")
"""The readings that the wording of a message speaks for, in the order of the weights of a run."""


@dataclass(frozen=True, slots=True)
class Influence:
    """One of the things that spoke for a reading."""

    name: str
    weight: float
    """What it added, in logarithms."""


@dataclass(frozen=True)
class ContextModel:
    """The weights; immutable."""

    numbers: Mapping[str, float]
    """By name of NUMBERS."""
    runs: Mapping[str, tuple[float, ...]]
    """By run of characters, a weight for each of WORDED."""
    passages: Mapping[str, Mapping[str, float]]
    """By topic and by reading: how readily people pass from the one to the other."""

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """In the order of NUMBERS."""
        return np.array([self.numbers.get(each, 0.0) for each in NUMBERS])

    def probabilities(self, faq: FAQ, talked: Talked, message: Message) -> Mapping[str, float]:
        """How likely each reading is, best first; danger to life has been looked for before and is none of them."""
        names = readings(message)
        scores = numbers(faq, talked, message) @ self._weights
        place = {name: number for number, name in enumerate(names)}
        for reading, added in zip(_worded(talked), self._wording(message), strict=True):
            if reading in place:
                scores[place[reading]] += added
        for reading, added in self.passages.get(talked.topic, {}).items():
            if reading in place:
                scores[place[reading]] += added
        if CRISIS in place:
            scores[place[CRISIS]] = -np.inf
        raised: FloatArray = np.exp(scores - scores.max())
        against = (raised / -raised.sum()).tolist()
        return MappingProxyType({name: -share for share, name in sorted(zip(against, names, strict=True))})

    def influences(self, faq: FAQ, talked: Talked, message: Message, reading: str) -> tuple[Influence, ...]:
        """What spoke for a reading and against it, the weightiest first."""
        row = numbers(faq, talked, message)[readings(message).index(reading)]
        found = [
            Influence(name, self.numbers.get(name, 0.0) * float(value))
            for name, value in zip(NUMBERS, row, strict=True)
        ]
        words, share = runs(message.folded)
        for number, worded in enumerate(_worded(talked)):
            if worded == reading:
                found += [
                    Influence(f"“{each}”", self.runs[each][number] * share) for each in words if each in self.runs
                ]
        found.append(Influence(f"{talked.topic} → {reading}", self.passages.get(talked.topic, {}).get(reading, 0.0)))
        return tuple(sorted((each for each in found if each.weight), key=lambda each: (-abs(each.weight), each.name)))

    def _wording(self, message: Message) -> FloatArray:
        found, share = runs(message.folded)
        known = [self.runs[each] for each in found if each in self.runs]
        total: FloatArray = np.array(known or [(0.0,) * len(WORDED)]).sum(0) * share
        return total


def _worded(talked: Talked) -> tuple[str, ...]:
    """The readings that WORDED stand for in a talk."""
    return (talked.topic, *WORDED[1:])


def parse(lines: Iterable[str]) -> ContextModel:
    """The weights from lines of TSV: `number name weight`, `run characters weight…`, `passage topic reading weight`."""
    weights: dict[str, float] = {}
    of_runs: dict[str, tuple[float, ...]] = {}
    passages: dict[str, dict[str, float]] = {}
    for line in lines:
        kind, *fields = line.rstrip("\n").split("\t")
        if kind == "number":
            weights[fields[0]] = float(fields[1])
        elif kind == "run":
            of_runs[fields[0]] = tuple(map(float, fields[1:]))
        elif kind == "passage":
            passages.setdefault(fields[0], {})[fields[1]] = float(fields[2])
    return ContextModel(MappingProxyType(weights), MappingProxyType(of_runs), MappingProxyType(passages))


@cache
def shipped_context() -> ContextModel:
    """The shipped weights."""
    text = files(__package__).joinpath("context_weights.tsv").read_text(encoding="utf-8")
    return parse(text.splitlines())

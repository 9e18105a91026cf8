"""How well messages with known meaning are understood: accuracy, refusals, wrong answers, confusions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import OFFERED, Decision
from intents.matching.matcher import Match


@dataclass(frozen=True, slots=True)
class EvaluatedUtterance:
    """A labelled sentence and what it was understood to mean."""

    sentence: LabeledUtterance
    match: Match

    @property
    def in_scope(self) -> bool:
        """Whether some intent should answer."""
        return self.sentence.intent != OUT_OF_SCOPE

    @property
    def wanted(self) -> frozenset[str]:
        """The intents whose answer would serve."""
        return frozenset((self.sentence.intent, *self.sentence.also))

    @property
    def first(self) -> str | None:
        """The best candidate, whatever was decided."""
        return self.match.candidates[0].intent if self.match.candidates else None

    @property
    def right(self) -> bool:
        """The best candidate is one of those wanted."""
        return self.first in self.wanted

    @property
    def near(self) -> bool:
        """A wanted intent is among the first three."""
        return any(each.intent in self.wanted for each in self.match.candidates[:OFFERED])

    @property
    def answered(self) -> bool:
        """An answer was given, right or wrong."""
        return self.match.decision is Decision.ANSWER

    @property
    def served(self) -> bool:
        """The right answer was given, or offered among the first three."""
        return self.right if self.answered else self.near and self.match.decision is Decision.CLARIFY

    @property
    def wrong(self) -> bool:
        """A wrong answer was given with confidence."""
        return self.answered and not self.right

    @property
    def refused(self) -> bool:
        """Nothing was offered."""
        return self.match.decision is Decision.FALLBACK


@dataclass(frozen=True, slots=True)
class InScopeMetrics:
    """What came of the sentences in scope, each but the first a share of them, 0 to 1."""

    count: int
    top1: float
    top3: float
    answered_right: float
    served: float
    wrong: float
    refused: float

    @classmethod
    def of(cls, evaluate_utterances: Iterable[EvaluatedUtterance]) -> "InScopeMetrics":
        """The score of those in scope; all 0 if there is none."""
        inside = [outcome for outcome in evaluate_utterances if outcome.in_scope]

        def share(holds: Callable[[EvaluatedUtterance], bool]) -> float:
            return sum(map(holds, inside)) / len(inside) if inside else 0.0

        return cls(
            count=len(inside),
            top1=share(lambda outcome: outcome.right),
            top3=share(lambda outcome: outcome.near),
            answered_right=share(lambda outcome: outcome.answered and outcome.right),
            served=share(lambda outcome: outcome.served),
            wrong=share(lambda outcome: outcome.wrong),
            refused=share(lambda outcome: outcome.refused),
        )


@dataclass(frozen=True, slots=True)
class OutOfScopeMetrics:
    """What came of the sentences out of scope, each but the first a share of them, 0 to 1."""

    count: int
    kept_out: float
    """Not answered as if in scope."""
    refused: float
    """Told that this isn't the place."""

    @classmethod
    def of(cls, evaluate_utterances: Iterable[EvaluatedUtterance]) -> "OutOfScopeMetrics":
        """The score of those out of scope; all 0 if there is none."""
        outside = [outcome for outcome in evaluate_utterances if not outcome.in_scope]
        count = len(outside) or 1
        kept_out = sum(not outcome.answered for outcome in outside) / count
        return cls(len(outside), kept_out, sum(outcome.refused for outcome in outside) / count)


def evaluate_utterances(
    match: Callable[[str], Match], sentences: Iterable[LabeledUtterance]
) -> list[EvaluatedUtterance]:
    """Every sentence with what the matcher makes of it."""
    return [EvaluatedUtterance(sentence, match(sentence.text)) for sentence in sentences]


def by_intent(results: Sequence[EvaluatedUtterance]) -> dict[str, InScopeMetrics]:
    """The score of each intent's sentences, the weakest first."""
    return _grouped(results, lambda outcome: outcome.sentence.intent)


def by_style(results: Sequence[EvaluatedUtterance]) -> dict[str, InScopeMetrics]:
    """The score of each style of writing, the weakest first; empty where no file names styles."""
    return _grouped([each for each in results if each.sentence.style], lambda outcome: outcome.sentence.style)


def confusions(results: Iterable[EvaluatedUtterance]) -> list[tuple[str, str, int]]:
    """Which intent was taken for which, and how often, most often first; out of scope only where it was answered."""
    counts = Counter(
        (outcome.sentence.intent, outcome.first or "")
        for outcome in results
        if (not outcome.right if outcome.in_scope else outcome.answered)
    )
    return sorted(((wanted, got, count) for (wanted, got), count in counts.items()), key=lambda row: (-row[2], row))


def _grouped(
    results: Iterable[EvaluatedUtterance], key: Callable[[EvaluatedUtterance], str]
) -> dict[str, InScopeMetrics]:
    groups: defaultdict[str, list[EvaluatedUtterance]] = defaultdict(list)
    for outcome in results:
        if outcome.in_scope:
            groups[key(outcome)].append(outcome)
    scores = {name: InScopeMetrics.of(group) for name, group in groups.items()}
    return dict(sorted(scores.items(), key=lambda item: (item[1].top1, item[1].top3, item[0])))

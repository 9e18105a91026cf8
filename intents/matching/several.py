"""What else a message asks beside its best intent: a logistic regression over what its clauses and the whole look like.

「他们上门的话我要录像吗 要不要看他证件」: each question is scored by itself. A clause alone is short and says little, so what counts beside
its score is how likely the whole makes the intent, whether the FAQ names it as related to the best one, and that statements which
are no questions („facts“) tell of it too. The weights were fitted on tests/corpus/strangers.tsv, each author left out
(`python -m benchmarks.several --fit`); what they reach is in docs/decisions/0013-several-questions.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from operator import attrgetter, mul

import numpy as np
from numpy.typing import NDArray

from intents.matching.features import FloatArray

BoolArray = NDArray[np.bool_]

MOST_QUESTIONS = 6
"""Of so many questions and so many statements at the end of a message, the rest isn't looked at."""
LONG_CLAUSE = 20
LONG_MESSAGE = 120
"""Characters from which on length doesn't count more."""


@dataclass(frozen=True, slots=True)
class SeveralWeights:
    """How much each sign counts, in logarithms of odds."""

    bias: float
    question: float
    """The logarithm of the intent's best score among the questions."""
    whole: float
    """The logarithm of its share of the whole message."""
    related: float
    """It is related to the best intent of the whole."""
    clause_length: float
    """The length of the question that it scores best in."""
    several_questions: float
    """The message has more than one question."""
    several_clauses: float
    """It has more than two clauses."""
    statement: float
    """The logarithm of the intent's best score among the statements."""
    length: float
    """The length of the message."""
    named: float
    """From this probability on the intent is named."""


FITTED = SeveralWeights(
    bias=4.05,
    question=0.77,
    whole=0.45,
    related=1.19,
    clause_length=0.59,
    several_questions=1.15,
    several_clauses=-1.28,
    statement=0.89,
    length=-1.57,
    named=0.25,
)
"""The weights in force."""

_FACTORS = attrgetter(
    *("question", "whole", "related", "clause_length", "several_questions", "several_clauses", "statement", "length")
)
"""The weights in the order of features."""


@dataclass(frozen=True)
class ScoredClauses:
    """The clauses of one message with their scores."""

    scores: FloatArray
    """By clause and intent; 0 for what is never asked beside something else."""
    asks: BoolArray
    """By clause: it is a question."""
    lengths: NDArray[np.int64]
    """By clause, in characters."""

    @property
    def has_several(self) -> bool:
        """Whether something may be asked beside something else."""
        return len(self.asks) > 1 and bool(self.asks.any())


@dataclass(frozen=True, slots=True)
class AskedIntent:
    """An intent that a message asks about beside its best one."""

    intent: int
    probability: float
    """That it is asked."""
    score: float
    """Its best score among the questions."""
    leads: bool
    """It is the best of a question."""


def features(
    whole: FloatArray, clauses: ScoredClauses, related: BoolArray, length: int
) -> dict[int, tuple[float, ...]]:
    """Which intents may be asked beside the best one, in their order, with what SeveralWeights weighs, in its order after the bias.

    They are a handful, so that plain Python is faster than numpy's calls over all intents.

    Args:
        whole: the share of each intent in the whole message; adds up to 1.
        clauses: the message's clauses.
        related: by intent, whether it is related to the best one.
        length: the message's length in characters.
    """
    questions = np.flatnonzero(clauses.asks)[-MOST_QUESTIONS:]
    statements = np.flatnonzero(~clauses.asks)[-MOST_QUESTIONS:]
    asked, told = clauses.scores[questions], clauses.scores[statements]
    best, *next_best = np.argsort(-whole)[:3].tolist()
    candidates = sorted({*np.argsort(-asked, axis=1)[:, :2].ravel().tolist(), *next_best} - {best})
    lengths = [min(each, LONG_CLAUSE) / LONG_CLAUSE for each in clauses.lengths[questions].tolist()]
    of_message = (
        float(len(questions) > 1),
        float(len(clauses.asks) > 2),  # noqa: PLR2004 -- a question and a statement are the usual message
    )
    share = min(length, LONG_MESSAGE) / LONG_MESSAGE
    found: dict[int, tuple[float, ...]] = {}
    columns = zip(candidates, asked[:, candidates].T.tolist(), told[:, candidates].T.tolist(), strict=True)
    for intent, as_question, as_statement in columns:
        score = max(as_question)
        found[intent] = (
            log(score + 0.02),
            log(float(whole[intent]) + 0.003),
            float(related[intent]),
            lengths[as_question.index(score)],
            *of_message,
            log(max(as_statement, default=0.0) + 0.05),
            share,
        )
    return found


def asked_beside(
    whole: FloatArray, clauses: ScoredClauses, related: BoolArray, length: int, weights: SeveralWeights = FITTED
) -> Sequence[AskedIntent]:
    """The intents asked beside the best one, the likeliest first; see features for the arguments."""
    factors = _FACTORS(weights)
    named: list[tuple[float, int]] = []
    for intent, row in features(whole, clauses, related, length).items():
        probability = 1 / (1 + exp(-weights.bias - sum(map(mul, factors, row))))
        if probability >= weights.named:
            named.append((probability, intent))
    if not named:
        return ()
    questions = clauses.scores[clauses.asks]
    leading = set(questions.argmax(1).tolist())
    return [
        AskedIntent(intent, probability, float(questions[:, intent].max()), intent in leading)
        for probability, intent in sorted(named, key=lambda each: -each[0])
    ]

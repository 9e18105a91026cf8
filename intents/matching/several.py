"""What else a message asks beside its best intent: a logistic regression over what its clauses and the whole look like.

「他们上门的话我要录像吗 要不要看他证件」: each question is scored by itself. A clause alone is short and says little, so what counts beside
its score is how likely the whole makes the intent, whether the FAQ names it as related to the best one, and that statements which
are no questions („facts“) tell of it too. The weights were fitted on tests/corpus/strangers.tsv, each author left out
(`python -m benchmarks.several --fit`); what they reach is in docs/decisions/0013-several-questions.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
) -> tuple[BoolArray, FloatArray]:
    """Which intents may be asked beside the best one, and by intent what SeveralWeights weighs, in its order after the bias.

    Args:
        whole: the share of each intent in the whole message; adds up to 1.
        clauses: the message's clauses.
        related: by intent, whether it is related to the best one.
        length: the message's length in characters.
    """
    questions = np.flatnonzero(clauses.asks)[-MOST_QUESTIONS:]
    statements = np.flatnonzero(~clauses.asks)[-MOST_QUESTIONS:]
    asked = clauses.scores[questions]
    best_question = asked.argmax(0)
    told = clauses.scores[statements].max(0) if len(statements) else np.zeros(len(whole), dtype=np.float32)
    is_candidate = np.zeros(len(whole), dtype=np.bool_)
    is_candidate[np.argsort(-asked, axis=1)[:, :2].ravel()] = True
    order = np.argsort(-whole)
    is_candidate[order[1:3]] = True
    is_candidate[order[0]] = False
    constant = np.ones(len(whole), dtype=np.float32)
    rows = np.stack(
        [
            np.log(asked.max(0) + 0.02),
            np.log(whole + 0.003),
            related,
            np.minimum(clauses.lengths[questions][best_question], LONG_CLAUSE) / LONG_CLAUSE,
            constant * (len(questions) > 1),
            constant * (len(clauses.asks) > 2),  # noqa: PLR2004 -- a question and a statement are the usual message
            np.log(told + 0.05),
            constant * (min(length, LONG_MESSAGE) / LONG_MESSAGE),
        ],
        axis=1,
    ).astype(np.float32)
    return is_candidate, rows


def asked_beside(
    whole: FloatArray, clauses: ScoredClauses, related: BoolArray, length: int, weights: SeveralWeights = FITTED
) -> Sequence[AskedIntent]:
    """The intents asked beside the best one, the likeliest first; see features for the arguments."""
    is_candidate, rows = features(whole, clauses, related, length)
    factors = (
        weights.question,
        weights.whole,
        weights.related,
        weights.clause_length,
        weights.several_questions,
        weights.several_clauses,
        weights.statement,
        weights.length,
    )
    odds = weights.bias + rows @ np.array(factors, dtype=np.float32)
    probability = np.where(is_candidate, 1 / (1 + np.exp(-odds)), 0.0)
    questions = clauses.scores[clauses.asks]
    leading = set(questions.argmax(1).tolist())
    named = [int(each) for each in np.argsort(-probability, kind="stable") if probability[each] >= weights.named]
    return [
        AskedIntent(each, float(probability[each]), float(questions[:, each].max()), each in leading) for each in named
    ]

"""The figures that understanding is judged by, and simpler methods beside it on the same faq.yaml.

    python -m benchmarks.peers FILE…     labelled TSV (intent, text; also, kind, author); default: tests/corpus/strangers.tsv

An author who wrote questions of the FAQ is left out of it first, so that nobody is measured on what was learned; lists by people whom the
FAQ doesn't know are measured as they are, with the shipped thresholds. The second table compares methods at equal terms: top-1 and top-3
of what is in scope, AUC of in scope against out of scope, and how many are answered right at the score from which at most WRONG of what is
in scope is answered wrong and at most LET_IN of what is out of scope is answered at all. Peers get the same normalised text.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score

from benchmarks.accuracy import Method, logistic, rapidfuzz_nearest, tfidf_documents, tfidf_nearest
from bot.commands.evaluate_by_author import goals_table, question_authors
from intents.danger.detector import CRISIS
from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.load import load_faq
from intents.matching.by_author import LeftOut, leave_out
from intents.matching.corpus import LabeledUtterance, read_labeled_utterances
from intents.matching.decide import load_thresholds
from intents.matching.evaluate import GoalMetrics, evaluate_utterances
from intents.matching.matcher import Matcher
from intents.matching.model import OUT_OF_SCOPE_CLASS

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / "tests" / "corpus" / "strangers.tsv"
WRONG, LET_IN = 0.03, 0.06
Scores = NDArray[np.float64]
OURS = "ours"


@dataclass(frozen=True)
class EqualTerms:
    """What one method makes of one author."""

    top1: float
    top3: float
    auc: float
    right: float
    """Answered right, within WRONG and LET_IN."""


def ours(matcher: Matcher) -> Method:
    """The matcher's scores, danger to life apart."""

    def method(texts: Sequence[str]) -> tuple[list[str], Scores]:
        names = [name for name in matcher.model.classes if name not in {CRISIS, OUT_OF_SCOPE_CLASS}]
        rows = []
        for text in texts:
            ranking = matcher.rank(text).without_stray()
            scores = {each.intent: each.score for each in ranking.candidates}
            rows.append([*(scores.get(name, 0.0) for name in names), ranking.out_of_scope])
        return [*names, OUT_OF_SCOPE_CLASS], np.array(rows)

    return method


def log_mean(first: Method, second: Method) -> Method:
    """Two opinions averaged in logarithms."""

    def method(texts: Sequence[str]) -> tuple[list[str], Scores]:
        (names, one), (others, two) = first(texts), second(texts)
        common = [name for name in names if name in others]
        pair = one[:, [names.index(name) for name in common]], two[:, [others.index(name) for name in common]]
        mean = np.exp(sum(np.log(np.maximum(scores, 1e-5)) for scores in pair) / 2)
        return common, mean / mean.sum(1, keepdims=True)

    return method


def methods(faq: FAQ, matcher: Matcher) -> Iterator[tuple[str, Method]]:
    """Every method with the name it is printed under."""
    regression = logistic(faq)
    yield "rapidfuzz ratio, nearest question", rapidfuzz_nearest(faq, fuzz.ratio)
    yield "TF-IDF 1-2, nearest question", tfidf_nearest(faq)
    yield "TF-IDF 1-2, topic as one document", tfidf_documents(faq)
    yield "logistic regression 1-2", regression
    yield OURS, ours(matcher)
    yield "ours and logistic regression, log mean", log_mean(ours(matcher), regression)


def at_equal_terms(method: Method, utterances: Sequence[LabeledUtterance]) -> EqualTerms:
    """One method's figures on one author's messages."""
    names, scores = method([utterance.text for utterance in utterances])
    outside = scores[:, names.index(OUT_OF_SCOPE_CLASS)] if OUT_OF_SCOPE_CLASS in names else np.zeros(len(scores))
    kept = [number for number, name in enumerate(names) if name not in {OUT_OF_SCOPE_CLASS, CRISIS}]
    names, scores = [names[number] for number in kept], scores[:, kept]
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    hits = np.array(
        [
            [names[number] in {each.intent, *each.also} for number in row]
            for each, row in zip(utterances, order, strict=True)
        ]
    )
    inside = np.array([each.intent != OUT_OF_SCOPE for each in utterances])
    # Of methods that know what is out of scope, nothing that looks more like it than like any intent is answered.
    best = np.where(outside > scores.max(1), 0.0, scores.max(1))
    right = max((_right_from(limit, best, hits[:, 0], inside) for limit in np.unique(best)), default=0.0)
    auc = float(roc_auc_score(inside, scores.max(1) - outside)) if 0 < inside.sum() < len(inside) else float("nan")
    return EqualTerms(float(hits[inside, 0].mean()), float(hits[inside].any(1).mean()), auc, right)


def _right_from(limit: float, best: Scores, hit: NDArray[np.bool_], inside: NDArray[np.bool_]) -> float:
    answered = best >= limit
    wrong = float((answered & ~hit)[inside].mean())
    let_in = float(answered[~inside].mean()) if (~inside).any() else 0.0
    return float((answered & hit)[inside].mean()) if wrong <= WRONG and let_in <= LET_IN else 0.0


def _print(console: Console, left_out: Sequence[LeftOut]) -> None:
    thresholds = load_thresholds()
    goals: dict[str, GoalMetrics] = {}
    compared: dict[str, dict[str, EqualTerms]] = {}
    for one in left_out:
        matcher = Matcher(one.faq, thresholds, one.model)
        goals[one.author] = GoalMetrics.of(evaluate_utterances(matcher.match, one.utterances))
        for name, method in methods(one.faq, matcher):
            compared.setdefault(name, {})[one.author] = at_equal_terms(method, one.utterances)
    console.print(goals_table(goals))
    console.print(_comparison(compared))


def _comparison(compared: Mapping[str, Mapping[str, EqualTerms]]) -> Table:
    table = Table(
        "mean (worst) over authors", "top-1", "top-3", "AUC", f"right at ≤{WRONG} wrong, ≤{LET_IN} let in", box=None
    )
    for name, found in compared.items():
        columns = zip(*((each.top1, each.top3, each.auc, each.right) for each in found.values()), strict=True)
        table.add_row(name, *(f"{fmean(values):.3f} ({min(values):.3f})" for values in columns))
    return table


def main() -> None:
    """Print both tables for all files together."""
    paths = [Path(name) for name in sys.argv[1:]] or [DEFAULT]
    utterances = [each for path in paths for each in read_labeled_utterances(path)]
    left_out = list(leave_out(load_faq(ROOT / "faq.yaml"), question_authors(ROOT / "faq.yaml"), utterances))
    _print(Console(width=180), left_out)


if __name__ == "__main__":
    main()

"""What a message asks beside its best intent: the weights of intents/matching/several.py, each author left out.

    python -m benchmarks.several [--fit] FILE…    labelled TSV (intent, also, kind, author, text); default: tests/corpus/strangers.tsv

Prints for each probability from which an intent is named: of the messages of kind `two` the share in which every question is answered or
stands as a button, and of the others in scope the share in which something is named that wasn't asked; weights learned on all but one
author and measured on that one. --fit prints the weights that all of them give.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from bot.commands.evaluate_by_author import question_authors
from intents.faq.schema import OUT_OF_SCOPE
from intents.load import load_faq
from intents.matching.by_author import leave_out
from intents.matching.corpus import LabeledUtterance, read_labeled_utterances
from intents.matching.decide import Decision, load_thresholds
from intents.matching.evaluate import SEVERAL
from intents.matching.features import FloatArray
from intents.matching.matcher import Match, Matcher
from intents.matching.several import FITTED, SeveralWeights, features

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / "tests" / "corpus" / "strangers.tsv"
NAMED_FROM = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
SEVERAL_COUNTS = 2.0
"""How much more a message of kind `two` counts: there are few."""


@dataclass(frozen=True)
class Candidates:
    """What may be asked beside the best intent of one message."""

    utterance: LabeledUtterance
    match: Match
    intents: Sequence[str]
    rows: FloatArray
    """By intent, what SeveralWeights weighs."""

    @property
    def right(self) -> frozenset[str]:
        """What the message asks."""
        return frozenset((self.utterance.intent, *self.utterance.also))


def candidates(paths: Sequence[Path]) -> Iterator[Candidates]:
    """Every message in scope that was answered or asked back, seen by a model that never met its author."""
    utterances = [each for path in paths for each in read_labeled_utterances(path)]
    thresholds = load_thresholds()
    for one in leave_out(load_faq(ROOT / "faq.yaml"), question_authors(ROOT / "faq.yaml"), utterances):
        matcher = Matcher(one.faq, thresholds, one.model)
        for utterance in one.utterances:
            if utterance.intent != OUT_OF_SCOPE:
                yield _of(matcher, utterance)


def _of(matcher: Matcher, utterance: LabeledUtterance) -> Candidates:
    match = matcher.match(utterance.text)
    several = matcher.clauses(utterance.text, matcher.rank(utterance.text))
    if several is None or match.decision is Decision.FALLBACK:
        return Candidates(utterance, match, (), np.zeros((0, 8), dtype=np.float32))
    rows = features(*several)
    return Candidates(utterance, match, matcher.intents(rows), np.array([*rows.values()], dtype=np.float32))


def learn(found: Sequence[Candidates]) -> LogisticRegression:
    """A regression on the candidates of these messages."""
    rows = np.concatenate([each.rows for each in found])
    asked = [intent in each.right for each in found for intent in each.intents]
    counts = [SEVERAL_COUNTS if each.utterance.style == SEVERAL else 1.0 for each in found for _ in each.intents]
    return LogisticRegression(C=0.3, max_iter=3000).fit(rows, asked, counts)


def fitted(regression: LogisticRegression) -> SeveralWeights:
    """The regression's weights."""
    signs = [each.name for each in fields(SeveralWeights) if each.name != "named"]
    weights = map(float, (*regression.intercept_, *regression.coef_[0]))
    return replace(FITTED, **dict(zip(signs, weights, strict=True)))


def figures(regression: LogisticRegression, found: Sequence[Candidates]) -> Iterator[tuple[list[bool], list[bool]]]:
    """For each of NAMED_FROM: of messages that ask several things, whether all are shown; of others, whether something wrong is."""
    named = [_named(regression, each) for each in found]
    for least in NAMED_FROM:
        all_shown, wrong = [], []
        for each, probable in zip(found, named, strict=True):
            beside = {intent for intent, probability in probable if probability >= least}
            if each.utterance.style == SEVERAL:
                shown = (
                    {each.match.candidates[0].intent}
                    if each.match.decision is Decision.ANSWER
                    else {*each.match.offered}
                )
                all_shown.append(each.right <= shown | beside)
            else:
                wrong.append(each.match.decision is Decision.ANSWER and not beside <= each.right)
        yield all_shown, wrong


def _named(regression: LogisticRegression, each: Candidates) -> list[tuple[str, float]]:
    if not each.intents:
        return []
    return list(zip(each.intents, regression.predict_proba(each.rows)[:, 1].tolist(), strict=True))


def main() -> None:
    """Print the table, and with --fit the weights."""
    paths = [Path(name) for name in sys.argv[1:] if not name.startswith("--")] or [DEFAULT]
    found = list(candidates(paths))
    shown: list[list[bool]] = [[] for _ in NAMED_FROM]
    wrong: list[list[bool]] = [[] for _ in NAMED_FROM]
    for author in dict.fromkeys(each.utterance.author for each in found):
        others = [each for each in found if each.utterance.author != author]
        own = [each for each in found if each.utterance.author == author]
        for place, (good, bad) in enumerate(figures(learn(others), own)):
            shown[place] += good
            wrong[place] += bad
    print("named from   all shown   named wrong")
    for least, good, bad in zip(NAMED_FROM, shown, wrong, strict=True):
        print(f"{least:10.2f} {np.mean(good):11.3f} {np.mean(bad):13.3f}")
    if "--fit" in sys.argv:
        print(fitted(learn(found)))


if __name__ == "__main__":
    main()

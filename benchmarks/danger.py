"""How well danger to life is recognised, part by part, and how fast; `--fit` sets the weights of the second line anew.

python -m benchmarks.danger          measures on tests/corpus/danger.tsv, on ordinary messages and on the FAQ's questions
python -m benchmarks.danger --fit    also writes intents/danger/weights.tsv (needs scikit-learn; never sees the held-out rows)
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from intents.danger.detector import WORDING, DangerDetector
from intents.danger.score import DAMPING, char_ngrams
from intents.load import load_faq

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
WEIGHTS = ROOT / "intents" / "danger" / "weights.tsv"

FALSE_ALARMS = 0.02
"""The share of ordinary messages that the second line may take for danger, scored by a classifier that never saw them."""
ORDINARY = 2.0
"""How much an ordinary message counts beside one of the list's: far more of them are written."""
DOUBTED = 0.02
"""The share of messages in danger that have a pattern and may be lost by doubting it."""
STRENGTH = 0.1
"""Inverse regularisation of the classifier."""
SEEN = 2
"""Runs of characters that fewer messages have say nothing."""
LEAST = 0.3
"""Smaller weights are left out."""


@dataclass(frozen=True, slots=True)
class Message:
    """One labelled message."""

    text: str
    danger: bool
    held: bool = False
    hard: bool = True
    """From the list of danger, not an ordinary question of the FAQ."""


def messages() -> list[Message]:
    """The labelled list, the ordinary messages of the corpus and the FAQ's questions."""
    listed = [Message(row["text"], row["danger"] == "yes", row["split"] == "held") for row in _rows("danger.tsv")]
    ordinary = [*_rows("dev.tsv"), *_rows("personas_dev.tsv")]
    follow_ups = [
        Message(row[key], danger=False, hard=False)
        for row in _rows("followups.tsv")
        if "crisis" not in row["second_intent"]
        for key in ("first_text", "second_text")
    ]
    faq = load_faq(ROOT / "faq.yaml")
    own = [Message(text, intent.id == "crisis", hard=False) for intent in faq.intents for text in intent.questions]
    outside = faq.out_of_scope.questions if faq.out_of_scope else ()
    return [
        *listed,
        *own,
        *follow_ups,
        *(Message(row["text"], row["intent"] == "crisis", hard=False) for row in ordinary),
        *(Message(text, danger=False, hard=False) for text in outside),
    ]


def _rows(name: str) -> list[dict[str, str]]:
    with (CORPUS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def fit(detector: DangerDetector, known: list[Message]) -> None:
    """Write the weights that tell the messages apart, with the thresholds that keep within FALSE_ALARMS and DOUBTED."""
    texts = [detector.folded(each.text) for each in known]
    labels = np.array([each.danger for each in known])
    hard = np.array([each.hard for each in known])
    vectorizer = CountVectorizer(analyzer=lambda text: set(char_ngrams(text)), dtype=np.float64, min_df=SEEN)
    rows = vectorizer.fit_transform(texts)
    rarity = np.log((1 + len(texts)) / (1 + np.asarray(rows.sum(axis=0)).ravel())) + 1
    lengths = np.array([max(1, len(char_ngrams(text))) for text in texts])
    rows = csr_matrix(rows.multiply(rarity).multiply(lengths[:, None] ** -DAMPING))
    model = LinearSVC(C=STRENGTH, class_weight="balanced")
    weight = np.where(hard | labels, 1.0, ORDINARY)
    unseen = np.zeros(len(known))
    for train, test in StratifiedKFold(10, shuffle=True, random_state=7).split(rows, labels):
        unseen[test] = model.fit(rows[train], labels[train], weight[train]).decision_function(rows[test])
    threshold = float(np.quantile(unseen[~hard & ~labels], 1 - FALSE_ALARMS))
    patterned = np.array([detector.patterned(text) is not None for text in texts])
    doubt = float(np.quantile(unseen[labels & patterned], DOUBTED))
    found = (unseen >= threshold) | (patterned & (unseen >= doubt))
    print(
        f"out of fold: recognised {found[labels].mean():.3f}, false alarms {found[hard & ~labels].mean():.3f} of the list's "
        f"and {found[~hard & ~labels].mean():.4f} of ordinary messages; threshold {threshold:.2f}, doubt {doubt:.2f}"
    )
    model.fit(rows, labels, weight)
    weights = {gram: model.coef_[0][column] * rarity[column] for gram, column in vectorizer.vocabulary_.items()}
    lines = [
        "# Set by `python -m benchmarks.danger --fit`; not by hand. A run of characters and how much it speaks for danger to life.",
        f"<bias>\t{model.intercept_[0]:.3f}",
        f"<threshold>\t{threshold:.3f}",
        f"<doubt>\t{doubt:.3f}",
        *(f"{gram}\t{weight:.2f}" for gram, weight in sorted(weights.items()) if abs(weight) >= LEAST),
    ]
    WEIGHTS.write_text("\n".join([*lines, ""]), encoding="utf-8")


def measure(detector: DangerDetector, known: list[Message]) -> None:
    """Print what is recognised and what is wrongly taken for danger."""
    for name, chosen in (
        ("list, developed on", [each for each in known if each.hard and not each.held]),
        ("list, held out", [each for each in known if each.held]),
        ("ordinary messages", [each for each in known if not each.hard]),
    ):
        found = [(each.danger, detector.find(each.text)) for each in chosen]
        yes, no = [sign for danger, sign in found if danger], [sign for danger, sign in found if not danger]
        by_wording = sum(sign is not None and sign.pattern == WORDING for sign in yes)
        print(
            f"{name:22} recognised {sum(map(bool, yes))}/{len(yes)} ({by_wording} by wording alone)"
            f"  false alarms {sum(map(bool, no))}/{len(no)}"
        )


def speed(detector: DangerDetector, known: list[Message]) -> None:
    """Print the time for one message."""
    times = []
    for each in known:
        start = perf_counter()
        detector.find(each.text)
        times.append((perf_counter() - start) * 1e6)
    cuts = quantiles(times, n=100)
    start = perf_counter()
    detector.find("我欠了钱想要走了" * 1250)
    print(
        f"one message: p50 {cuts[49]:.0f} µs, p99 {cuts[98]:.0f} µs; 10,000 characters {(perf_counter() - start) * 1e3:.1f} ms"
    )


def main() -> None:
    """Measure; fit first when asked to."""
    known = messages()
    if "--fit" in sys.argv[1:]:
        fit(DangerDetector(), [each for each in known if not each.held])
    detector = DangerDetector()
    measure(detector, known)
    speed(detector, known)


if __name__ == "__main__":
    main()

"""How well danger to life is recognised, and how fast; `--fit` sets the weights of the wording anew.

python -m benchmarks.danger            measures on tests/corpus/danger.tsv, on ordinary messages and on the FAQ's questions
python -m benchmarks.danger --unseen   leaves one author out at a time, and measures on what that author wrote (needs scikit-learn)
python -m benchmarks.danger --fit      writes intents/danger/weights.tsv (needs scikit-learn; never sees the held-out rows)
"""

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.svm import LinearSVC

from benchmarks.danger_lines import TELLING, Unknown, set_lines
from intents.danger.detector import WORDING, DangerAssessment, DangerDetector, DangerLevel, SignalKind
from intents.danger.score import DAMPING, DangerClassifier, Line, Lines, Margins, danger_ngrams, load_categories
from intents.load import load_faq

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
WEIGHTS = ROOT / "intents" / "danger" / "weights.tsv"

FIRST = ("cleaner", "student", "teacher", "worker")
AUTHORS = (*FIRST, "chengdu", "hubei", "jinan", "wenzhou")
"""Who wrote for the three levels and saw none of the rest: each is left out once by --unseen."""
READERS = {"engineer": FIRST, "engineer2": AUTHORS}
"""Who wrote after reading whom: where one is left out, so are those that had read that one."""
SURE = frozenset({*AUTHORS, *READERS})
"""Whose labels are of the three levels; the others' danger is plain where a pattern of level plain tells."""
ORDINARY, SURELY, UNSURE = 2.0, 4.0, 0.05
"""What an ordinary message, one by a sure author, and a danger that may be doubtful count beside one of the list."""
STRENGTH = 0.1
"""Inverse regularisation of the classifiers."""
SEEN = 2
"""Runs of characters that fewer messages have say nothing."""
LEAST = 0.35
"""Runs with smaller weights are left out."""
OPEN = Lines(*(Line(0.0, 0.0),) * 5)
"""Lines of a classifier of which only the margins are asked."""


@dataclass(frozen=True, slots=True)
class Message:
    """One labelled message."""

    text: str
    level: str
    """none, doubtful, plain; danger: plain or doubtful, not told apart."""
    author: str = ""
    """Empty for an ordinary message, which isn't from the list of danger."""
    style: str = ""
    held: bool = False
    whose: str = ""
    """own, other; empty where nobody said."""


def messages() -> list[Message]:
    """The labelled list, the ordinary messages of the corpus and the FAQ's questions."""
    listed = [
        Message(row["text"], row["level"], row["author"], row["style"], row["split"] == "held", row["whose"])
        for row in _rows("danger.tsv")
    ]
    follow_ups = [
        (row[key], "none")
        for row in _rows("followups.tsv")
        if "crisis" not in row["second_intent"]
        for key in ("first_text", "second_text")
    ]
    faq = load_faq(ROOT / "faq.yaml")
    asked = [(text, _level(intent.id)) for intent in faq.intents for text in intent.questions]
    ordinary = [
        (row["text"], _level(row["intent"])) for name in ("dev", "personas_dev") for row in _rows(f"{name}.tsv")
    ]
    outside = [(text, "none") for text in (faq.out_of_scope.questions if faq.out_of_scope else ())]
    return [*listed, *(Message(text, level) for text, level in (*asked, *follow_ups, *ordinary, *outside))]


def _level(intent: str) -> str:
    return "danger" if intent == "crisis" else "none"


def _rows(name: str) -> list[dict[str, str]]:
    with (CORPUS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class Fitting:
    """The messages as rows of numbers, and the two classifiers fitted on some of them."""

    def __init__(self, detector: DangerDetector, known: list[Message]) -> None:
        categories = load_categories()
        grams = [danger_ngrams(detector.folded(each.text), categories) for each in known]
        vectorizer = CountVectorizer(analyzer=set, dtype=np.float64, min_df=SEEN)
        rows = vectorizer.fit_transform(grams)
        self._rarity = np.log((1 + len(known)) / (1 + np.asarray(rows.sum(axis=0)).ravel())) + 1
        lengths = np.array([max(1, len(each)) for each in grams])
        self._rows = csr_matrix(rows.multiply(self._rarity).multiply(lengths[:, None] ** -DAMPING))
        self._columns: dict[str, int] = vectorizer.vocabulary_
        levels = np.array([each.level for each in known])
        self._danger = levels != "none"
        self._plain = np.isin(levels, ("plain", "danger"))
        sure = np.array([each.author in SURE for each in known])
        weight = np.where([each.author == "" for each in known], np.where(self._danger, 1.0, ORDINARY), 1.0)
        self._told = np.array([each.whose != "" for each in known])
        self._another = np.array([each.whose == "other" for each in known])
        self._authors, self._held = np.array([each.author for each in known]), np.array([each.held for each in known])
        self._known, self._detector = known, detector
        self._margins: dict[frozenset[str], dict[int, Margins]] = {}
        self._weight = np.where(sure, SURELY, weight)
        self._weight_plain = np.where(levels == "danger", UNSURE, self._weight)

    def lines_without(self, *left_out: str) -> Lines:
        """The lines set on the margins that each other author's messages have where that author, too, is left out."""
        unknown: list[Unknown] = []
        for author in AUTHORS:
            if author in left_out:
                continue
            out = frozenset({*left_out, author})
            if out not in self._margins:
                self._margins[out] = self._margins_without(out)
            margins = self._margins[out]
            unknown += (
                Unknown(margins[row], self._telling(row), self._known[row].level, self._known[row].style)
                for row in self._rows_by(author)
            )
        return set_lines(unknown)

    def _margins_without(self, left_out: frozenset[str]) -> dict[int, Margins]:
        """The margins of the messages of some authors by a classifier that knows neither them nor who had read them."""
        classifier = self.classifier(self.without(*left_out), OPEN)
        return {
            row: classifier.margins(self._detector.folded(self._known[row].text))
            for author in left_out
            for row in self._rows_by(author)
        }

    def _rows_by(self, author: str) -> list[int]:
        return [row for row, each in enumerate(self._known) if each.author == author]

    def _telling(self, row: int) -> str:
        folded = self._detector.folded(self._known[row].text)
        return self._detector.telling(folded, self._detector.patterned(folded))

    def without(self, *left_out: str) -> NDArray[np.bool_]:
        """The messages to learn from where some authors are left out, and with them whoever had read them."""
        readers = [reader for reader, read in READERS.items() if not {*read}.isdisjoint(left_out)]
        return ~self._held & ~np.isin(self._authors, [*left_out, *readers])

    def classifier(self, train: NDArray[np.bool_], lines: Lines) -> DangerClassifier:
        """Fitted on some of the messages."""
        danger, danger_bias = self._fitted(train, self._danger, self._weight)
        plain, plain_bias = self._fitted(train, self._plain, self._weight_plain)
        another, another_bias = self._fitted(train & self._told, self._another, np.ones(len(self._told)))
        weights = {
            gram: (round(danger[column], 2), round(plain[column], 2), round(another[column], 2))
            for gram, column in sorted(self._columns.items())
            if max(abs(danger[column]), abs(plain[column]), abs(another[column]) / 2) >= LEAST
        }
        bias = Margins(round(danger_bias, 3), round(plain_bias, 3), round(another_bias, 3))
        return DangerClassifier(MappingProxyType(weights), bias, lines, load_categories())

    def _fitted(
        self, train: NDArray[np.bool_], labels: NDArray[np.bool_], weight: NDArray[np.float64]
    ) -> tuple[list[float], float]:
        model = LinearSVC(C=STRENGTH, class_weight="balanced")
        model.fit(self._rows[train], labels[train], weight[train])
        return (model.coef_[0] * self._rarity).tolist(), float(model.intercept_[0])


def fit(detector: DangerDetector, known: list[Message]) -> None:
    """Write the weights that tell the messages apart."""
    fitting = Fitting(detector, known)
    fitted = fitting.classifier(fitting.without(), fitting.lines_without())
    bias = fitted.bias
    lines = [
        "# Set by `python -m benchmarks.danger --fit`; not by hand. A run of characters, how much it speaks for danger, plain danger, another one's.",
        f"<bias>\t{bias.danger:g}\t{bias.plain:g}\t{bias.another:g}",
        *(
            f"<{name}>\t{line.danger:g}\t{line.plain:g}\t0"
            for name, line in ((name, getattr(fitted.lines, name)) for name in TELLING)
        ),
        *(f"{gram}\t{danger:g}\t{plain:g}\t{another:g}" for gram, (danger, plain, another) in fitted.weights.items()),
    ]
    WEIGHTS.write_text("\n".join([*lines, ""]), encoding="utf-8")


def unseen(detector: DangerDetector, known: list[Message]) -> None:
    """Print, for each author, how a detector does that learned from all the others."""
    fitting = Fitting(detector, known)
    everyone: list[tuple[Message, DangerAssessment]] = []
    for author in AUTHORS:
        strange = DangerDetector(fitting.classifier(fitting.without(author), fitting.lines_without(author)))
        assessed = [(each, strange.assess(each.text)) for each in known if each.author == author]
        everyone += assessed
        show(author, assessed)
    show("all", everyone)


def show(name: str, assessed: list[tuple[Message, DangerAssessment]]) -> None:
    """One author's figures."""

    def share(chosen: Callable[[Message], bool], *levels: DangerLevel) -> str:
        found = [assessment.level in levels for message, assessment in assessed if chosen(message)]
        return f"{sum(found)}/{len(found)}"

    right = [
        (assessment.signal.kind is SignalKind.RELATIVE) == (message.whose == "other")
        for message, assessment in assessed
        if message.whose and assessment.signal is not None
    ]
    plain, doubtful = DangerLevel.PLAIN, DangerLevel.DOUBTFUL
    print(
        f"{name:10} direct plain {share(lambda m: m.style == 'direct', plain)}, all plain or doubtful "
        f"{share(lambda m: m.level == 'plain', plain, doubtful)}, plain {share(lambda m: m.level == 'plain', plain)}; "
        f"whose right {sum(right)}/{len(right)}; "
        f"doubtful plain {share(lambda m: m.level == 'doubtful', plain)} doubtful {share(lambda m: m.level == 'doubtful', doubtful)}; "
        f"strong plain {share(lambda m: m.style == 'strong', plain)} doubtful {share(lambda m: m.style == 'strong', doubtful)}; "
        f"calm plain {share(lambda m: m.style == 'plain', plain)} doubtful {share(lambda m: m.style == 'plain', doubtful)}"
    )


def measure(detector: DangerDetector, known: list[Message]) -> None:
    """Print what is recognised and what is wrongly taken for danger."""
    for name, chosen in (
        ("list, developed on", [each for each in known if each.author and not each.held]),
        ("list, held out", [each for each in known if each.held]),
        ("ordinary messages", [each for each in known if not each.author]),
    ):
        found = [(each.level != "none", detector.assess(each.text)) for each in chosen]
        yes, no = [one for danger, one in found if danger], [one for danger, one in found if not danger]
        by_wording = sum(one.signal is not None and one.signal.pattern == WORDING for one in yes)
        counts = [sum(one.level is level for one in side) for side in (yes, no) for level in DangerLevel]
        print(
            f"{name:20} of {len(yes)} in danger {counts[2]} plain, {counts[1]} doubtful, {counts[0]} missed ({by_wording} by wording "
            f"alone); of {len(no)} others {counts[5]} plain, {counts[4]} doubtful"
        )


def speed(detector: DangerDetector, known: list[Message]) -> None:
    """Print the time for one message."""
    times = []
    for each in known:
        start = perf_counter()
        detector.assess(each.text)
        times.append((perf_counter() - start) * 1e6)
    cuts = quantiles(times, n=100)
    start = perf_counter()
    detector.assess("我欠了钱想要走了" * 1250)
    print(
        f"one message: p50 {cuts[49]:.0f} µs, p99 {cuts[98]:.0f} µs; 10,000 characters {(perf_counter() - start) * 1e3:.1f} ms"
    )


def main() -> None:
    """Measure; fit first, or leave authors out, when asked to."""
    known = messages()
    if "--fit" in sys.argv[1:]:
        fit(DangerDetector(), known)
    detector = DangerDetector()
    if "--unseen" in sys.argv[1:]:
        unseen(detector, known)
        return
    measure(detector, known)
    speed(detector, known)


if __name__ == "__main__":
    main()

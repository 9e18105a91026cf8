"""The classifier: what it learns, and that a library would learn the same."""

import numpy as np
import pytest

from intents.matching import linear
from intents.matching.analyzer import AnalyzedText
from intents.matching.rocchio import RocchioClassifier
from intents.matching.vocabulary import Vocabulary

TEXTS = ["会上门吗", "上门怎么办", "来我家", "会坐牢吗", "被抓", "判刑吗", "上征信吗", "征信花了", "查征信"]
LABELS = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
vocabulary, ROWS = Vocabulary.learn([AnalyzedText(text, text) for text in TEXTS])


@pytest.mark.parametrize("learn", [linear.train, RocchioClassifier])
def test_each_text_is_nearest_to_its_own_class(learn: type[RocchioClassifier]) -> None:
    classifier = learn(ROWS, LABELS, 3, len(vocabulary))
    for text, label in zip(TEXTS, LABELS, strict=True):
        assert int(classifier.margins(*vocabulary.transform(AnalyzedText(text, text))).argmax()) == label


@pytest.mark.parametrize("learn", [linear.train, RocchioClassifier])
def test_the_contributions_of_the_columns_and_the_bias_add_up_to_the_margin(learn: type[RocchioClassifier]) -> None:
    classifier = learn(ROWS, LABELS, 3, len(vocabulary))
    column, value = vocabulary.transform(AnalyzedText("会上门来抓吗", "会上门来抓吗"))
    margins = classifier.margins(column, value)
    for number in range(3):
        assert classifier.contributions(column, value, number).sum() + linear.BIAS == pytest.approx(
            margins[number], abs=1e-5
        )


@pytest.mark.parametrize("learn", [linear.train, RocchioClassifier])
def test_an_unknown_text_has_the_bias_for_every_class(learn: type[RocchioClassifier]) -> None:
    classifier = learn(ROWS, LABELS, 3, len(vocabulary))
    nothing = np.array([], dtype=np.int64), np.array([], dtype=np.float32)
    assert classifier.margins(*nothing).tolist() == pytest.approx([linear.BIAS] * 3)


def test_with_patience_it_learns_what_liblinear_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    # Here, so that only the worker that runs this test waits for them.
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    monkeypatch.setattr(linear, "STEPS", 600)
    monkeypatch.setattr(linear, "POSITIVE_WEIGHT", 1.0)
    monkeypatch.setattr(linear, "BIAS", 0.0)
    mine = linear.train(ROWS, LABELS, 3, len(vocabulary))
    theirs = LinearSVC(C=0.5 / linear.REGULARISATION, tol=1e-10, max_iter=1_000_000, fit_intercept=False)
    learned = ROWS
    rows = csr_matrix((learned.value, (learned.row, learned.column)), shape=(len(TEXTS), len(vocabulary)))
    expected = theirs.fit(rows, LABELS).decision_function(rows)
    for text, margins in zip(TEXTS, expected, strict=True):
        assert mine.margins(*vocabulary.transform(AnalyzedText(text, text))) == pytest.approx(margins, abs=1e-3)


def test_training_twice_gives_the_same_weights() -> None:
    one, other = (linear.train(ROWS, LABELS, 3, len(vocabulary)) for _ in range(2))
    row = vocabulary.transform(AnalyzedText("上门查征信", "上门查征信"))
    assert one.margins(*row).tolist() == other.margins(*row).tolist()


@pytest.mark.parametrize("entries", [2, 3, 1000])
def test_whether_a_column_is_stored_densely_changes_nothing(monkeypatch: pytest.MonkeyPatch, entries: int) -> None:
    expected = linear.train(ROWS, LABELS, 3, len(vocabulary))
    monkeypatch.setattr(linear, "DENSE_FROM", entries)
    found = linear.train(ROWS, LABELS, 3, len(vocabulary))
    row = vocabulary.transform(AnalyzedText("上门查征信", "上门查征信"))
    assert found.margins(*row) == pytest.approx(expected.margins(*row), abs=1e-5)

"""The weights of features."""

import numpy as np
import pytest

from intents.matching.analyzer import AnalyzedText
from intents.matching.features import FeatureView
from intents.matching.vocabulary import Vocabulary


def test_rare_features_weigh_more_and_a_text_has_unit_length() -> None:
    texts = [AnalyzedText(text, text) for text in ("逾期坐牢", "逾期征信", "逾期上门")]
    vocabulary, _ = Vocabulary.learn(texts)
    column, value = vocabulary.transform(texts[0])
    weights = {vocabulary.feature_name(int(c)): float(v) for c, v in zip(column, value, strict=True)}
    assert weights[FeatureView.CHARACTER, "牢"] > weights[FeatureView.CHARACTER, "期"]
    assert np.linalg.norm(value) == pytest.approx(1.0, abs=1e-6)


def test_a_learned_text_is_the_same_row_as_when_it_is_asked() -> None:
    texts = [AnalyzedText(text, text) for text in ("逾期会坐牢吗", "逾期逾期", "征信")]
    vocabulary, rows = Vocabulary.learn(texts)
    for number, text in enumerate(texts):
        mine = rows.row == number
        column, value = vocabulary.transform(text)
        assert rows.column[mine].tolist() == column.tolist()
        assert rows.value[mine].tolist() == pytest.approx(value.tolist(), abs=1e-6)


def test_a_text_that_shares_nothing_is_an_empty_row() -> None:
    vocabulary, _ = Vocabulary.learn([AnalyzedText("逾期", "逾期")])
    column, value = vocabulary.transform(AnalyzedText("xyz", "xyz"))
    assert (len(column), len(value)) == (0, 0)

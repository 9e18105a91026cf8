"""Thresholds that follow from labelled messages."""

from dataclasses import replace

import numpy as np

from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import load_thresholds, parse_thresholds
from intents.matching.fit import FOLDS, Budget, ScoredUtterances, as_yaml, fit_thresholds, in_corpus, out_of_fold
from tests.faqs import faq, intent

FAQ = faq(
    [
        intent(
            "home_visit", ["会上门吗", "上门怎么办", "明天来我家", "外访员来了", "会来家里找我吗", "来家里要开门吗"]
        ),
        intent("jail", ["会坐牢吗", "会被抓吗", "要判刑吗", "会不会立案", "警察会抓人吗", "会坐监吗"]),
    ],
    out_of_scope={"questions": ["花呗怎么开通", "怎么提额", "会下雨吗", "红烧肉怎么做", "几点了"]},
)


def scored(margins: list[list[float]], right: list[int]) -> ScoredUtterances:
    """Messages with these margins for two intents and for what is out of scope, and the right class of each."""
    return ScoredUtterances(np.array(margins, dtype=np.float32), np.eye(3, dtype=bool)[right])


def test_every_question_is_scored_once_by_a_model_that_never_saw_it() -> None:
    folds = list(out_of_fold(FAQ))
    assert len(folds) == FOLDS
    assert sum(len(fold.margins) for fold in folds) == 17
    assert all(fold.is_right.sum(1).tolist() == [1] * len(fold.is_right) for fold in folds)


def test_the_corpus_is_scored_with_all_its_right_intents() -> None:
    found = in_corpus(
        FAQ, [LabeledUtterance("上门抓人", "home_visit", ("jail",)), LabeledUtterance("提额", OUT_OF_SCOPE)]
    )
    assert found.is_right.tolist() == [[True, True, False], [False, False, True]]


def test_a_budget_without_wrong_answers_asks_for_higher_scores_than_a_generous_one() -> None:
    sure, unsure, wrong = [0.5, -0.8, -0.9], [0.0, -0.3, -0.9], [0.0, -0.25, -0.9]
    messages = scored([sure] * 20 + [unsure] * 4 + [wrong] * 2, [0] * 20 + [0] * 4 + [1] * 2)
    start = load_thresholds()
    strict = fit_thresholds([messages], messages, start, Budget(wrong=0.0))
    generous = fit_thresholds([messages], messages, start, Budget(wrong=0.5))
    assert strict.answer > generous.answer


def test_what_is_not_fitted_is_taken_over() -> None:
    messages = scored([[0.5, -0.8, -0.9], [-0.8, 0.5, -0.9], [-0.9, -0.9, 0.6]], [0, 1, 2])
    fitted = fit_thresholds([messages], messages, replace(load_thresholds(), topic_only_length=3, second_question=0.5))
    assert (fitted.topic_only_length, fitted.second_question) == (3, 0.5)


def test_fitted_thresholds_can_be_read_back() -> None:
    shipped = load_thresholds()
    assert parse_thresholds(as_yaml(shipped)) == shipped

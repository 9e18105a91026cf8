"""Thresholds that follow from labelled messages."""

from dataclasses import replace

import numpy as np

from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import load_thresholds, parse_thresholds
from intents.matching.fit import Budget, ScoredUtterances, as_yaml, fit_thresholds, joined, score
from intents.matching.model import Model
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


def scored(inside: list[list[float]], right: list[int]) -> ScoredUtterances:
    """Messages with these margins for two intents, and the number of the right one, 2 for what is out of scope."""
    margins = np.array(inside, dtype=np.float32)
    features = np.zeros((len(right), 6), dtype=np.float32)
    features[:, 1] = margins.max(1)
    is_right = np.eye(3, dtype=bool)[right]
    return ScoredUtterances(margins, features, is_right[:, :2], ~is_right[:, 2])


def test_messages_are_scored_with_all_their_right_intents() -> None:
    messages = [LabeledUtterance("上门抓人", "home_visit", ("jail",)), LabeledUtterance("提额", OUT_OF_SCOPE)]
    found = score(Model(FAQ), messages)
    assert found.is_right.tolist() == [[True, True], [False, False]]
    assert found.in_scope.tolist() == [True, False]


def test_a_budget_without_wrong_answers_asks_for_higher_scores_than_a_generous_one() -> None:
    sure, unsure, wrong = [0.5, -0.8], [0.0, -0.3], [0.0, -0.25]
    outside = [[-0.9, -0.9]] * 10
    messages = scored([sure] * 20 + [unsure] * 4 + [wrong] * 2 + outside, [0] * 24 + [1] * 2 + [2] * 10)
    start = load_thresholds()
    strict = fit_thresholds(messages, start, Budget(wrong=0.0))
    generous = fit_thresholds(messages, start, Budget(wrong=0.5))
    assert strict.answer > generous.answer


def test_a_budget_that_refuses_nobody_offers_more_than_one_that_may() -> None:
    near, far, outside = [0.3, -0.8], [-0.6, -0.7], [-0.7, -0.9]
    messages = scored([near] * 20 + [far] * 5 + [outside] * 25, [0] * 25 + [2] * 25)
    start = replace(load_thresholds(), floor=0.0)
    assert (
        fit_thresholds(messages, start, Budget(refused=0.0)).offer
        < fit_thresholds(messages, start, Budget(refused=0.5)).offer
    )


def test_what_is_not_fitted_is_taken_over() -> None:
    messages = scored([[0.5, -0.8], [-0.8, 0.5], [-0.9, -0.9]], [0, 1, 2])
    fitted = fit_thresholds(messages, replace(load_thresholds(), topic_only_length=3, second_question=0.5, beside=0.4))
    assert (fitted.topic_only_length, fitted.second_question, fitted.beside) == (3, 0.5, 0.4)


def test_authors_are_joined_in_order() -> None:
    one, other = scored([[0.5, -0.8]], [0]), scored([[-0.9, -0.9]], [2])
    assert joined([one, other]).in_scope.tolist() == [True, False]


def test_fitted_thresholds_can_be_read_back() -> None:
    shipped = load_thresholds()
    assert parse_thresholds(as_yaml(shipped)) == shipped

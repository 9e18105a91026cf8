"""A match taken apart."""

import pytest

from intents import Matcher
from intents.matching.decide import DecisionReason
from intents.matching.explain import explain
from intents.matching.features import FeatureView
from intents.matching.linear import BIAS
from tests.faqs import faq, intent

FAQ = faq(
    [
        intent("home_visit", ["催收会上门吗", "上门怎么办", "明天来我家"]),
        intent("credit", ["逾期上征信吗", "征信花了怎么办", "怎么查征信"]),
        intent("crisis", ["撑不下去了"]),
    ],
    lexicon=[["催收", "追数"]],
)
matcher = Matcher(FAQ)


def test_it_shows_what_was_read_and_in_which_words() -> None:
    why = explain(FAQ, matcher, "追數的會上門嗎")
    assert why.analyzed.surface == "催收的会上门吗"
    assert why.analyzed.normalized == "催收的会上门吗"


def test_the_shares_of_the_views_and_the_bias_add_up_to_the_margin() -> None:
    for part in explain(FAQ, matcher, "追数的会上门吗").candidates:
        assert sum(part.shares.values()) + BIAS == pytest.approx(part.margin, abs=1e-4)
        assert set(part.shares) == set(FeatureView)


def test_it_names_the_words_that_told() -> None:
    why = explain(FAQ, matcher, "征信会有影响吗")
    assert why.candidates[0].intent == "credit"
    assert "征信" in {each.word for each in why.influences if each.weight > 0}


def test_it_names_the_question_that_is_most_alike() -> None:
    part = explain(FAQ, matcher, "上门咋办").candidates[0]
    assert (part.intent, part.nearest_question) == ("home_visit", "上门怎么办")
    assert 0 < part.likeness < 100


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("怎么查征信", DecisionReason.EXACT),
        ("", DecisionReason.EMPTY),
        ("征信", DecisionReason.TOPIC_ONLY),
        ("我不想活了", DecisionReason.DANGER),
    ],
)
def test_it_names_the_rule_that_decided(text: str, rule: DecisionReason) -> None:
    assert explain(FAQ, matcher, text).match.reason is rule


def test_it_shows_the_sign_of_danger() -> None:
    assert explain(FAQ, matcher, "我不想活了").signal is not None
    assert explain(FAQ, matcher, "怎么查征信").signal is None


def test_unknown_characters_are_not_counted_as_known() -> None:
    assert explain(FAQ, matcher, "征信xyz").known_share == pytest.approx(2 / 5)
    assert explain(FAQ, matcher, "。。").known_share == 0

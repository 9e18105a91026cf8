"""Scope, floor, score and lead, on both sides."""

import pytest

from intents.matching.decide import (
    OFFERED,
    Candidate,
    Decision,
    DecisionReason,
    Thresholds,
    decide,
    load_thresholds,
    offered,
    parse_thresholds,
)
from intents.matching.fit import as_yaml
from intents.matching.scope_weights import ScopeWeights

LIMITS = Thresholds(
    inverse_temperature=8.0,
    answer=0.6,
    offer=0.25,
    floor=0.1,
    lead=0.25,
    beside=0.15,
    second_question=0.6,
    topic_only_length=2,
    scope=ScopeWeights(0.5, -2.0, 3.0, 0.25, 1.0, -0.5, 0.125),
)


def decision(*scores: float, out_of_scope: float = 0.0, topic_only: bool = False) -> tuple[Decision, DecisionReason]:
    candidates = [Candidate(f"i{number}", score) for number, score in enumerate(scores)]
    return decide(candidates, out_of_scope, LIMITS, topic_only=topic_only)


@pytest.mark.parametrize(
    ("scores", "out_of_scope", "expected"),
    [
        ((0.6, 0.1), 0.0, (Decision.ANSWER, DecisionReason.SURE)),
        ((0.5999, 0.1), 0.0, (Decision.CLARIFY, DecisionReason.UNSURE)),
        ((0.6,), 0.0, (Decision.ANSWER, DecisionReason.SURE)),
        ((0.75, 0.5), 0.0, (Decision.ANSWER, DecisionReason.SURE)),
        ((0.75, 0.51), 0.0, (Decision.CLARIFY, DecisionReason.SMALL_LEAD)),
        ((0.1,), 0.75, (Decision.CLARIFY, DecisionReason.UNSURE)),
        ((0.0999,), 0.75, (Decision.FALLBACK, DecisionReason.OUT_OF_SCOPE)),
        ((0.2,), 0.75, (Decision.CLARIFY, DecisionReason.UNSURE)),
        ((0.2,), 0.8125, (Decision.FALLBACK, DecisionReason.OUT_OF_SCOPE)),
        ((), 0.0, (Decision.FALLBACK, DecisionReason.OUT_OF_SCOPE)),
    ],
)
def test_each_threshold_holds_on_both_sides(
    scores: tuple[float, ...], out_of_scope: float, expected: tuple[Decision, DecisionReason]
) -> None:
    assert decision(*scores, out_of_scope=out_of_scope) == expected


def test_a_topic_alone_is_asked_back_however_sure_it_is() -> None:
    assert decision(0.99, topic_only=True) == (Decision.CLARIFY, DecisionReason.TOPIC_ONLY)


def test_the_shipped_thresholds_are_complete_and_in_range() -> None:
    shipped = load_thresholds()
    assert 0 < shipped.floor <= shipped.offer < shipped.answer < 1
    assert 0 < shipped.lead < shipped.answer
    assert 0 < shipped.beside < 0.5
    assert shipped.inverse_temperature > 0
    assert shipped.scope.best_margin > 0 > shipped.scope.none_margin


def test_what_databases_and_programs_have_it_by_stays() -> None:
    assert [each.value for each in Decision] == ["answer", "clarify", "fallback"]
    assert {each.name: each.value for each in DecisionReason} == {
        "DANGER": "danger",
        "EXACT": "exact",
        "EMPTY": "empty",
        "OUT_OF_SCOPE": "outside",
        "TOPIC_ONLY": "bare",
        "UNSURE": "unsure",
        "SMALL_LEAD": "margin",
        "SURE": "sure",
        "SEVERAL_QUESTIONS": "two_questions",
        "SECOND_OPINION": "second_opinion",
    }
    assert OFFERED == 3


@pytest.mark.parametrize("text", ["", "answer: 0.6", "[1]", "answer: 0.6\nsecret: 1"])
def test_missing_or_unknown_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"thresholds: .*floor"):
        parse_thresholds(text)


def test_a_missing_weight_of_the_scope_is_named() -> None:
    with pytest.raises(ValueError, match="thresholds: known_share"):
        parse_thresholds(as_yaml(LIMITS).replace("  known_share: 1\n", ""))


def test_a_scope_that_is_no_mapping_is_refused_by_the_names_of_its_weights() -> None:
    text = as_yaml(LIMITS)
    with pytest.raises(ValueError, match=r"thresholds: .*known_share"):
        parse_thresholds(f"{text[: text.index('scope:')]}scope: 0.5\n")


def test_a_threshold_that_is_no_number_is_refused() -> None:
    text = as_yaml(LIMITS)
    assert parse_thresholds(text) == LIMITS
    with pytest.raises(ValueError, match="certain"):
        parse_thresholds(text.replace("answer: 0.6", "answer: certain"))


@pytest.mark.parametrize(("score", "number"), [(0.9, 5), (0.04, 5), (0.039, 3), (0.0, 3)])
def test_three_are_offered_and_up_to_five_where_the_rest_is_hardly_behind(score: float, number: int) -> None:
    candidates = [Candidate(str(place), 1.0 if place < 3 else score) for place in range(9)]
    assert [*offered(candidates)] == candidates[:number]

"""What a message was understood to mean: what is shown of it, and what its further questions change."""

from collections.abc import Sequence

import numpy as np
import pytest

from intents.matching.decide import Candidate, Decision, DecisionReason
from intents.matching.match import Look, Match, with_further_questions

CREDIT, JAIL = Candidate("credit", 0.9), Candidate("jail", 0.05)
VISIT, LAWSUIT, WAIVER = Candidate("home_visit", 0.95), Candidate("lawsuit", 0.7), Candidate("fee_waiver", 0.8)


def best(decision: Decision = Decision.ANSWER, *rest: Candidate, beside: str | None = None) -> Match:
    intent = None if decision is Decision.FALLBACK else "credit"
    return Match("", decision, intent, 0.9, (CREDIT, *(rest or (JAIL,))), beside=beside)


def together(
    match: Match, further: Sequence[Candidate], clear: Sequence[Candidate] = (), *, best_is_clear: bool = False
) -> tuple[str | None, tuple[str, ...]]:
    """What is answered and what is named beneath, of a match whose further questions change something."""
    found = with_further_questions(match, further, clear, best_is_clear=best_is_clear)
    assert (found.decision, found.reason) == (Decision.ANSWER, DecisionReason.SEVERAL_QUESTIONS)
    assert found.candidates[0] == Candidate(found.intent or "", found.score)
    assert [each.intent for each in found.candidates[1 : 1 + len(found.also_asked)]] == [*found.also_asked]
    return found.intent, found.also_asked


def test_of_what_is_clear_the_most_urgent_is_answered_and_the_rest_named_by_urgency() -> None:
    assert together(best(), [VISIT]) == ("credit", ("home_visit",))
    assert together(best(), [VISIT], [VISIT], best_is_clear=True) == ("home_visit", ("credit",))
    three = together(best(), [WAIVER, VISIT, LAWSUIT], [VISIT], best_is_clear=True)
    assert three == ("home_visit", ("lawsuit", "credit", "fee_waiver"))
    assert together(best(), [WAIVER, LAWSUIT], [WAIVER], best_is_clear=True) == ("credit", ("lawsuit", "fee_waiver"))


def test_what_only_the_whole_says_is_answered_and_a_clause_like_something_more_urgent_is_named() -> None:
    assert together(best(), [VISIT], [VISIT]) == ("credit", ("home_visit",))


@pytest.mark.parametrize("further", [[], [CREDIT]])
def test_without_another_question_nothing_changes(further: list[Candidate]) -> None:
    match = best()
    assert with_further_questions(match, further, further, best_is_clear=True) is match


def test_what_is_asked_back_is_answered_where_a_question_says_it_clearly_and_another_is_clear_too() -> None:
    asked_back = best(Decision.CLARIFY)
    assert together(asked_back, [VISIT], [VISIT], best_is_clear=True) == ("home_visit", ("credit",))


@pytest.mark.parametrize(("clear", "best_is_clear"), [([VISIT], False), ([], True), ([], False)])
def test_otherwise_the_further_questions_are_offered_behind_the_best(
    clear: list[Candidate], best_is_clear: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    asked_back = best(Decision.CLARIFY, JAIL, LAWSUIT, WAIVER, Candidate("extension", 0.01))
    found = with_further_questions(asked_back, [VISIT, JAIL], clear, best_is_clear=best_is_clear)
    assert (found.decision, found.intent, found.also_asked) == (Decision.CLARIFY, "credit", ())
    assert found.candidates == (CREDIT, VISIT, JAIL, LAWSUIT, WAIVER)
    assert with_further_questions(asked_back, [], [], best_is_clear=best_is_clear) is asked_back


@pytest.mark.parametrize("decision", [Decision.CLARIFY, Decision.FALLBACK])
def test_two_clear_questions_are_answered_whatever_the_whole_says_and_it_alone_is_left(decision: Decision) -> None:
    assert together(best(decision), [LAWSUIT, VISIT, WAIVER], [VISIT, LAWSUIT]) == (
        "lawsuit",
        ("home_visit", "fee_waiver"),
    )


def test_one_clear_question_makes_no_answer_of_what_is_out_of_scope() -> None:
    foreign = best(Decision.FALLBACK)
    assert with_further_questions(foreign, [VISIT], [VISIT], best_is_clear=True) is foreign


def test_what_may_have_been_meant_instead_is_not_named_twice_and_five_candidates_are_kept() -> None:
    found = with_further_questions(best(beside="jail"), [VISIT], [], best_is_clear=True)
    assert found.beside == "jail"
    assert with_further_questions(best(beside="home_visit"), [VISIT], [], best_is_clear=True).beside is None
    many = best(Decision.ANSWER, JAIL, LAWSUIT, WAIVER, Candidate("extension", 0.01))
    found = with_further_questions(many, [VISIT], [], best_is_clear=True)
    assert found.candidates == (CREDIT, VISIT, JAIL, LAWSUIT, WAIVER)


def test_what_a_person_sees_of_it() -> None:
    flat = (Candidate("a", 0.5), Candidate("b", 0.1), Candidate("c", 0.1), Candidate("d", 0.02), Candidate("e", 0.019))
    answered = Match("", Decision.ANSWER, "a", 0.5, flat, also_asked=("b",), beside="c")
    assert answered.shown == ("a", "b", "c")
    assert Match("", Decision.ANSWER, "a", 0.5, flat).shown == ("a",)
    assert Match("", Decision.CLARIFY, "a", 0.5, flat).shown == ("a", "b", "c", "d")
    assert Match("", Decision.FALLBACK, None, 0.5, flat).shown == ()


def test_where_none_leads_five_are_offered_at_most() -> None:
    flat = tuple(Candidate(each, 0.1) for each in "abcdef")
    assert Match("", Decision.CLARIFY, "a", 0.1, flat).offered == ("a", "b", "c", "d", "e")


def test_shares_are_what_is_in_scope_divided_among_the_intents() -> None:
    def look(*scores: float) -> Look:
        values = np.array(scores, dtype=np.float32)
        return Look("甲", values, values, -1.0, 0.5)

    assert look(0.5, 0.25).in_scope == 0.75
    assert look(0.375, 0.125).shares.tolist() == [0.75, 0.25]
    assert look(0.0, 0.0).shares.tolist() == [0.0, 0.0]

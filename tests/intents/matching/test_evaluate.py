"""What the figures mean."""

from dataclasses import replace

from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Candidate, Decision
from intents.matching.evaluate import (
    EvaluatedUtterance,
    GoalMetrics,
    InScopeMetrics,
    OutOfScopeMetrics,
    by_intent,
    by_style,
    confusions,
    evaluate_utterances,
)
from intents.matching.matcher import Match


def outcome(
    wanted: str, decision: str, *ranked: str, also: tuple[str, ...] = (), style: str = ""
) -> EvaluatedUtterance:
    candidates = tuple(Candidate(name, 0.9 - 0.1 * number) for number, name in enumerate(ranked))
    intent = None if decision == "fallback" else ranked[0]
    return EvaluatedUtterance(
        LabeledUtterance("句子", wanted, also, style), Match("句子", Decision(decision), intent, 0.9, candidates)
    )


RESULTS = [
    outcome("a", "answer", "a", "b", style="plain"),
    outcome("a", "answer", "b", "a", style="plain"),
    outcome("a", "answer", "b", "a", also=("b",), style="voice"),
    outcome("b", "clarify", "a", "c", "b", style="voice"),
    outcome("b", "clarify", "a", "c", "d", "b", style="voice"),
    outcome("b", "fallback", "b", style="typo"),
    outcome(OUT_OF_SCOPE, "answer", "a"),
    outcome(OUT_OF_SCOPE, "clarify", "a"),
    outcome(OUT_OF_SCOPE, "fallback", "a"),
    outcome(OUT_OF_SCOPE, "fallback", "a"),
]


def test_the_score_of_what_is_in_scope() -> None:
    score = InScopeMetrics.of(RESULTS)
    shares = [score.top1, score.top3, score.answered_right, score.served, score.wrong, score.refused]
    assert score.count == 6
    assert [round(6 * share) for share in shares] == [3, 5, 2, 4, 1, 1]


def test_the_score_of_what_is_out_of_scope() -> None:
    assert OutOfScopeMetrics.of(RESULTS) == OutOfScopeMetrics(count=4, kept_out=0.75, refused=0.5)


def test_nothing_to_score_is_zero_and_no_error() -> None:
    assert InScopeMetrics.of([]).top1 == 0
    assert OutOfScopeMetrics.of([]).kept_out == 0


def test_groups_stand_weakest_first() -> None:
    assert list(by_intent(RESULTS)) == ["b", "a"]
    assert {name: score.count for name, score in by_style(RESULTS).items()} == {"voice": 3, "plain": 2, "typo": 1}


def test_confusions_are_counted_most_often_first() -> None:
    assert confusions(RESULTS) == [("b", "a", 2), ("a", "b", 1), (OUT_OF_SCOPE, "a", 1)]


def test_every_sentence_is_asked() -> None:
    asked: list[str] = []

    def match(text: str) -> Match:
        asked.append(text)
        return Match(text, Decision.FALLBACK, None, 0.0, ())

    found = evaluate_utterances(match, [LabeledUtterance("一", "a"), LabeledUtterance("二", "b")])
    assert asked == ["一", "二"]
    assert all(each.refused and not each.in_top1 for each in found)


def test_the_goals_count_each_kind_by_itself() -> None:
    outside = [
        outcome(OUT_OF_SCOPE, "answer", "a", style="mirror"),
        outcome(OUT_OF_SCOPE, "fallback", "a", style="near"),
        outcome(OUT_OF_SCOPE, "clarify", "a", style="smalltalk"),
        outcome(OUT_OF_SCOPE, "fallback", "a", style="assistant"),
    ]
    found = GoalMetrics.of([outcome("a", "answer", "a"), outcome("a", "clarify", "b", "a"), *outside])
    assert (found.count, found.top1, found.right, found.served, found.asked) == (2, 0.5, 0.5, 1.0, 0.5)
    assert (found.outside, found.kept_out, found.mirrors_kept_out, found.random_asked) == (4, 0.75, 0.5, 0.5)


def test_of_several_questions_each_must_be_answered_or_stand_as_a_button() -> None:
    both = LabeledUtterance("", "a", also=("b",), style="two")
    one = replace(both, also=(), style="plain")

    def answer(**beneath: object) -> Match:
        return replace(Match("", Decision.ANSWER, "a", 1.0, (Candidate("a", 1.0),)), **beneath)  # type: ignore[arg-type]

    results = [
        EvaluatedUtterance(both, answer(also_asked=("b",))),
        EvaluatedUtterance(both, answer()),
        EvaluatedUtterance(one, answer(also_asked=("b",))),
        EvaluatedUtterance(replace(one, intent="b"), answer(beside="b")),
    ]
    found = GoalMetrics.of(results)
    assert (found.several, found.named_wrong) == (0.5, 0.5)
    assert (found.served, found.one_tap) == (0.75, 1.0)


def test_what_a_list_lacks_has_no_figure() -> None:
    found = GoalMetrics.of([outcome("a", "answer", "a")])
    assert (found.kept_out, found.mirrors_kept_out, found.random_asked) == (None, None, None)

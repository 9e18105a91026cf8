"""A second opinion decides with the core where that is in doubt, and never makes a life in danger of a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import Decision, Matcher
from intents.danger.detector import CRISIS
from intents.knowledge import Knowledge
from intents.matching.decide import Candidate, DecisionReason
from intents.matching.match import MAX_CANDIDATES, Match, Ranking
from intents.matching.model import OUT_OF_SCOPE_CLASS
from intents.matching.second_opinion import SURE, has_sign_of_danger, is_doubtful, match_with, with_second_opinion

UNSURE, SMALL_LEAD, OUTSIDE = DecisionReason.UNSURE, DecisionReason.SMALL_LEAD, DecisionReason.OUT_OF_SCOPE
DOUBTED = {UNSURE: Decision.CLARIFY, SMALL_LEAD: Decision.CLARIFY, OUTSIDE: Decision.FALLBACK}


def ranking(**scores: float) -> Ranking:
    candidates = sorted((Candidate(name, score) for name, score in scores.items()), key=lambda each: -each.score)
    return Ranking(tuple(candidates), round(1 - sum(scores.values()), 4))


def match(ranked: Ranking, reason: DecisionReason = UNSURE) -> Match:
    candidates = ranked.without_stray().candidates[:MAX_CANDIDATES]
    decision = DOUBTED.get(reason, Decision.ANSWER)
    intent = None if decision is Decision.FALLBACK else candidates[0].intent
    return Match("话", decision, intent, candidates[0].score, candidates, reason=reason)


def opinion(*, outside: float = 0.0, **scores: float) -> Mapping[str, float]:
    return {**scores, OUT_OF_SCOPE_CLASS: outside}


def test_the_core_in_doubt_and_an_opinion_that_agrees_are_an_answer() -> None:
    ranked = ranking(jail=0.5, credit=0.2)
    decided = with_second_opinion(match(ranked), ranked, opinion(jail=0.9, credit=0.05, outside=0.05))
    assert (decided.decision, decided.intent, decided.reason) == (
        Decision.ANSWER,
        "jail",
        DecisionReason.SECOND_OPINION,
    )


def test_a_core_that_answers_with_little_asks_back_where_the_opinion_is_another() -> None:
    ranked = ranking(jail=0.6, credit=0.3)
    core = match(ranked, DecisionReason.SURE)
    decided = with_second_opinion(core, ranked, opinion(jail=0.02, credit=0.4, outside=0.58))
    assert decided.decision is Decision.CLARIFY
    assert set(decided.offered) == {"jail", "credit"}


def test_what_is_nearly_as_likely_is_named_beneath() -> None:
    ranked = ranking(jail=0.55, credit=0.35)
    decided = with_second_opinion(match(ranked), ranked, opinion(jail=0.6, credit=0.3, outside=0.1))
    assert (decided.decision, decided.intent, decided.beside) == (Decision.ANSWER, "jail", "credit")


def test_a_refusal_becomes_an_answer_or_stays() -> None:
    ranked = ranking(jail=0.3, credit=0.01)
    core = match(ranked, OUTSIDE)
    assert with_second_opinion(core, ranked, opinion(jail=1.0)).decision is Decision.ANSWER
    assert with_second_opinion(core, ranked, opinion(jail=0.3, outside=0.7)) == core


@pytest.mark.parametrize("reason", sorted(set(DecisionReason) - {UNSURE, SMALL_LEAD, OUTSIDE, DecisionReason.SURE}))
def test_what_another_rule_decided_stays(reason: DecisionReason) -> None:
    ranked = ranking(jail=0.4, credit=0.3)
    core = match(ranked, reason)
    assert with_second_opinion(core, ranked, opinion(credit=1.0)) is core


def test_what_the_core_is_sure_of_stays() -> None:
    ranked = ranking(jail=SURE, credit=0.1)
    assert not is_doubtful(match(ranked, DecisionReason.SURE), ranked)


def test_several_questions_to_choose_from_stay() -> None:
    ranked = ranking(jail=0.4, credit=0.3, lawsuit=0.1)
    core = match(ranked)
    first, second, third = core.candidates
    with_further = Match("话", core.decision, core.intent, core.score, (first, third, second), reason=UNSURE)
    assert is_doubtful(core, ranked)
    assert not is_doubtful(with_further, ranked)


scores = st.floats(0, 1)


@given(st.lists(scores, min_size=4, max_size=4), st.lists(scores, min_size=4, max_size=4), st.sampled_from([*DOUBTED]))
def test_danger_to_life_is_never_its_outcome(core: list[float], other: list[float], reason: DecisionReason) -> None:
    names = ("jail", "credit", "lawsuit", CRISIS)
    total = sum(core) or 1.0
    ranked = ranking(**{name: score / total for name, score in zip(names, core, strict=True)})
    decided = with_second_opinion(match(ranked, reason), ranked, opinion(**dict(zip(names, other, strict=True))))
    assert CRISIS not in decided.shown
    assert decided.score <= 1
    assert list(decided.candidates) == sorted(decided.candidates, key=lambda each: -each.score)


@pytest.mark.parametrize("text", ["欠了三万，我不想活了", "催收天天来，活着没意思，能协商吗", "撑不下去了，能少还吗"])
def test_a_sign_of_danger_in_any_part_is_seen(text: str) -> None:
    assert has_sign_of_danger(text)


@dataclass
class Recording:
    """A second opinion that is always the same, and remembers what it was asked."""

    says: Mapping[str, float]
    asked: list[str] = field(default_factory=list)

    def scores(self, text: str) -> Mapping[str, float]:
        self.asked.append(text)
        return self.says


def test_of_the_shipped_faq_it_is_asked_in_doubt_only(shipped: Knowledge) -> None:
    matcher: Matcher = shipped.matcher
    recording = Recording(opinion(contacts_harassed=1.0))
    doubtful, sure, in_danger = "欠钱不还爸妈会不会被骚扰", "催收会上门吗", "欠钱还不上，我不想活了"
    assert match_with(matcher, recording, doubtful).reason is DecisionReason.SECOND_OPINION
    assert match_with(matcher, recording, sure) == matcher.match(sure, ranking=matcher.rank(sure))
    assert match_with(matcher, recording, in_danger).intent == CRISIS
    assert recording.asked == [doubtful]

"""What the matcher promises for any FAQ."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents import Decision, Matcher
from intents.matching.decide import Candidate, DecisionReason, load_thresholds
from intents.matching.match import Ranking
from intents.matching.matcher import softmax
from intents.matching.several import ScoredClauses
from tests.faqs import faq, intent

VISIT = ["催收真的会上门吗", "上门催收怎么办", "他们说明天来我家", "外访员会进门吗", "会来家里找我吗"]
JAIL = ["欠钱会坐牢吗", "逾期会被抓吗", "信用卡欠五万要判刑吗", "会不会立案", "警察会来抓我吗"]
CREDIT = ["逾期上征信吗", "征信花了怎么办", "怎么查征信", "几天会上征信", "会影响房贷吗"]
OUTSIDE = {"questions": ["花呗怎么开通", "信用卡怎么提额", "明天会下雨吗", "红烧肉怎么做", "账单日是几号"]}
LEXICON = [["催收", "追债", "追数"], ["坐牢", "蹲监狱", "踩缝纫机"]]
INTENTS = [intent("home_visit", VISIT), intent("jail", JAIL), intent("credit", CREDIT)]
matcher = Matcher(faq(INTENTS, out_of_scope=OUTSIDE, lexicon=LEXICON))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("会不会上门来啊", "home_visit"),
        ("追數的會不會上門", "home_visit"),
        ("欠网贷要踩缝纫机吗", "jail"),
        ("逾期上正信吗", "credit"),
        ("zhengxin花了咋办", "credit"),
        ("请问一下，逾期 上征信吗？？", "credit"),
    ],
)
def test_typos_slang_traditional_and_pinyin_reach_their_intent(text: str, wanted: str) -> None:
    assert matcher.match(text).candidates[0].intent == wanted


@pytest.mark.parametrize(("owner", "questions"), [("home_visit", VISIT), ("jail", JAIL), ("credit", CREDIT)])
def test_every_question_is_answered_by_its_own_intent(owner: str, questions: list[str]) -> None:
    for question in questions:
        match = matcher.match(question)
        assert (match.decision, match.intent, match.reason) == (Decision.ANSWER, owner, DecisionReason.EXACT)


@pytest.mark.parametrize("question", OUTSIDE["questions"])
def test_a_question_out_of_scope_is_refused_and_its_score_is_low(question: str) -> None:
    match = matcher.match(question)
    assert (match.decision, match.intent) == (Decision.FALLBACK, None)
    assert match.score < 0.5


def test_a_message_of_unknown_characters_is_refused() -> None:
    assert matcher.match("xyzzy ξψω").decision is Decision.FALLBACK


def test_candidates_are_at_most_five_best_first_and_the_score_is_the_firsts() -> None:
    match = matcher.match("逾期了他们会来家里吗")
    scores = [candidate.score for candidate in match.candidates]
    assert len(scores) <= 5
    assert scores == sorted(scores, reverse=True)
    assert match.score == scores[0]


def test_all_intents_are_ranked_and_their_scores_and_that_of_none_add_up_to_one() -> None:
    ranking = matcher.rank("逾期了他们会来家里吗")
    assert {candidate.intent for candidate in ranking.candidates} == {"home_visit", "jail", "credit"}
    scores = [candidate.score for candidate in ranking.candidates]
    assert sum(scores) + ranking.out_of_scope == pytest.approx(1, abs=0.001)


def ranking(out_of_scope: float = 0.0, *, exact: bool = False, **scores: float) -> Ranking:
    return Ranking(tuple(Candidate(intent, score) for intent, score in scores.items()), out_of_scope, exact=exact)


def test_what_danger_had_of_the_scores_of_a_message_without_danger_the_others_share() -> None:
    assert ranking(0.2, crisis=0.4, jail=0.3, credit=0.1).without_stray() == ranking(0.2, jail=0.6, credit=0.2)


def test_a_message_that_is_like_hardly_anything_but_danger_stays_unlike_the_others() -> None:
    assert ranking(0.2, crisis=0.79, jail=0.01).without_stray() == ranking(0.2, jail=0.06)
    assert ranking(1.0, jail=0.0).without_stray() == ranking(1.0, jail=0.0)


def test_small_talk_that_is_hardly_meant_is_out_of_scope() -> None:
    assert ranking(0.125, jail=0.5, greeting=0.25, thanks=0.125).without_stray() == ranking(
        0.25, jail=0.5, greeting=0.25
    )
    assert ranking(0.9, thanks=0.1001).without_stray().out_of_scope == 1


def test_what_was_found_word_for_word_stays_as_it_is() -> None:
    exact = ranking(crisis=1.0, exact=True)
    assert exact.without_stray() is exact


def test_scores_have_four_digits() -> None:
    assert ranking(0.5, jail=0.12345678).without_stray().candidates == (Candidate("jail", 0.1235),)


LONG = "逾期了他们会来家里吗"


def decided(given: Ranking) -> tuple[DecisionReason, str | None]:
    limits = replace(load_thresholds(), answer=0.5, lead=0.25, beside=0.25, offer=0.1, floor=0.1)
    match = Matcher(faq(INTENTS), limits, matcher.model).match(LONG, ranking=replace(given, normalized=LONG))
    return match.reason, match.beside


def test_a_second_intent_stands_beside_a_sure_answer_from_its_threshold_on() -> None:
    assert decided(ranking(jail=0.625, credit=0.25, home_visit=0.125)) == (DecisionReason.SURE, "credit")
    assert decided(ranking(jail=0.625, credit=0.24, home_visit=0.135)) == (DecisionReason.SURE, None)
    assert decided(ranking(jail=0.45, credit=0.3, home_visit=0.25)) == (DecisionReason.UNSURE, None)


def test_what_is_as_much_out_of_scope_as_in_it_is_not_answered() -> None:
    assert (
        matcher.match(LONG, ranking=replace(ranking(0.5, jail=0.5, exact=True), normalized=LONG)).decision
        is Decision.FALLBACK
    )


def test_an_empty_message_is_about_nothing() -> None:
    assert matcher.rank("") == ranking(1.0)
    assert (matcher.match("").score, matcher.match("").candidates) == (0.0, ())


def test_a_question_in_two_intents_is_offered_from_both_in_the_order_of_their_ids() -> None:
    shared = Matcher(faq([intent("b", ["逾期怎么办", "甲"]), intent("a", ["逾期怎么办", "乙"])]))
    match = shared.match("逾期怎么办")
    assert match.decision is Decision.CLARIFY
    assert [candidate.intent for candidate in match.candidates] == ["a", "b"]


def test_who_has_a_question_word_for_word_shares_the_score_and_nobody_else_gets_any() -> None:
    both = [intent("b", ["逾期怎么办", "甲"]), intent("a", ["逾期怎么办", "乙"]), intent("c", ["逾期了怎么办"])]
    three = Matcher(faq([*both, intent("d", ["逾期怎么办"])]))
    assert Matcher(faq(both)).rank("逾期怎么办").candidates == ranking(a=0.5, b=0.5, c=0.0).candidates
    assert three.rank("逾期怎么办").candidates == ranking(a=0.3333, b=0.3333, d=0.3333, c=0.0).candidates
    assert [each.rank("逾期怎么办").out_of_scope for each in (Matcher(faq(both)), three)] == [0.0, 0.0]


def test_a_question_in_scope_and_out_of_it_word_for_word_leaves_the_rest_half() -> None:
    told = [intent("a", ["逾期怎么办", "甲"]), intent("c", ["逾期了怎么办"])]
    alone = Matcher(faq(told, out_of_scope=OUTSIDE)).rank("逾期怎么办")
    assert (alone.candidates[0], alone.out_of_scope, alone.exact) == (Candidate("a", 1.0), 0.0, True)
    mild = replace(load_thresholds(), inverse_temperature=1.0)
    torn = Matcher(faq(told, out_of_scope={"questions": ["逾期怎么办"]}), mild).rank("逾期怎么办")
    assert (torn.candidates[0], torn.out_of_scope, torn.exact) == (Candidate("a", 0.5), 0.5, False)
    assert 0 < torn.candidates[1].score < 0.25
    assert torn.candidates[1].score == round(torn.candidates[1].score, 4)


def test_no_margin_is_too_large_for_a_share() -> None:
    assert softmax(np.array([1e4, 0.0], dtype=np.float32)).tolist() == [1, 0]


def test_every_score_has_four_digits_at_most() -> None:
    for each in matcher.rank("逾期了他们会来家里吗").candidates:
        assert each.score == round(each.score, 4)


def test_the_order_of_the_file_changes_nothing() -> None:
    mixed = [intent(each["id"], random.Random(7).sample(each["questions"], 5)) for each in reversed(INTENTS)]  # type: ignore[arg-type] # noqa: S311 -- the builder's dict is of objects; a fixed order is wanted
    other = Matcher(faq(mixed, out_of_scope=OUTSIDE, lexicon=LEXICON))
    for text in (*VISIT, "追债的会来吗", "征信和坐牢", "下雨", "会不会"):
        assert other.match(text) == matcher.match(text)


def test_warming_changes_no_answer() -> None:
    cold, warm = Matcher(faq(INTENTS, out_of_scope=OUTSIDE, lexicon=LEXICON)), matcher
    warm.warm()
    for text in (*VISIT, "zhengxin hua le", "我不想活了", "下雨"):
        assert warm.match(text) == cold.match(text)


@pytest.mark.parametrize("between", ["？", " ", "，", "还有我想问"])
def test_of_two_questions_the_most_urgent_is_answered_and_the_other_named(between: str) -> None:
    match = matcher.match(f"逾期上征信吗{between}催收真的会上门吗")
    assert match.decision is Decision.ANSWER
    assert (match.intent, match.also_asked) == ("home_visit", ("credit",))
    assert [candidate.intent for candidate in match.candidates[:2]] == ["home_visit", "credit"]


def test_the_most_urgent_is_answered_wherever_it_stands() -> None:
    for text in ("逾期上征信吗？催收真的会上门吗？", "催收真的会上门吗？逾期上征信吗？"):
        match = matcher.match(text)
        assert (match.intent, match.also_asked) == ("home_visit", ("credit",))
        assert match.reason is DecisionReason.SEVERAL_QUESTIONS


def test_what_is_not_clear_by_itself_is_never_answered_first() -> None:
    unclear = Matcher(faq(INTENTS), replace(load_thresholds(), second_question=2.0), matcher.model)
    for text in ("逾期上征信吗？催收真的会上门吗？", "催收真的会上门吗？逾期上征信吗？"):
        match = unclear.match(text)
        assert match.intent == unclear.rank(text).candidates[0].intent
        assert {"credit", "home_visit"} <= set(match.shown)


@pytest.mark.parametrize(
    ("first", "second", "answered"),
    [
        ({"credit": 0.9}, {"home_visit": 0.9}, "home_visit"),
        ({"credit": 0.5}, {"home_visit": 0.5}, "home_visit"),
        # It is no question's best.
        ({"credit": 0.55, "home_visit": 0.5}, {"credit": 0.9, "home_visit": 0.1}, "credit"),
        # It is a question's best, and not clear.
        ({"credit": 0.9}, {"home_visit": 0.49}, "credit"),
    ],
)
def test_the_more_urgent_goes_first_from_the_threshold_on_if_it_is_the_best_of_its_question(
    first: dict[str, float], second: dict[str, float], answered: str
) -> None:
    split = Matcher(faq(INTENTS), replace(load_thresholds(), second_question=0.5), matcher.model)
    scores = [[each.get(intent, 0.0) for intent in split.intents(range(3))] for each in (first, second)]
    clauses = ScoredClauses(np.array(scores, dtype=np.float32), np.array([True, True]), np.array([10, 10]))
    whole = replace(ranking(credit=0.9, home_visit=0.08, jail=0.02), clauses=clauses)
    best = replace(split.match("逾期上征信吗"), text="逾期上征信吗？催收真的会上门吗？")
    match = split._with_further_questions(best, whole)
    assert {match.intent, *match.also_asked} == {"credit", "home_visit"}
    assert match.intent == answered


@pytest.mark.parametrize(
    ("text", "related"), [("催收真的会上门吗？", {"credit"}), ("逾期上征信吗？", {"home_visit"}), ("会坐牢吗？", set())]
)
def test_two_intents_are_related_whichever_of_them_names_the_other(text: str, related: set[str]) -> None:
    named = Matcher(faq([intent("home_visit", VISIT, related=["credit"]), *INTENTS[1:]]), model=matcher.model)
    text += "怎么办？"
    found = named.clauses(text, named.rank(text))
    assert found is not None
    assert {*named.intents(np.flatnonzero(found[2]).tolist())} == related


def test_of_three_questions_each_is_answered_or_named() -> None:
    match = matcher.match("逾期上征信吗？催收真的会上门吗？欠钱会坐牢吗？")
    assert match.intent == "home_visit"
    assert sorted(match.also_asked) == ["credit", "jail"]


def test_a_question_of_the_file_that_asks_twice_is_still_its_own_intents() -> None:
    both = "逾期上征信吗？催收真的会上门吗？"
    twice = Matcher(faq([intent("home_visit", VISIT), intent("credit", [*CREDIT, both])]))
    match = twice.match(both)
    assert (match.intent, match.reason) == ("credit", DecisionReason.EXACT)


@pytest.mark.parametrize(("clear_from", "answered"), [(0.0, True), (2.0, False)])
def test_what_would_be_asked_back_is_answered_where_each_question_is_clear(
    clear_from: float, answered: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    never = replace(load_thresholds(), answer=2.0, second_question=clear_from)
    match = Matcher(faq(INTENTS), never, matcher.model).match("逾期上征信吗？催收真的会上门吗？")
    assert match.decision is (Decision.ANSWER if answered else Decision.CLARIFY)
    assert {"home_visit", "credit"} <= set(match.shown)


def test_out_of_scope_and_clear_in_parts_is_decided_by_the_parts() -> None:
    foreign = replace(load_thresholds(), offer=2.0)
    match = Matcher(faq(INTENTS), foreign, matcher.model).match("逾期上征信吗？催收真的会上门吗？")
    assert (match.decision, match.intent) == (Decision.FALLBACK, None)


def test_of_nothing_nothing_is_known() -> None:
    empty, strange = matcher.look(""), matcher.look("xyzzy ξψω")
    assert (empty.known_share, empty.none_margin, empty.in_scope) == (0.0, -1.0, 0.0)
    assert strange.in_scope == 0


def test_a_clause_of_two_characters_is_looked_at_and_one_of_one_is_not() -> None:
    assert matcher.clauses("坐牢吗？征信", matcher.rank("坐牢吗？征信")) is not None
    assert matcher.clauses("坐牢吗？嗯", matcher.rank("坐牢吗？嗯")) is None


def test_one_question_told_in_two_sentences_has_no_second() -> None:
    assert matcher.match("我逾期了。催收真的会上门吗？").also_asked == ()


@pytest.mark.parametrize("word", ["逾期", "征信", "催收"])
def test_a_topic_alone_is_never_answered(word: str) -> None:
    assert matcher.match(word).decision is not Decision.ANSWER


def test_a_word_that_is_what_one_topic_is_called_and_only_that_speaks_of_is_answered() -> None:
    small = faq([intent("proof", ["结清证明怎么开", "结清证明找谁要"], title="结清证明"), intent("credit", CREDIT)])
    small = small.model_copy(update={"lexicon": (*small.lexicon, "结清证明")})
    assert Matcher(small).match("结清证明").intent == "proof"
    assert Matcher(small).match("结清证明").decision is Decision.ANSWER


def test_two_questions_that_are_clear_apart_are_answered_however_the_whole_is_shared() -> None:
    match = matcher.match("会上征信吗？会上门吗？")
    assert match.decision is Decision.ANSWER
    assert {match.intent, *match.also_asked} == {"credit", "home_visit"}


def test_a_word_alone_offers_the_intents_that_speak_of_it_most_first() -> None:
    told = [*INTENTS, intent("loan", ["征信不好能贷款吗"]), intent("crisis", ["征信黑了活着没意思"])]
    outside = {"questions": ["征信中心在哪", "天气怎么样"]}
    words = Matcher(faq(told, out_of_scope=outside, lexicon=[["征信", "信用记录"], ["天气", "气候"]]))
    match = words.match("征信")
    assert (match.decision, match.reason) == (Decision.CLARIFY, DecisionReason.TOPIC_ONLY)
    assert match.candidates == (Candidate("credit", 0.5714), Candidate("loan", 0.1429))
    assert words.match("天气").candidates != ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\x07",
        "\u200b\u200d",
        "\u202e\u2066",
        "\ud83d",
        "逾期\udc00吗",
        "0" * 5000,
        "😀" * 3000,
        "？！。",
        "逾" * 1_000_000,
        "a" * 100_000,
    ],
)
def test_bad_input_gets_a_decision_and_never_an_exception(text: str) -> None:
    match = matcher.match(text)
    assert match.text == text
    assert match.decision in Decision


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_a_decision(text: str) -> None:
    match = matcher.match(text)
    assert 0 <= match.score <= 1
    assert (match.intent is None) == (match.decision is Decision.FALLBACK)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([*VISIT, *JAIL, *CREDIT, "追债的会来吗"]),
    st.sampled_from(["那个", "请问", "啊", "就是说", "呃"]),
    st.booleans(),
)
def test_a_filler_never_changes_what_is_understood(text: str, filler: str, before: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
    filled = f"{filler}，{text}" if before else f"{text}，{filler}"
    plain, with_filler = matcher.match(text), matcher.match(filled)
    assert (plain.decision, plain.intent, plain.candidates) == (
        with_filler.decision,
        with_filler.intent,
        with_filler.candidates,
    )


def test_danger_to_life_comes_before_any_score() -> None:
    caring = Matcher(faq([*INTENTS, intent("crisis", ["撑不下去了"])]))
    match = caring.match("逾期上征信吗？我不想活了")
    assert (match.decision, match.intent, match.score, match.reason) == (
        Decision.ANSWER,
        "crisis",
        1.0,
        DecisionReason.DANGER,
    )
    assert match.candidates[0].intent == "crisis"
    assert sum(candidate.intent == "crisis" for candidate in match.candidates) == 1


def test_a_caller_who_knows_whether_it_is_danger_is_believed() -> None:
    caring = Matcher(faq([*INTENTS, intent("crisis", ["撑不下去了"])]))
    assert caring.match("我不想活了", in_danger=False).reason is not DecisionReason.DANGER
    match = caring.match("逾期上征信吗", in_danger=True)
    assert match.reason is DecisionReason.DANGER
    assert match.candidates[:2] == (Candidate("crisis", 1.0), Candidate("credit", 1.0))


def test_a_faq_without_crisis_has_no_intent_to_answer_danger_with() -> None:
    assert matcher.match("我不想活了").intent != "crisis"


def test_a_faq_of_two_questions_tells_them_apart_and_answers_nothing_else() -> None:
    tiny = Matcher(faq([intent("a", ["催收会上门吗"]), intent("b", ["会不会坐牢"])]))
    assert tiny.match("催收上门吗").intent == "a"
    assert tiny.match("要坐牢吗").intent == "b"
    assert tiny.match("今天天气不错").decision is not Decision.ANSWER


def test_other_thresholds_decide_otherwise_about_the_same_scores() -> None:
    text = "逾期了会上征信吗"
    strict = Matcher(faq(INTENTS, out_of_scope=OUTSIDE, lexicon=LEXICON), replace(load_thresholds(), answer=1.0))
    assert strict.match(text).candidates == matcher.match(text).candidates
    assert (matcher.match(text).decision, strict.match(text).decision) == (Decision.ANSWER, Decision.CLARIFY)


def test_a_faq_of_one_question_works() -> None:
    one = Matcher(faq([intent("only", ["催收会上门吗"])]))
    assert one.match("催收会上门吗").intent == "only"
    assert one.match("今天天气不错").decision is Decision.FALLBACK


def test_many_intents_are_told_apart_too() -> None:
    names = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"
    many = [
        intent(f"i{n}", [f"{names[n % 16]}{names[n // 16]}逾期怎么办", f"逾期{names[n % 16]}{names[n // 16]}会怎样"])
        for n in range(256)
    ]
    big = Matcher(faq(many))
    assert big.match("请问我甲乙逾期了咋办").candidates[0].intent == "i16"


def test_threads_may_share_a_matcher() -> None:
    texts = [*VISIT, *JAIL, "zhengxin", "yuqi了", *OUTSIDE["questions"]] * 5
    fresh = Matcher(faq(INTENTS, out_of_scope=OUTSIDE, lexicon=LEXICON))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fresh.match, texts)) == [matcher.match(text) for text in texts]


def test_a_match_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        matcher.match("逾期上征信吗").intent = "jail"  # type: ignore[misc] # that is what the test is about

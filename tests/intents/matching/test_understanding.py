"""The shipped FAQ against labelled messages: how well, what is stolen, what is known to fail.

tests/corpus/dev.tsv and personas_dev.tsv were tuned on; heldout.tsv (people) and heldout_desk.tsv (a help desk) never were.
borders.tsv has messages that look near one topic and belong to its neighbour, by four authors; none is a question of the FAQ.
"""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from intents import FAQ, Decision, Match, Matcher
from intents.danger.detector import CRISIS
from intents.knowledge import Knowledge
from intents.matching.corpus import LabeledUtterance, read_labeled_utterances
from intents.matching.decide import DecisionReason
from intents.matching.evaluate import (
    EvaluatedUtterance,
    InScopeMetrics,
    OutOfScopeMetrics,
    by_style,
    evaluate_utterances,
)

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests" / "corpus"
TUNED = ("dev.tsv", "personas_dev.tsv")
HELD_OUT = ("heldout.tsv", "heldout_desk.tsv")
KNOWN = CORPUS / "known_failures.txt"
"""Messages that are answered wrong, one a line; each must go on failing, or be taken off the list."""

UTTERANCES = [utterance for name in TUNED for utterance in read_labeled_utterances(CORPUS / name)]
MESSAGES = [utterance.text for utterance in UTTERANCES]


@pytest.fixture(scope="module")
def faq(shipped: Knowledge) -> FAQ:
    return shipped.faq


@pytest.fixture(scope="module")
def matcher(shipped: Knowledge) -> Matcher:
    return shipped.matcher


@pytest.fixture(scope="module")
def matches(matcher: Matcher) -> Mapping[str, Match]:
    """What is understood of each of MESSAGES."""
    return {text: matcher.match(text) for text in MESSAGES}


@pytest.fixture(scope="module")
def tuned(matches: Mapping[str, Match]) -> list[EvaluatedUtterance]:
    return evaluate_utterances(matches.__getitem__, UTTERANCES)


@pytest.mark.proof
def test_every_question_of_the_file_is_answered_by_its_own_intent(faq: FAQ, matcher: Matcher) -> None:
    # `youshu check` relies on this: it tries only the questions that two intents have.
    stolen = [
        (intent.id, question, match.decision, match.intent)
        for intent in faq.intents
        for question in intent.questions
        if (match := matcher.match(question)).decision is not Decision.ANSWER or match.intent != intent.id
    ]
    assert stolen == []


@pytest.mark.proof
def test_every_question_out_of_scope_is_refused(faq: FAQ, matcher: Matcher) -> None:
    assert faq.out_of_scope is not None
    assert [q for q in faq.out_of_scope.questions if matcher.match(q).decision is not Decision.FALLBACK] == []


def test_the_tuned_messages_are_understood(tuned: list[EvaluatedUtterance]) -> None:
    score, outside = InScopeMetrics.of(tuned), OutOfScopeMetrics.of(tuned)
    assert score.top1 >= 0.90
    assert score.top3 >= 0.97
    assert score.served >= 0.94
    assert score.wrong <= 0.03
    assert score.refused <= 0.03
    assert outside.kept_out >= 0.92


def test_messages_that_nobody_tuned_on_are_understood(matcher: Matcher) -> None:
    utterances = [utterance for name in HELD_OUT for utterance in read_labeled_utterances(CORPUS / name)]
    results = evaluate_utterances(matcher.match, utterances)
    score, outside = InScopeMetrics.of(results), OutOfScopeMetrics.of(results)
    assert score.top1 >= 0.92
    assert score.served >= 0.97
    assert score.wrong <= 0.03
    assert score.refused <= 0.03
    assert outside.kept_out >= 0.92


def test_a_message_at_a_border_is_answered_or_offered_by_the_right_neighbour(matcher: Matcher) -> None:
    score = InScopeMetrics.of(evaluate_utterances(matcher.match, read_labeled_utterances(CORPUS / "borders.tsv")))
    assert score.top1 >= 0.80
    assert score.served >= 0.90
    assert score.wrong <= 0.07


@pytest.mark.parametrize("style", ["typo", "traditional", "pinyin"])
def test_a_way_of_writing_costs_little(tuned: list[EvaluatedUtterance], style: str) -> None:
    styles = by_style(tuned)
    assert styles[style].top1 >= styles["plain"].top1 - 0.04


def test_wrong_answers_are_known_and_known_ones_still_fail(tuned: list[EvaluatedUtterance]) -> None:
    known = set(KNOWN.read_text("utf-8").splitlines())
    scored = (
        outcome for outcome in tuned if outcome.match.reason is not DecisionReason.DANGER
    )  # danger has a corpus of its own
    wrong = {outcome.utterance.text for outcome in scored if outcome.answered_wrong}
    assert wrong - known == set(), "new wrong answers"
    assert known - wrong == set(), "no longer wrong: take these off the list"


@pytest.mark.parametrize("text", ["逾期", "协商", "催收", "征信"])
def test_a_bare_word_goes_to_a_choice(matcher: Matcher, text: str) -> None:
    match = matcher.match(text)
    assert match.decision is Decision.CLARIFY
    assert len(match.candidates) > 1


@pytest.mark.parametrize(("word", "topic"), [("征信", "credit_report"), ("协商", "negotiate_how")])
def test_a_bare_word_leads_to_the_topics_that_speak_most_of_it(matcher: Matcher, word: str, topic: str) -> None:
    assert matcher.match(word).candidates[0].intent == topic


@pytest.mark.parametrize("text", ["花呗逾期了", "已经逾期了", "逾期中"])
def test_a_bare_statement_gets_the_overview(matcher: Matcher, text: str) -> None:
    match = matcher.match(text)
    assert (match.decision, match.intent) == (Decision.ANSWER, "overdue_overview")


@pytest.mark.parametrize(
    "text",
    [
        "帮我定个闹钟六点",
        "我想吃火锅",
        "物业费晚交有滞纳金吗",
        "刚下班 堵车了",
        "lol",
        "给我讲个故事",
    ],
)
def test_small_talk_and_other_matters_are_offered_no_topic(matcher: Matcher, text: str) -> None:
    assert matcher.match(text).decision is Decision.FALLBACK


@pytest.mark.parametrize(
    "text",
    ["减免活动是不是已经结束了", "我想早点结束这笔贷款", "饿死我了 等下再聊", "后悔死了借这么多", "你打字好快呀"],
)
def test_danger_and_who_the_bot_is_are_never_offered_for_a_likeness(matcher: Matcher, text: str) -> None:
    match = matcher.match(text)
    offered = {each.intent for each in match.candidates[:3]} if match.decision is Decision.CLARIFY else {match.intent}
    assert offered.isdisjoint({"crisis", "about_bot"})


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("can they call my boss", "workplace_contacted"),
        ("will i be arrested for credit card debt", "criminal_liability"),
        ("佢哋會唔會上嚟我屋企", "home_visit"),
        ("俺娘的号他咋知道咧", "privacy_leak"),
        ("【法催】您涉嫌恶意逃废债,请于24小时内联系王主任136****。要回电话吗", "fake_legal_notice"),
        ("【催缴函】您的账户已移交外包处理,请添加专员微信李经理协商。能加吗", "verify_collector"),
    ],
)
def test_english_dialect_and_quoted_papers_are_served(matcher: Matcher, text: str, intent: str) -> None:
    assert matcher.match(text).intent == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("说明天带人来我家坐坐 我一个人带娃好怕", "home_visit"),
        ("白条预期俩月了会咋样", "overdue_overview"),
        ("銀行要凍結我薪轉戶了", "enforcement"),
        ("zhengxin 花了咋办", "credit_report"),
    ],
)
def test_what_the_project_was_asked_for_is_answered(matcher: Matcher, text: str, intent: str) -> None:
    match = matcher.match(text)
    assert (match.decision, match.intent) == (Decision.ANSWER, intent)


def test_two_questions_in_one_message_are_both_seen(matcher: Matcher) -> None:
    match = matcher.match("花呗逾期会上征信吗？催收会不会打给我单位？")
    assert match.decision is Decision.ANSWER
    assert {match.intent, *match.also_asked} == {"credit_report", "workplace_contacted"}


@pytest.mark.parametrize(
    ("text", "answered", "named"),
    [
        ("收到传票了要几天内答辩 违约金能不能少一点", "lawsuit", "fee_waiver"),
        ("违约金能不能少一点 收到传票了要几天内答辩", "lawsuit", "fee_waiver"),
        ("收到法院传票了要去吗？花呗逾期会上征信吗", "lawsuit", "credit_report"),
        ("花呗逾期会上征信吗？收到法院的传票了，一定得去吗？", "lawsuit", "credit_report"),
        ("我怎么判断来电的确实受银行委托？他给的对公账户可以转吗？", "payment_safety", "verify_collector"),
        ("能不能分期？法院的传票我没签收会怎么样", "lawsuit", "personalized_installment"),
        ("催收上门能不让进门吗 通话录音怎么保存", "home_visit", "evidence"),
        ("房子要被法院拍卖了怎么办 结清证明怎么开", "mortgage_overdue", "settlement_proof"),
    ],
)
def test_what_has_a_deadline_is_answered_before_what_can_wait(
    matcher: Matcher, text: str, answered: str, named: str
) -> None:
    match = matcher.match(text)
    assert match.decision is Decision.ANSWER
    assert match.intent == answered
    assert named in match.also_asked


def test_danger_to_life_comes_before_every_question(matcher: Matcher) -> None:
    match = matcher.match("收到传票了要几天内答辩？违约金能不能少？", in_danger=True)
    assert (match.intent, match.also_asked) == (CRISIS, ())


@pytest.mark.proof
def test_the_order_of_intents_and_questions_in_the_file_changes_nothing(faq: FAQ, matches: Mapping[str, Match]) -> None:
    shuffle = random.Random(3)  # noqa: S311 -- no secret; the same order every time
    intents = [
        intent.model_copy(update={"questions": tuple(shuffle.sample(intent.questions, len(intent.questions)))})
        for intent in faq.intents
    ]
    shuffle.shuffle(intents)
    other = Matcher(faq.model_copy(update={"intents": tuple(intents)}))
    assert [other.match(text) for text in MESSAGES[:150]] == [matches[text] for text in MESSAGES[:150]]


@pytest.mark.proof
def test_traditional_spellings_decide_alike(matcher: Matcher, matches: Mapping[str, Match]) -> None:
    # In one text each, and what they agree on tried once.
    converted = [OpenCC(name).convert("\n".join(MESSAGES)).split("\n") for name in ("s2t", "s2tw", "s2hk")]
    spellings = [{*others} - {text} for text, *others in zip(MESSAGES, *converted, strict=True)]
    differ = [
        text
        for text, others in zip(MESSAGES, spellings, strict=True)
        for now in map(matcher.match, others)
        if (now.intent, now.decision) != (matches[text].intent, matches[text].decision)
    ]
    assert differ == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_filler_never_turns_one_answer_into_another(
    matcher: Matcher, matches: Mapping[str, Match], data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(MESSAGES))
    filler = data.draw(st.sampled_from(["那个", "就是", "请问", "嗯", "啊", "我想问一下", "麻烦问下", "老师", "你好"]))
    filled = data.draw(
        st.sampled_from([f"{filler}{text}", f"{filler}，{text}", f"{text}{filler}", f"{text}，{filler}"])
    )
    was, now = matches[text], matcher.match(filled)
    # An answer that is only likely (the line is far below) may turn into its neighbour.
    if was.decision is now.decision is Decision.ANSWER and was.score >= 0.9:
        assert now.intent == was.intent


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MESSAGES), st.sampled_from(["，", "。", "！", " ", "…", "~", "\u200b"]))
def test_punctuation_at_the_ends_decides_alike(
    matcher: Matcher, matches: Mapping[str, Match], text: str, mark: str
) -> None:
    was, now = matches[text], matcher.match(f"{mark}{text}{mark}")
    assert (now.decision, now.candidates) == (was.decision, was.candidates)


def test_utterances_are_labelled_with_intents_that_exist(faq: FAQ) -> None:
    labelled: list[LabeledUtterance] = [s for path in sorted(CORPUS.glob("*.tsv")) for s in _labelled(path)]
    names = {name for utterance in labelled for name in (utterance.intent, *utterance.also)}
    # In talks a turn that only takes note of an answer has a label of its own, and what is about nothing of ours another.
    assert names <= {*faq.by_id, "out_of_scope", "none", "ack"}


def _labelled(path: Path) -> list[LabeledUtterance]:
    header = path.read_text("utf-8").split("\n", 1)[0].split("\t")
    return read_labeled_utterances(path) if {"intent", "text"} <= set(header) else []

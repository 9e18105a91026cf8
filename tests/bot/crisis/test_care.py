"""What the talk does when a life is in danger: it stays with the person (law.md 7.2), and never says what 7.3 forbids."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.crisis.care import (
    BUTTONS,
    EASING,
    EXPIRES_AFTER,
    NUMBERS_EVERY,
    CrisisOutcome,
    CrisisState,
    _heard,
    begin,
    choice,
    respond,
    words,
)
from bot.crisis.words import NUMBERS_FIRST, OWN, RELATIVE, SOFT, CrisisCue
from bot.messages import Reply
from intents import FAQ, Decision, Match
from intents.danger.detector import CRISIS, DangerDetector, DangerSignal, SignalKind
from tests.faqs import faq, intent

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
OWN_SIGN = DangerSignal(SignalKind.DIRECT, "want_to_die", "想死")
URGENT_SIGN = DangerSignal(SignalKind.DIRECT, "act_now", "吃了一瓶药", urgent=True)
OTHERS_SIGN = DangerSignal(SignalKind.RELATIVE, "want_to_die", "想死")

WITHOUT = faq([intent("home_visit", ["催收上门怎么办"])])
SUMMARY = "谢谢您说出来。您现在安全吗？危险打 110 或 120，想说话打 12356，请叫一个人来。"
CRISIS_INTENT = intent("crisis", ["想死"], group="support", answer={"summary": SUMMARY}, related=["home_visit"])
WITH = faq([intent("home_visit", ["催收上门怎么办"]), CRISIS_INTENT])

FORBIDDEN = (
    "别想不开", "不要想不开", "多大点事", "比你惨", "比您惨", "为了孩子", "一定没事", "一定会好", "一定不用还", "不告诉任何人", "已经帮您报警",
    "12378", "12363", "12345", "身份证", "合同", "截图", "继承", "遗产", "坚强", "加油", "再见",
)  # fmt: skip
"""Law.md 7.3, and lines of its kind."""


def unclear(text: str) -> Match:
    return Match(text, Decision.FALLBACK, None, 0.0, ())


def clear(text: str, key: str = "home_visit") -> Match:
    return Match(text, Decision.ANSWER, key, 0.9, ())


def say(
    crisis: CrisisState | None,
    text: str,
    signal: DangerSignal | None = None,
    match: Match | None = None,
    now: datetime = NOW,
) -> CrisisOutcome:
    return respond(WITH, crisis, text, signal=signal, match=match or unclear(text), now=now)


def begun(signal: DangerSignal = OWN_SIGN) -> CrisisState:
    crisis = begin(WITH, signal, NOW).crisis
    assert crisis is not None
    return crisis


def reply_of(care: CrisisOutcome) -> Reply:
    assert care.reply is not None
    return care.reply


# --- the first reply ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [WITH, WITHOUT], ids=["with the FAQ's words", "without"])
@pytest.mark.parametrize("signal", [OWN_SIGN, URGENT_SIGN, OTHERS_SIGN], ids=["own", "urgent", "another's"])
def test_the_first_reply_alone_has_all_that_one_reply_must_have(content: FAQ, signal: DangerSignal) -> None:
    reply = reply_of(begin(content, signal, NOW))
    assert reply.intent == CRISIS
    assert reply.decision is Decision.ANSWER
    assert "安全吗" in reply.text
    assert {"110", "120", "12356"} <= {number for number in ("110", "120", "12356") if number in reply.text}
    assert "人" in reply.text
    assert all(each.value.startswith("c:") for each in reply.choices)


def test_the_operators_words_come_first() -> None:
    assert reply_of(begin(WITH, OWN_SIGN, NOW)).text.startswith(SUMMARY)


def test_numbers_that_the_operator_left_out_are_put_in() -> None:
    bare = faq([intent("crisis", ["想死"], group="support", answer={"summary": "我在听，您安全吗？"})])
    assert "12356" in reply_of(begin(bare, OWN_SIGN, NOW)).text


def test_when_it_is_happening_now_the_numbers_come_first() -> None:
    assert reply_of(begin(WITH, URGENT_SIGN, NOW)).text.startswith(NUMBERS_FIRST)


def test_someone_who_is_afraid_for_another_is_told_to_go_there() -> None:
    assert "他现在在哪里" in reply_of(begin(WITH, OTHERS_SIGN, NOW)).text
    assert "他现在在哪里" not in reply_of(begin(WITH, OWN_SIGN, NOW)).text


def test_a_score_for_crisis_counts_as_danger_without_a_sign() -> None:
    care = say(None, "我……", match=clear("我……", CRISIS))
    assert reply_of(care).text.startswith(SUMMARY)


def test_without_danger_nothing_happens() -> None:
    assert say(None, "催收上门怎么办", match=clear("催收上门怎么办")) == CrisisOutcome()


# --- the turns after ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("在", CrisisCue.HERE), ("我在", CrisisCue.HERE), ("嗯嗯", CrisisCue.HERE), ("好的。", CrisisCue.HERE), ("没有人", CrisisCue.ALONE),
        ("就我一个人在家", CrisisCue.ALONE), ("我不安全", CrisisCue.UNSAFE), ("刀在手边", CrisisCue.UNSAFE), ("我妈在", CrisisCue.COMPANY),
        ("老公陪着我", CrisisCue.COMPANY), ("不想", CrisisCue.REFUSES), ("打了也没用", CrisisCue.REFUSES),
        ("12356打不通", CrisisCue.BUSY_LINE), ("没人接", CrisisCue.BUSY_LINE), ("你是真人吗", CrisisCue.WHO), ("有", CrisisCue.YES),
        ("没有", CrisisCue.NO), ("我姐", CrisisCue.NAMED), ("安全的", CrisisCue.SAFE), ("已经放远了", CrisisCue.SAFE),
        ("好一些了", CrisisCue.CALM), ("我没想死，就是累", CrisisCue.DENIES), ("心里堵得慌", CrisisCue.OTHER), ("我在公司", CrisisCue.OTHER),
    ],
)  # fmt: skip
def test_each_answer_is_met_by_words_of_its_own(text: str, heard: CrisisCue) -> None:
    reply = reply_of(say(begun(), text))
    assert reply.sections[0].text == OWN[heard][0]


def test_to_someone_afraid_for_another_the_words_are_about_him() -> None:
    reply = reply_of(say(begun(OTHERS_SIGN), "联系不上他"))
    assert reply.sections[0].text == RELATIVE[CrisisCue.MISSING][0]


@pytest.mark.parametrize("signal", [OWN_SIGN, OTHERS_SIGN], ids=["own", "another's"])
@pytest.mark.parametrize("text", ["嗯", "没有人", "不想", "我不安全", "心里难受", "想死", "打不通"])
def test_nothing_is_said_twice_in_a_talk(signal: DangerSignal, text: str) -> None:
    crisis: CrisisState | None = begun(signal)
    said = []
    for _ in range(7):
        care = say(crisis, text, signal=signal if text == "想死" else None)
        crisis = care.crisis
        said.append(reply_of(care).sections[0].text)
    assert len(set(said)) == len(said)


def test_new_danger_is_heard_again_and_what_happens_now_has_the_numbers_first() -> None:
    again = say(begun(), "还是想死", signal=OWN_SIGN)
    assert reply_of(again).sections[0].text == OWN[CrisisCue.AGAIN][0]
    urgent = say(again.crisis, "药吃下去了", signal=URGENT_SIGN)
    assert reply_of(urgent).text.startswith(NUMBERS_FIRST)


def test_the_numbers_come_back_at_least_in_every_third_turn() -> None:
    crisis: CrisisState | None = begun()
    spoken = []
    for _ in range(9):
        care = say(crisis, "嗯")
        crisis = care.crisis
        spoken.append("12356" in reply_of(care).text or "110" in reply_of(care).text)
    assert all(any(spoken[start : start + NUMBERS_EVERY]) for start in range(len(spoken) - NUMBERS_EVERY + 1))


@given(
    st.lists(st.tuples(st.text(max_size=12), st.sampled_from([None, OWN_SIGN, OTHERS_SIGN, URGENT_SIGN])), max_size=40)
)
def test_whatever_is_said_the_talk_goes_on_without_a_debt_menu(turns: list[tuple[str, DangerSignal | None]]) -> None:
    crisis: CrisisState | None = begun()
    for text, signal in turns:
        care = say(crisis, text, signal=signal)
        crisis = care.crisis
        assert crisis is not None
        if care.reply is not None:
            assert all(each.value in BUTTONS for each in care.reply.choices)
            assert care.reply.intent == CRISIS


# --- the way out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["好一些了", "我没想死，开玩笑的"])
def test_who_calms_is_let_go_gently_and_asked_no_more(text: str) -> None:
    care = say(begun(), text)
    assert care.crisis is not None
    assert care.crisis.deescalated
    assert "12356" in reply_of(care).text
    assert say(care.crisis, "嗯") == CrisisOutcome(crisis=care.crisis)


def test_a_clear_debt_question_is_answered_with_one_soft_line() -> None:
    text = "催收上门怎么办"
    care = say(begun(), text, match=clear(text))
    assert care.reply is None
    assert care.line == SOFT
    after = say(care.crisis, text, match=clear(text))
    assert (after.reply, after.line) == (None, None)


def test_a_short_word_that_scores_is_no_debt_question() -> None:
    assert say(begun(), "难", match=clear("难")).reply is not None


def test_a_courtesy_that_scores_is_no_debt_question() -> None:
    assert say(begun(), "谢谢你还在和我说话", match=clear("谢谢你还在和我说话", "thanks")).reply is not None


def test_new_danger_after_calm_is_met_again_and_not_in_the_same_words() -> None:
    calm = say(begun(), "好一些了").crisis
    care = say(calm, "不行，还是想死", signal=OWN_SIGN)
    assert care.crisis is not None
    assert not care.crisis.deescalated
    assert reply_of(care).sections[0].text == OWN[CrisisCue.AGAIN][0]


def test_after_some_hours_the_talk_begins_anew() -> None:
    crisis = begun()
    just = say(crisis, "嗯", now=NOW + EXPIRES_AFTER)
    assert just.reply is not None
    late = NOW + EXPIRES_AFTER + timedelta(seconds=1)
    assert say(crisis, "嗯", now=late) == CrisisOutcome()
    assert reply_of(say(crisis, "想死", signal=OWN_SIGN, now=late)).text.startswith(SUMMARY)


# --- buttons and state -------------------------------------------------------------------------------------------


def test_a_button_stands_for_words_and_works_after_a_restart() -> None:
    for value, (label, spoken) in BUTTONS.items():
        assert value.isascii()
        assert words(value) == spoken
        button = choice(value)
        assert button is not None
        assert button.label == label
    assert reply_of(say(begun(), words("c:unsafe") or "")).text.startswith(NUMBERS_FIRST)
    assert words("i:home_visit") is None
    assert choice("menu") is None


def test_a_crisis_survives_being_stored() -> None:
    crisis = replace(begun(OTHERS_SIGN), step=3, said=("o.here:0", "o.other:1"))
    adapter = TypeAdapter(CrisisState)
    assert adapter.validate_json(adapter.dump_json(crisis)) == crisis


# --- the words ---------------------------------------------------------------------------------------------------


def lines() -> list[str]:
    return [line for said in (OWN, RELATIVE) for each in said.values() for line in each]


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_no_line_says_what_must_never_be_said(forbidden: str) -> None:
    assert not [line for line in lines() if forbidden in line.replace("劝您“想开点”", "")]


def test_every_answer_has_words_on_both_sides() -> None:
    assert set(OWN) == set(RELATIVE) == set(CrisisCue)
    assert len(set(lines())) == len(lines())


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        *zip(
            [spoken for _, spoken in BUTTONS.values()],
            (CrisisCue.HERE, CrisisCue.UNSAFE, CrisisCue.ALONE, CrisisCue.CALM),
            strict=True,
        ),
        ("我身边有人", CrisisCue.COMPANY),
        ("电话打不通", CrisisCue.BUSY_LINE),
    ],
)
def test_answers_to_our_own_questions_are_heard_as_what_they_say(said: str, heard: CrisisCue) -> None:
    assert _heard(said, DangerDetector().find(said)) is heard


@pytest.mark.parametrize("said", ["我很平静，等他们睡了我就走", "想通了，今晚就解脱"])
def test_calm_is_not_believed_of_who_speaks_of_the_end(said: str) -> None:
    signal = DangerDetector().find(said)
    assert signal is not None
    assert _heard(said, signal) not in EASING

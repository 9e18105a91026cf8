"""One turn without a store: who may doubt danger, what a number picks, what stays of the talk."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.choices import CastVote, Forget, GiveReason, NoneOfThese
from bot.crisis.state import CrisisState
from bot.messages import Choice, Part
from bot.store.analytics import ClarifyChoice, TurnEvent, Vote
from bot.talk import answers, wording
from bot.talk.message import Message, shortened
from bot.talk.respond import (
    acknowledge,
    care_for_life,
    doubt_danger,
    forget,
    refuse_number,
    respond,
    take_picked_choice,
)
from bot.talk.state import ConversationState
from bot.talk.text_commands import Command
from bot.talk.turn import Turn, TurnResult, in_own_words, missed, ways_out
from intents import Decision, Matcher
from intents.danger.detector import WORDING, DangerAssessment, DangerLevel, DangerSignal, SignalKind
from intents.knowledge import Knowledge
from intents.matching.decide import Candidate
from tests.bot.talk.test_conversation import LITTLE, VISIT
from tests.faqs import faq, intent

NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
MATCHER = Matcher(LITTLE)
KNOWLEDGE = Knowledge(LITTLE, MATCHER, "1")
TOPIC = ConversationState(intent="home_visit")
BY_WORDING = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.INDIRECT, WORDING, ""))
BY_PATTERN = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.DIRECT, "want_to_die", "想死"))


def turn(
    text: str,
    state: ConversationState = TOPIC,
    danger: DangerAssessment | None = None,
    *,
    ellipsis: float | None = None,
    score: float | None = None,
) -> Turn:
    """A turn; ellipsis is how much its message is taken to leave out, score how much it looks like danger."""
    message = Message(text, MATCHER) if danger is None else Message(text, MATCHER, danger)
    if ellipsis is not None:
        vars(message)["ellipsis"] = ellipsis
    if score is not None:
        ranking = message.ranking
        vars(message)["ranking"] = replace(
            ranking,
            candidates=tuple(Candidate(c.intent, score) if c.intent == "crisis" else c for c in ranking.candidates),
        )
    return Turn(KNOWLEDGE, state, message, NOW)


# --- danger ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "danger", "ellipsis", "score", "doubted"),
    [
        (TOPIC, BY_WORDING, 1.0, 0.0, True),
        (TOPIC, BY_WORDING, 1.0, 0.8999, True),
        (TOPIC, BY_WORDING, 1.0, 0.9, False),
        (TOPIC, BY_WORDING, 0.5, 0.0, True),
        (TOPIC, BY_WORDING, 0.4999, 0.0, False),
        (TOPIC, BY_PATTERN, 1.0, 0.0, False),
        (TOPIC, DangerAssessment(DangerLevel.PLAIN), 1.0, 0.0, False),
        (ConversationState(), BY_WORDING, 1.0, 0.0, False),
        (ConversationState(asked=("home_visit", "lawsuit")), BY_WORDING, 1.0, 0.0, True),
        (ConversationState(outside=True), BY_WORDING, 1.0, 0.0, True),
        (replace(TOPIC, crisis=CrisisState(NOW)), BY_WORDING, 1.0, 0.0, False),
    ],
)
def test_danger_by_wording_alone_is_doubted_only_in_what_leaves_out_what_the_talk_supplies(
    state: ConversationState, danger: DangerAssessment, ellipsis: float, score: float, doubted: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    after = doubt_danger(turn("我不想活了", state, danger, ellipsis=ellipsis, score=score))
    assert isinstance(after, Turn)
    assert after.message.danger.level is (DangerLevel.DOUBTFUL if doubted else DangerLevel.PLAIN)


def test_a_question_of_the_faq_about_danger_is_danger_whatever_the_detector_hears() -> None:
    cared = care_for_life(turn("活着没意思", ConversationState()))
    assert isinstance(cared, TurnResult)
    assert (cared.reply.intent, cared.call) == ("crisis", False)
    assert isinstance(care_for_life(turn(VISIT, ConversationState())), Turn)


def test_somebody_in_danger_who_asks_for_a_person_has_one_called_where_there_is_one() -> None:
    asked = turn("转人工", replace(TOPIC, crisis=CrisisState(NOW)))
    for has_staff in (True, False):
        cared = care_for_life(replace(asked, has_staff=has_staff))
        assert isinstance(cared, TurnResult)
        assert cared.call is has_staff


def test_in_danger_no_number_no_label_and_no_command_is_read() -> None:
    offered = replace(TOPIC, offered=("p:home_visit:rights",))
    assert isinstance(take_picked_choice(turn("1", offered)), TurnResult)
    assert isinstance(take_picked_choice(turn("权利", offered)), TurnResult)
    in_danger = turn("1", offered, BY_PATTERN)
    assert take_picked_choice(in_danger) is in_danger
    assert isinstance(forget(turn("删除我的数据")), TurnResult)
    in_danger = turn("删除我的数据", TOPIC, BY_PATTERN)
    assert forget(in_danger) is in_danger


def test_a_doubtful_message_is_answered_with_the_numbers_and_the_button_below() -> None:
    doubtful = replace(BY_WORDING, level=DangerLevel.DOUBTFUL)
    result = respond(turn(VISIT, ConversationState(), doubtful))
    assert result.reply.intent == "home_visit"
    assert all(number in result.reply.sections[-1].text for number in ("110", "120", "12356"))
    assert result.reply.choices[-1].value == "c:unsafe"
    assert result.talk.offered == tuple(choice.value for choice in result.reply.choices)


def test_a_doubtful_message_that_is_not_understood_is_comforted_where_there_are_words_for_it() -> None:
    doubtful = replace(BY_WORDING, level=DangerLevel.DOUBTFUL)
    sigh = turn("鹦鹉孔雀蜻蜓", ConversationState(), doubtful)
    assert respond(sigh).reply.decision is Decision.FALLBACK
    comforting = faq([intent("stress", ["压力好大"]), intent("home_visit", [VISIT])])
    known = Knowledge(comforting, Matcher(comforting), "1")
    assert respond(replace(sigh, knowledge=known)).reply.intent == "stress"
    assert respond(replace(turn("鹦鹉孔雀蜻蜓", ConversationState()), knowledge=known)).reply.intent is None


def test_after_a_word_about_danger_nothing_else_is_on_the_table() -> None:
    before = replace(TOPIC, asked=("home_visit", "lawsuit"), misses=2, outside=True)
    result = respond(turn("我不想活了", before, BY_PATTERN))
    assert (result.talk.asked, result.talk.misses, result.talk.outside, result.talk.intent) == (
        (),
        0,
        False,
        "home_visit",
    )
    assert result.event == TurnEvent("answer", "crisis")


# --- numbers, courtesies, commands ----------------------------------------------------------------------------------

OFFERED = replace(TOPIC, offered=("p:home_visit:rights", "i:lawsuit"))


@pytest.mark.parametrize(("said", "shown"), [("1", ("home_visit", Part.RIGHTS)), ("2", ("lawsuit", None))])
def test_a_number_picks_what_was_offered_at_its_place(said: str, shown: tuple[str, Part | None]) -> None:
    result = take_picked_choice(turn(said, OFFERED))
    assert isinstance(result, TurnResult)
    assert (result.reply.intent, result.reply.part) == shown


@pytest.mark.parametrize("said", ["0", "3"])
def test_a_number_beyond_what_was_offered_is_told_with_the_last_one(said: str) -> None:
    asked = turn(said, OFFERED)
    assert take_picked_choice(asked) is asked
    refused = refuse_number(asked)
    assert isinstance(refused, TurnResult)
    assert refused.reply.text == wording.NO_SUCH_NUMBER.format(number=said, last=2)
    assert [choice.value for choice in refused.reply.choices] == ["p:home_visit:rights", "i:lawsuit"]
    nothing = turn(said)
    assert refuse_number(nothing) is nothing


def test_a_courtesy_after_something_was_said_leaves_the_talk_as_it_is() -> None:
    for state, line in (
        (TOPIC, wording.HEARD),
        (ConversationState(offered=("menu",)), wording.HEARD),
        (ConversationState(offered=("i:home_visit",), asked=("home_visit",)), wording.WHICH_OF_THESE),
    ):
        result = acknowledge(turn("哈哈", state))
        assert isinstance(result, TurnResult)
        assert (result.reply.text, result.talk) == (line, state)
    alone = turn("哈哈", ConversationState())
    assert acknowledge(alone) is alone


def test_an_answer_stands_under_its_title_and_a_courtesy_under_none() -> None:
    titles = [respond(turn(text, ConversationState())).reply.title for text in (VISIT, "你好")]
    assert titles == ["home_visit标题", None]


def test_a_new_question_forgets_the_topic_and_what_was_unclear_but_not_the_crisis() -> None:
    crisis = CrisisState(NOW, over=True)
    before = ConversationState("home_visit", Part.RIGHTS, ("lawsuit",), misses=2, outside=True, crisis=crisis)
    result = respond(turn("换个问题", before))
    assert replace(result.talk, offered=()) == ConversationState(crisis=crisis)
    assert result.reply.decision is Decision.CLARIFY


def test_back_from_the_first_topic_is_the_menu_and_topics_that_are_gone_are_passed_over() -> None:
    menu = respond(turn("返回", replace(TOPIC, part=None, trail=("gone",))))
    assert (menu.reply.intent, menu.talk.intent) == (None, None)
    back = respond(turn("返回", replace(TOPIC, trail=("bare", "lawsuit", "gone"))))
    assert (back.reply.intent, back.talk.trail) == ("lawsuit", ("bare",))
    short = respond(turn("返回", replace(TOPIC, part=Part.RIGHTS, trail=("lawsuit",))))
    assert (short.reply.intent, short.reply.part) == ("home_visit", None)


def test_asking_to_be_forgotten_leaves_an_empty_talk() -> None:
    result = respond(turn("删除我的数据", replace(TOPIC, misses=3)))
    assert (result.effect, result.talk) == (Command.FORGET, ConversationState())


# --- what stays -----------------------------------------------------------------------------------------------------


def test_back_goes_over_the_last_four_topics_each_once() -> None:
    state = ConversationState()
    for topic in ("a", "b", "c", "a", "d", "e", "f"):
        state = state.about(topic, None)
    assert state.trail == ("c", "a", "d", "e")
    assert state.about("f", Part.RIGHTS).trail == state.trail
    assert ConversationState(misses=2, outside=True, asked=("a",)).about("a", None) == ConversationState("a")


def test_the_last_twenty_answers_that_were_voted_on_are_remembered_each_once() -> None:
    before = ConversationState(voted=(*(f"a{number}" for number in range(19)), "bare"))
    voting = replace(turn("", before), tap=CastVote("bare", CastVote.UP), tapped=True)
    assert respond(voting).talk.voted == before.voted
    voting = replace(voting, tap=CastVote("lawsuit", CastVote.DOWN))
    assert respond(voting).talk.voted == (*before.voted[1:], "lawsuit")


@pytest.mark.parametrize(("reason", "kept"), [("hard", "hard"), ("other", "other"), ("nonsense", "other")])
def test_a_reason_that_is_none_of_ours_is_another(reason: str, kept: str) -> None:
    given = respond(replace(turn(""), tap=GiveReason("lawsuit", reason), tapped=True))
    assert given.event.vote == Vote("lawsuit", useful=False, reason=kept)
    assert given.reply.text == wording.VOTED_REASON


def test_none_of_these_is_a_miss_and_what_was_offered_is_counted_with_it() -> None:
    asked = ConversationState(asked=("home_visit", "lawsuit"))
    for misses, line in ((0, wording.ANOTHER), (1, wording.fallback(LITTLE, 2))):
        result = respond(replace(turn("", replace(asked, misses=misses)), tap=NoneOfThese(), tapped=True))
        assert (result.reply.text, result.talk.misses, result.talk.asked) == (line, misses + 1, ())
        assert result.event == TurnEvent("fallback", clarify_choice=ClarifyChoice(asked.asked, "none"))
    unasked = respond(replace(turn("", ConversationState()), tap=NoneOfThese(), tapped=True))
    assert unasked.event == TurnEvent("fallback")


def test_who_asks_to_be_forgotten_by_a_button_is_asked_once_more() -> None:
    def tapped(answer: str) -> TurnResult:
        return respond(replace(turn(""), tap=Forget(answer), tapped=True))

    asked = tapped(Forget.ASK)
    assert (asked.reply.text, asked.effect, asked.talk.intent) == (wording.FORGET_ASKED, None, "home_visit")
    assert [(each.label, each.value) for each in asked.reply.choices] == [("删除", "forget:yes"), ("不删", "forget:no")]
    assert (tapped(Forget.NO).reply.text, tapped(Forget.NO).effect) == (wording.FORGET_KEPT, None)
    assert (tapped(Forget.YES).effect, tapped(Forget.YES).talk) == (Command.FORGET, ConversationState())


def test_a_crisis_lasts_until_it_is_over() -> None:
    assert [
        ConversationState(crisis=each).in_crisis for each in (None, CrisisState(NOW), CrisisState(NOW, over=True))
    ] == [False, True, False]


def test_a_line_below_an_answer_brings_its_choices_once() -> None:
    one, two = Choice("一", "i:a"), Choice("二", "c:unsafe")
    result = in_own_words(TOPIC, wording.text_reply("好", choices=(one,))).with_line("下面", (one, two))
    assert result.reply.choices == (one, two)
    assert result.talk.offered == ("i:a", "c:unsafe")
    assert result.reply.sections[-1].lines == ("下面",)


def test_from_the_second_miss_on_a_person_is_offered_where_there_is_one() -> None:
    first = replace(turn("嗯嗯嗯"), has_staff=True)
    assert answers.CALL_CHOICE not in ways_out(first, 1)
    assert ways_out(first, 2)[-1] == answers.CALL_CHOICE
    assert answers.CALL_CHOICE not in ways_out(turn("嗯嗯嗯"), 2)
    result = missed(first, "没听懂", TurnEvent("fallback"))
    assert (result.talk.misses, result.event.decision) == (1, "fallback")
    assert result.talk.offered == tuple(choice.value for choice in result.reply.choices)


def test_of_a_message_of_more_than_four_thousand_characters_both_ends_are_read() -> None:
    assert shortened("甲" * 4000) == "甲" * 4000
    assert shortened("甲" * 2000 + "丙" + "乙" * 2000) == "甲" * 2000 + "\n" + "乙" * 2000

"""What a message makes known, case by case, with the shipped script: who, what is happening, whether it is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.crisis.dialogue import EXPIRES_AFTER, _unsaid
from bot.crisis.loading import shipped_script
from bot.crisis.moves import Heard, begin, hear, learn, opens, turn
from bot.crisis.script import Line
from bot.crisis.state import Age, Company, CrisisState, Happening, Whose
from intents.chinese.fold import fold
from intents.danger.detector import WORDING, DangerAssessment, DangerLevel, DangerSignal, SignalKind
from tests.bot.crisis.talks import DOUBTFUL, NONE, NOW, OTHERS, PLAIN, URGENT, reply_of, say, state_of

SCRIPT = shipped_script()
OWN, OTHER = CrisisState(NOW), CrisisState(NOW, Whose.OTHER, "mother")
THREATENED = replace(OWN, threatened=True)


def cues(text: str, state: CrisisState = OWN, danger: DangerAssessment = NONE, *, debt: bool = False) -> set[str]:
    return set(hear(SCRIPT, state, fold(text), danger, debt=debt).cues)


def learnt(state: CrisisState, *heard: str, plain: bool = False, urgent: bool = False) -> CrisisState:
    return learn(SCRIPT, state, Heard(heard, plain, urgent))


# --- what is heard --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "danger", "debt", "heard"),
    [
        ("天气真好", NONE, False, set()),
        ("天气真好", DOUBTFUL, False, {"again"}),
        ("有人", DOUBTFUL, False, {"with"}),
        ("有人", PLAIN, False, {"with", "again"}),
        ("好多了", PLAIN, False, {"again"}),
        ("好多了", NONE, False, {"calm"}),
        ("天气真好", NONE, True, {"debt"}),
        ("有人", NONE, True, {"with"}),
    ],
)
def test_words_of_danger_and_of_debt_are_heard_beside_what_is_said(
    text: str, danger: DangerAssessment, debt: bool, heard: set[str]  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    assert cues(text, danger=danger, debt=debt) == heard


def test_who_says_that_the_thoughts_are_lighter_is_believed_without_having_been_asked() -> None:
    lighter = hear(SCRIPT, OWN, fold("不那么想死了"), PLAIN, debt=False)
    assert (lighter.cues, lighter.plain) == (("eased",), False)
    denied = fold("没有想过自杀")
    asked = replace(OWN, said=("own_wish.no:0",))
    assert [hear(SCRIPT, state, denied, PLAIN, debt=False).plain for state in (OWN, asked)] == [True, False]


@pytest.mark.parametrize(("before", "over"), [(Company.WITH, True), (None, False)])
def test_a_relative_who_is_known_to_be_with_them_needs_not_say_so_again(before: Company | None, over: bool) -> None:  # noqa: FBT001 -- a case
    assert learnt(replace(OTHER, company=before), "safe").over is over
    assert learnt(replace(OWN, company=before), "safe").over is over


def test_cues_come_in_the_order_of_the_script() -> None:
    heard = hear(SCRIPT, OWN, "没有人，割了，吃了药", NONE, debt=False).cues
    assert heard == tuple(name for name in SCRIPT.hears if name in heard)
    assert heard[:2] == ("took", "hurt")


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("有人", set()),
        ("我妈睡", set()),
        ("我安全了，我妈在旁边", {"safe", "with"}),
        ("他走了，我妈在旁边", {"away", "with"}),
        ("我安全了，我妈在旁边，他们砸门", {"threat"}),
    ],
)
def test_whoever_is_beside_one_who_is_threatened_may_be_the_one_who_threatens(text: str, heard: set[str]) -> None:
    assert cues(text, THREATENED) & {"with", "home", "safe", "away", "threat"} == heard
    assert "away" not in cues(text)
    if "走" not in text and "砸" not in text:
        assert cues(text) & {"with", "home"}


def test_who_says_that_they_are_safe_and_with_whom_is_heard_whatever_was_before() -> None:
    assert {"safe", "with"} <= cues("我安全了，我妈在旁边，他打过我")
    assert "with" not in cues("我妈在旁边，他打过我")


def test_whether_danger_is_plain_and_happening_now_is_the_detectors_word() -> None:
    def flags(danger: DangerAssessment) -> tuple[bool, bool]:
        heard = hear(SCRIPT, OWN, "天气真好", danger, debt=False)
        return heard.plain, heard.urgent

    assert [flags(each) for each in (NONE, DOUBTFUL, PLAIN, URGENT)] == [
        (False, False),
        (False, False),
        (True, False),
        (True, True),
    ]


def test_a_grown_child_who_is_there_is_somebody() -> None:
    assert "child_here" in cues("和孩子锁")
    assert "with" in cues("和孩子锁", replace(OWN, child_grown=True))
    assert cues("后悔", replace(OWN, child_grown=True)) == {"scared"}


def test_only_danger_brings_back_what_is_over() -> None:
    for heard, brought in ((("took",), True), (("threat",), True), (("with",), False), ((), False)):
        assert opens(SCRIPT, OWN, Heard(heard)) is brought
    assert opens(SCRIPT, OWN, Heard((), plain=True))


# --- whose life it is -----------------------------------------------------------------------------------------------


def test_a_talk_of_ones_own_becomes_anothers_unless_something_is_happening() -> None:
    for state in (replace(OWN, happening=Happening.TOOK), THREATENED):
        assert turn(SCRIPT, state, "我妈想死", OTHERS) is state
    turned = turn(SCRIPT, replace(OWN, said=("a",)), "我妈想死", OTHERS)
    assert (turned.whose, turned.whom, turned.both, turned.said) == (Whose.OTHER, "mother", True, ("a",))
    assert not turn(SCRIPT, OWN, "我妈想死", OTHERS).both
    assert turn(SCRIPT, OWN, "要跳了", OTHERS).whom == "someone"
    assert turn(SCRIPT, OWN, "我想死", PLAIN) is OWN
    assert turn(SCRIPT, OWN, "我妈想死", replace(OTHERS, level=DangerLevel.DOUBTFUL)) is OWN


@pytest.mark.parametrize(
    ("happening", "then"),
    [(None, None), (Happening.STILL, None), (Happening.MISSING, Happening.UNSAID), (Happening.TOOK, Happening.UNSAID)],
)
def test_one_who_asks_for_another_and_wants_to_die_too_is_asked_about_themselves(
    happening: Happening | None, then: Happening | None
) -> None:
    turned = turn(SCRIPT, replace(OTHER, happening=happening, said=("a",)), "我不想活", PLAIN)
    assert (turned.whose, turned.whom, turned.happening, turned.both) == (Whose.OWN, "mother", then, True)
    assert turned.said == ("a",)
    assert not turn(SCRIPT, replace(OTHER, gone=True), "我不想活", PLAIN).both
    assert turn(SCRIPT, OTHER, "天气真好", PLAIN) is OTHER


def test_the_first_message_says_whose_life_it_is() -> None:
    guess = DangerAssessment(DangerLevel.DOUBTFUL, DangerSignal(SignalKind.INDIRECT, WORDING, ""))
    for text, danger, whose in (
        ("我妈想死", OTHERS, Whose.OTHER),
        ("我朋友在桥上", guess, Whose.OTHER),
        ("我朋友走了我在桥上", guess, Whose.OWN),
        ("我朋友在桥上", PLAIN, Whose.OWN),
        ("我妈想死", NONE, Whose.OWN),
    ):
        assert begin(SCRIPT, text, danger, OWN).whose is whose, text


# --- what is happening ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "heard", "after"),
    [
        (None, "place", Happening.PLACE),
        (Happening.PLACE, "means", Happening.MEANS),
        (Happening.PLACE, "unsafe", Happening.PLACE),
        (Happening.UNSAID, "place", Happening.PLACE),
        (Happening.PLACE, "took", Happening.TOOK),
        (Happening.TOOK, "place", Happening.TOOK),
        (Happening.HURT, "took", Happening.HURT),
        (Happening.AIR, "place", Happening.AIR),
    ],
)
def test_what_is_in_the_body_stays_and_of_everything_else_the_last_said_counts(
    before: Happening | None, heard: str, after: Happening
) -> None:
    assert learnt(replace(OWN, happening=before, over=True), heard).happening is after
    assert not learnt(replace(OWN, happening=before, over=True), heard).over


def test_what_was_known_stays_until_something_else_is_said() -> None:
    known = replace(OWN, company=Company.ALONE, age=Age.CHILD, child_grown=True)
    after = learnt(known, "scared")
    assert (after.company, after.age, after.child_grown) == (Company.ALONE, Age.CHILD, True)
    assert learnt(known, "with").company is Company.WITH
    assert learnt(OWN, "age_grown").child_grown
    assert learnt(OWN, "young").age is Age.CHILD


def test_something_urgent_of_which_no_more_is_known_is_happening() -> None:
    assert learnt(OWN, plain=True, urgent=True).happening is Happening.UNSAID
    assert learnt(OWN, plain=True).happening is None
    assert learnt(replace(OWN, happening=Happening.TOOK), plain=True, urgent=True).happening is Happening.TOOK
    again = learnt(replace(OTHER, gone=True), plain=True, urgent=True)
    assert (again.happening, again.gone) == (Happening.UNSAID, False)
    dead = learnt(OTHER, "gone", plain=True, urgent=True)
    assert (dead.happening, dead.gone) == (None, True)


def test_where_others_are_the_danger_that_is_what_is_happening() -> None:
    assert learnt(replace(OWN, happening=Happening.UNSAID), "threat").happening is None
    assert learnt(replace(OWN, happening=Happening.TOOK), "threat").happening is Happening.TOOK
    assert learnt(THREATENED, "away").threatened is False
    assert learnt(THREATENED, "scared").threatened


# --- whether it is over ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "heard", "over"),
    [
        (replace(OWN, happening=Happening.PLACE), ("handed",), True),
        (THREATENED, ("handed",), True),
        (OWN, ("handed",), False),
        (replace(OWN, company=Company.WITH), ("safe",), True),
        (OWN, ("safe",), False),
        (replace(OWN, company=Company.WITH), ("safe", "alone"), False),
        (replace(OTHER, company=Company.WITH), ("safe",), True),
        (replace(OTHER, company=Company.ALONE), ("safe",), False),
        (replace(OWN, company=Company.WITH), ("eased",), True),
        (replace(OWN, company=Company.WITH, happening=Happening.PLACE), ("eased",), False),
        (replace(THREATENED, company=Company.WITH), ("safe",), False),
        (replace(OWN, company=Company.WITH, happening=Happening.TOOK), ("safe",), False),
        (OWN, ("denies",), True),
        (THREATENED, ("denies",), False),
        (OWN, ("no_wish", "denies"), True),
        (OWN, ("found", "denies"), True),
        (OWN, ("no_wish",), False),
        (replace(OWN, said=("own_wish.no:0",)), ("no_wish",), True),
        (replace(OWN, said=("own_wish.denies:1",)), ("no",), True),
        (replace(OWN, said=("own_wish.denies:1", "own_wish.goes_on:0")), ("no",), False),
        (replace(OWN, over=True), ("scared",), True),
    ],
)
def test_it_is_over_only_when_that_was_said(state: CrisisState, heard: tuple[str, ...], over: bool) -> None:  # noqa: FBT001 -- a case
    after = learnt(state, *heard)
    assert after.over is over
    if over and heard != ("scared",):
        assert (after.happening, after.threatened) == (None, False)
    assert not learnt(state, *heard, plain=True).over


def test_company_that_is_known_ends_nothing_by_itself() -> None:
    there = replace(OWN, happening=Happening.PLACE, company=Company.WITH)
    assert learnt(there, "scared").happening is Happening.PLACE


def test_what_would_end_it_ends_nothing_where_danger_is_in_the_same_words() -> None:
    after = learnt(replace(OWN, happening=Happening.PLACE), "handed", plain=True)
    assert (after.happening, after.over) == (Happening.PLACE, False)


@pytest.mark.parametrize(
    ("happening", "heard", "after"),
    [
        (Happening.HURT, "stopped", None),
        (Happening.TOOK, "stopped", Happening.TOOK),
        (Happening.TOOK, "nothing_done", None),
        (Happening.PLACE, "only_there", None),
        (Happening.MEANS, "only_there", Happening.MEANS),
        (Happening.MEANS, "safe", None),
        (Happening.MEANS, "with", None),
        (Happening.TOOK, "with", Happening.TOOK),
    ],
)
def test_what_ends_one_thing_ends_no_other(happening: Happening, heard: str, after: Happening | None) -> None:
    state = learnt(replace(OWN, happening=happening), heard)
    assert (state.happening, state.over) == (after, False)


# --- what is said ---------------------------------------------------------------------------------------------------


def test_of_lines_that_were_all_said_the_one_said_longest_ago_comes_again() -> None:
    lines = [(key, Line(say=key, why=key)) for key in "abc"]
    for said, following in (("", "a"), ("a", "b"), ("ba", "c"), ("abc", "a"), ("cba", "c"), ("bcab", "c")):
        assert _unsaid(lines, tuple(said))[0] == following


def test_it_is_remembered_for_six_hours_and_forty_lines() -> None:
    assert timedelta(hours=6) == EXPIRES_AFTER
    long = replace(OWN, said=tuple(f"own_wish.x:{number}" for number in range(40)))
    said = state_of(say(long, "天气真好")).said
    assert (len(said), said[0]) == (40, "own_wish.x:1")


def test_beside_a_debt_question_the_talk_waits_until_something_else_is_said() -> None:
    asked = say(OWN, "网贷逾期会坐牢吗", debt=True)
    assert state_of(asked).aside
    later = NOW + timedelta(hours=1)
    back = state_of(say(asked.crisis, "我妈在旁边", now=later))
    assert (back.aside, back.since) == (False, later)
    assert say(OWN, "那个怎么算", debt=True).reply is None
    assert say(OWN, "我妈在旁边，网贷逾期会坐牢吗", debt=True).reply is None
    assert say(OWN, "有人", debt=True).reply is not None
    assert say(OWN, "天气真好").reply is not None


@pytest.mark.parametrize("text", ["天气真好", "有人", "打110会怎么样", "困"])
@pytest.mark.parametrize("state", [OWN, replace(OWN, happening=Happening.TOOK), OTHER, THREATENED])
def test_no_paragraph_is_empty_and_only_before_a_fear_is_the_number_to_call_repeated(
    text: str, state: CrisisState
) -> None:
    reply = reply_of(say(state, text))
    assert all(line for section in reply.sections for line in section.lines)
    begins = SCRIPT.stage(state).begins
    if begins:
        assert (reply.sections[0].lines == (begins,)) is ("110" in text)


def test_after_the_end_what_is_told_of_it_is_answered_and_everything_else_as_usual() -> None:
    over = replace(OWN, over=True)
    assert say(over, "困").reply is not None
    for text, danger, debt in (
        ("好多了", NONE, False),
        ("天气真好", NONE, True),
        ("困", NONE, True),
        ("困", DOUBTFUL, False),
    ):
        outcome = say(over, text, danger, debt=debt)
        assert outcome.reply is None
        assert state_of(outcome).over


def test_what_matters_at_once_is_answered_in_the_first_message_unless_something_is_happening() -> None:
    assert state_of(say(None, "我一直在自残", PLAIN)).said[-1].startswith("own_wish.self_harm")
    assert state_of(say(None, "我一直在自残，刚才割了", URGENT)).said == ("own_body.first.hurt",)


def test_the_first_words_of_a_state_come_once() -> None:
    missing = say(OTHER, "他关机了")
    assert state_of(missing).said == ("other_missing.first.any",)
    found = say(missing.crisis, "找到了")
    assert state_of(found).happening is None
    again = say(found.crisis, "他又关机了")
    assert state_of(again).happening is Happening.MISSING
    assert ".first." not in state_of(again).said[-1]


def test_a_debt_question_while_something_is_happening_is_heard_as_one() -> None:
    taken = replace(OWN, happening=Happening.TOOK)
    assert ".debt" in state_of(say(taken, "那个怎么算", debt=True)).said[-1]
    assert ".debt" in state_of(say(taken, "网贷逾期会坐牢吗")).said[-1]
    assert say(OWN, "我吃了药", debt=True).reply is not None


def test_the_last_words_are_those_of_how_it_ended() -> None:
    assert state_of(say(OWN, "我没自杀的意思")).said == ("over.first.denies",)
    assert state_of(say(replace(OWN, happening=Happening.TOOK), "救护车来了")).said == ("over.first.own",)
    assert state_of(say(OWN, "后悔了，我没自杀的意思")).said == ("over.first.own",)


def test_the_first_words_of_each_kind_of_thing_come_once() -> None:
    keys, state = [], say(None, "我在楼顶", URGENT).crisis
    for text in ("我手里有药", "我在楼顶"):
        outcome = say(state, text)
        state = state_of(outcome)
        keys.append(state.said[-1])
    assert keys[0] == "own_now.first.means"
    assert ".first." not in keys[1]


@pytest.mark.parametrize(
    ("said", "cue"), [((), "denies"), (("own_wish.calm:0",), "no_wish"), (("own_wish.denies:1",), "no")]
)
def test_whoever_denies_it_in_any_of_these_words_is_answered_as_one_who_denies(said: tuple[str, ...], cue: str) -> None:
    outcome = say(replace(OWN, said=said), SCRIPT.listeners[cue].example)
    assert state_of(outcome).said == ("over.first.denies",)


def test_who_tells_of_one_life_is_not_told_of_a_second() -> None:
    both = {*SCRIPT.both_own.lines, *SCRIPT.both_other.lines}
    for text in ("我不想活了", "我妈不想活了"):
        assert not both & {*reply_of(say(None, text, PLAIN)).text.splitlines()}

"""What the talk does when a life is in danger: it keeps what it knows, and while it is happening the numbers come first."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.crisis.dialogue import EXPIRES_AFTER, CrisisOutcome, CrisisState, choice, doubtful_line, respond, words
from bot.crisis.loading import shipped_script
from bot.crisis.state import Age, Company, Happening, Whose
from intents import Decision
from intents.danger.detector import CRISIS, DangerAssessment
from tests.bot.crisis.talks import DOUBTFUL, NONE, NOW, OTHERS, OTHERS_URGENT, PLAIN, URGENT, reply_of, say, state_of

SCRIPT = shipped_script()
FIRST = ("120", "110")

TOOK = "我吃了一瓶安眠药"


def talk(*said: str | tuple[str, DangerAssessment], state: CrisisState | None = None) -> CrisisOutcome:
    """Several turns; the last outcome."""
    outcome = CrisisOutcome(crisis=state)
    for each in said:
        text, danger = each if isinstance(each, tuple) else (each, NONE)
        outcome = say(outcome.crisis, text, danger)
    return outcome


def text_of(*said: str | tuple[str, DangerAssessment]) -> str:
    return reply_of(talk(*said)).text


# --- the first reply ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "danger", "starts", "contains"),
    [
        ("我不想活了", PLAIN, "谢谢您说出来", "您是不是在想自杀"),
        (TOOK, URGENT, "120", "不要自己催吐"),
        ("我割腕了", URGENT, "120", "按紧"),
        ("我在楼顶", URGENT, "110", "走到有人的地方去"),
        ("我手里有刀", URGENT, "110", "人先走开"),
        ("我马上就要动手了", URGENT, "110", "还是旁边有人要伤害您"),
        ("不想活了，老公又打我", PLAIN, "110", "手机别给伤害您的人看"),
        ("我才十五岁，不想活了", PLAIN, "谢谢您说出来", "告诉一位大人"),
        ("我爸说不想活了", OTHERS, "您来问是对的", "您爸爸现在在哪里"),
        ("我女儿说不想活了", OTHERS, "您来问是对的", "您女儿成年了吗"),
        ("我女儿14岁，说不想活了", OTHERS, "请现在就到您女儿身边去", "不要只打电话"),
        ("我妈喝农药了", OTHERS_URGENT, "120", "不要催吐，不要离开她，瓶子和包装留着"),
        ("我老公在天台", OTHERS_URGENT, "110", "不要扑上去硬拉"),
        ("我老公留了遗书，联系不上", OTHERS, "110", "可能在哪里"),
    ],
)
def test_the_first_reply_is_the_situation_s(text: str, danger: DangerAssessment, starts: str, contains: str) -> None:
    reply = reply_of(say(None, text, danger))
    assert reply.text.startswith(starts)
    assert contains in reply.text
    assert (reply.intent, reply.decision) == (CRISIS, Decision.ANSWER)
    assert all(each.value.startswith("c:") for each in reply.choices)


def test_a_first_reply_that_is_not_urgent_has_all_the_numbers() -> None:
    for text, danger in [("我不想活了", PLAIN), ("我爸不想活了", OTHERS), ("我儿子8岁，不想活了", OTHERS)]:
        said = reply_of(say(None, text, danger)).text
        assert all(number in said for number in ("110", "120", "12356"))


def test_without_danger_nothing_happens() -> None:
    assert say(None, "催收上门怎么办", debt=True) == CrisisOutcome()


def test_doubt_leaves_the_answer_and_puts_a_line_and_a_button_under_it() -> None:
    outcome = say(None, "我不想再借了", DOUBTFUL, debt=True)
    assert outcome.reply is None
    assert outcome.crisis is None
    assert outcome.line == doubtful_line()
    assert [each.value for each in outcome.choices] == ["c:unsafe"]
    assert all(number in doubtful_line() for number in ("110", "120", "12356"))


def test_the_button_under_the_line_begins_the_talk() -> None:
    reply = reply_of(say(None, words("c:unsafe") or ""))
    assert reply.text.startswith(FIRST)
    assert "自杀的念头" in reply.text


def test_an_act_in_doubtful_words_is_danger() -> None:
    assert reply_of(say(None, "我把家里的药都吃了", DOUBTFUL)).text.startswith("120")
    assert reply_of(say(None, "我朋友在桥上", DOUBTFUL)).text.startswith("110")
    assert state_of(say(None, "我朋友在桥上", DOUBTFUL)).whose is Whose.OTHER


# --- what the audit found -----------------------------------------------------------------------------------------


def test_urgency_is_not_forgotten() -> None:
    assert text_of((TOOK, URGENT), "没有人").startswith(FIRST)
    assert text_of(("我在楼顶", URGENT), "不").startswith(FIRST)
    assert text_of(("我在楼顶", URGENT), "不", "嗯", "今天天气不错").startswith(FIRST)


@pytest.mark.parametrize("said", ["他们在门外砸门", "有人在砸门", "老公在家，就是他天天打我"])
def test_whoever_hurts_them_is_not_shown_the_phone(said: str) -> None:
    outcome = talk(("我不想活了", PLAIN), said)
    assert reply_of(outcome).text.startswith("110")
    assert "12110（部分地区开通" in reply_of(outcome).text
    for more in ("有人在", "我老公在旁边", "嗯", "我在"):
        reply = reply_of(talk(more, state=outcome.crisis))
        assert reply.text.startswith("110")
        assert "请把手机给" not in reply.text


@pytest.mark.parametrize("said", ["老公回来了他要打我", "他说要弄死我", "我安全了？他在旁边，又要打我"])
def test_a_threat_is_not_calmed_by_other_words(said: str) -> None:
    outcome = talk(("我不想活了", PLAIN), said)
    assert not state_of(outcome).over
    assert reply_of(outcome).text.startswith("110")


def test_a_child_is_not_asked_to_help() -> None:
    assert "不让孩子帮忙" in text_of(("我不想活了", PLAIN), "孩子在旁边睡着")
    assert "孩子成年了吗" in text_of(("我不想活了", PLAIN), "我女儿")
    assert "不让孩子来" in text_of(("我不想活了", PLAIN), "我女儿", "八岁")
    assert "可以叫来" in text_of(("我不想活了", PLAIN), "我女儿", "二十三岁")
    assert "别叫孩子来" in text_of((TOOK, URGENT), "我女儿")


@pytest.mark.parametrize("said", ["没事了，都结束了", "好受不了", "好多了", "平静下来了", "我去睡了"])
def test_sudden_calm_keeps_buttons_and_numbers_and_asks(said: str) -> None:
    reply = reply_of(talk(("我不想活了", PLAIN), said))
    assert [each.value for each in reply.choices] == ["c:here", "c:unsafe", "c:alone", "c:better"]
    assert "120" in reply.text
    assert "？" in reply.text


def test_a_relative_s_talk_stays_a_relative_s() -> None:
    outcome = talk(("我爸说要自杀", OTHERS), ("我不在他身边", PLAIN))
    assert state_of(outcome).whose is Whose.OTHER
    assert "近处的大人" in reply_of(outcome).text
    off = talk("他关机了", state=outcome.crisis)
    assert reply_of(off).text.startswith("110，现在就打：说您爸爸有自杀的危险、现在联系不上，可能在哪里")
    assert state_of(off).happening is Happening.MISSING


def test_a_relative_who_wants_to_die_too_is_asked_about_themselves_and_the_other_is_kept() -> None:
    outcome = talk(("我妈说不想活了", OTHERS), ("我也不想活了", PLAIN))
    assert "您是不是在想自杀" in reply_of(outcome).text
    assert "您担心的那个人" in reply_of(outcome).text
    assert (state_of(outcome).whose, state_of(outcome).both) == (Whose.OWN, True)
    assert "您自己也说过不想活" not in reply_of(outcome).text
    of_mine = reply_of(talk(("我不想活了", PLAIN), ("我妈也说不想活了", OTHERS))).text
    assert "您自己也说过不想活" in of_mine
    assert "您担心的那个人" not in of_mine
    missing = talk(("我妈说不想活了", OTHERS), "她关机了", ("我也不想活了", PLAIN))
    assert reply_of(missing).text.startswith(FIRST)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("打110会怎么样", "接警的人会问您在哪里"),
        ("报警会被送精神病院吗", "医生当面看过才说"),
        ("会通知我家人吗", "可能会联系家人"),
        ("打12356要钱吗", "普通通话费"),
        ("我不能出声", "12110（部分地区开通"),
        ("能发短信报警吗", "12110（部分地区开通"),
        ("12356打不通", "急诊"),
        ("12356关了怎么办", "当地的心理热线"),
        ("你是真人吗", "我是程序"),
        ("你会告诉别人吗", "没法替您报警"),
    ],
)
def test_what_people_fear_is_answered_everywhere(asked: str, answered: str) -> None:
    assert answered in text_of(("我不想活了", PLAIN), asked)
    assert answered in text_of(("我爸不想活了", OTHERS), asked)
    again = talk(("我不想活了", PLAIN), asked, "嗯", asked)
    assert answered in reply_of(again).text
    happening = text_of((TOOK, URGENT), asked)
    assert happening.startswith(FIRST)


def test_traditional_characters_are_read() -> None:
    assert "请把手机给身边这位大人看" in text_of(("我不想活了", PLAIN), "我爸媽在我旁邊")
    assert text_of(("我不想活了", PLAIN), "我吃了安眠藥").startswith("120")
    assert text_of(("我不想活了", PLAIN), "他們在門外砸門").startswith("110")


# --- until somebody is there, or it is said to be over ------------------------------------------------------------


@pytest.mark.parametrize("said", ["救护车来了", "我在医院了", "医生来了", words("c:handed") or ""])
def test_it_is_over_when_that_is_said_in_plain_words(said: str) -> None:
    outcome = talk((TOOK, URGENT), said)
    assert state_of(outcome).over
    assert "让医生看过" in reply_of(outcome).text
    assert state_of(outcome).happening is None


@pytest.mark.parametrize(
    "said",
    [
        "我安全了，我妈在旁边",
        words("c:safe") or "",
        "我没事了",
        "好多了",
        "我安全了",
        "我妈在旁边",
        "也没钱洗胃",
        "警察来了我就跳",
        "救护车来了吗",
        "催收能上门吗",
        "我没想死",
        "谢谢",
        "菜单",
        "我妈在医院",
    ],
)
def test_what_was_taken_is_not_over_by_anything_less(said: str) -> None:
    outcome = talk((TOOK, URGENT), said)
    assert state_of(outcome).happening is Happening.TOOK
    assert reply_of(outcome).text.startswith(FIRST)


@pytest.mark.parametrize("said", ["我下来了", "我安全了", "我妈在旁边", "有人陪着我"])
def test_who_left_the_place_or_has_somebody_beside_them_is_stayed_with(said: str) -> None:
    outcome = talk(("我在楼顶", URGENT), said)
    assert state_of(outcome).happening is None
    assert not state_of(outcome).over
    assert "110" in reply_of(outcome).text


@pytest.mark.parametrize("said", ["我妈在家", "还没下来", "救护车还没来", "我不安全", "没有人"])
def test_what_is_not_said_does_not_end_it(said: str) -> None:
    assert state_of(talk(("我在楼顶", URGENT), said)).happening is Happening.PLACE


def test_when_it_is_over_all_is_answered_as_usual_and_new_danger_brings_it_back() -> None:
    over = state_of(talk((TOOK, URGENT), "救护车来了"))
    assert say(over, "谢谢") == CrisisOutcome(crisis=over)
    debt = say(over, "网贷逾期会坐牢吗", debt=True)
    assert debt.reply is None
    assert "12356" in (debt.line or "")
    assert say(over, "我不想再借了", DOUBTFUL).line == doubtful_line()
    assert "您是不是在想自杀" in reply_of(say(over, "我又想死了", PLAIN)).text
    assert reply_of(say(over, "我又吃了药", PLAIN)).text.startswith("120")
    assert reply_of(say(over, "我现在不安全")).text.startswith(FIRST)


def test_a_denial_lets_the_person_go_unless_danger_is_in_it() -> None:
    assert state_of(talk(("我不想活了", PLAIN), "我没那个意思，开玩笑的")).over
    still = talk(("我不想活了", PLAIN), ("我没想死", PLAIN))
    assert not state_of(still).over
    assert "再问一次" in reply_of(still).text


def test_who_answers_the_question_itself_with_no_is_believed() -> None:
    asked = talk(("我不想活了", PLAIN), "没有")
    assert "没有自杀的念头" in reply_of(asked).text
    assert state_of(talk(("没有自杀的念头", PLAIN), state=asked.crisis)).over
    again = talk(("我不想活了", PLAIN), ("我没想死", PLAIN))
    assert state_of(talk("没有", state=again.crisis)).over
    assert not state_of(talk(("没有自杀的念头，可我活不下去了", PLAIN), state=asked.crisis)).over


@pytest.mark.parametrize("said", ["老公刚才掐我脖子", "他们把我关在一个房间里逼我还钱"])
def test_violence_begins_the_talk_where_the_detector_hears_nothing(said: str) -> None:
    assert reply_of(say(None, said)).text.startswith("110")
    assert say(None, "还完了还把我额度关着", debt=True) == CrisisOutcome()


@pytest.mark.parametrize("said", ["我老公说要杀了我和孩子再自杀", "我男朋友要自杀，他以前打过我"])
def test_nobody_is_sent_to_one_who_may_hurt_them(said: str) -> None:
    outcome = say(None, said, OTHERS)
    assert reply_of(outcome).text.startswith("110")
    for more in ("他睡着了", "嗯", "他在家", "我和孩子在卧室里"):
        text = reply_of(talk(more, state=outcome.crisis)).text
        assert text.startswith("110")
        assert "坐近" not in text


def test_what_was_not_taken_or_is_only_shallow_goes_on_without_the_ambulance_and_asks() -> None:
    for first, then in ((TOOK, "没有多吃，按医嘱吃的"), ("我割了自己", "不深，已经止住了")):
        outcome = talk((first, URGENT), then)
        assert state_of(outcome).happening is None
        assert not state_of(outcome).over
        assert "现在有没有自杀的念头" in reply_of(outcome).text


def test_the_one_left_behind_is_cared_for() -> None:
    found = say(None, "我爸上吊了，身体已经硬了", OTHERS_URGENT)
    assert "呼吸" in reply_of(found).text
    gone = talk("警察来了，说人没了", state=found.crisis)
    assert "您自己现在有没有自杀的念头" in reply_of(gone).text
    assert "在哪里" not in reply_of(gone).text
    own = talk(("我也不想活了", PLAIN), state=gone.crisis)
    assert "您是不是在想自杀" in reply_of(own).text
    assert "您担心的那个人" not in reply_of(own).text


@pytest.mark.parametrize("said", ["他不回消息了", "还没找到他", "他不接电话了"])
def test_silence_is_not_a_sign_of_life(said: str) -> None:
    assert state_of(talk(("我弟弟要自杀", OTHERS), said)).happening is Happening.MISSING


def test_a_debt_question_is_answered_with_a_line_and_what_follows_it_too() -> None:
    begun = state_of(say(None, "我不想活了", PLAIN))
    asked = say(begun, "网贷逾期会坐牢吗", debt=True)
    assert asked.reply is None
    assert asked.line == SCRIPT.debt_line.say
    assert [each.value for each in asked.choices] == ["c:unsafe"]
    assert say(asked.crisis, "具体的步骤").reply is None
    assert "您身边有大人吗" in reply_of(say(asked.crisis, "嗯")).text
    assert reply_of(say(asked.crisis, "我想死", PLAIN)).intent == CRISIS
    assert reply_of(say(begun, "我爸妈在我旁边呢", debt=True)).intent == CRISIS
    assert reply_of(say(begun, "还不完了，我想死，怎么办", PLAIN, debt=True)).intent == CRISIS


def test_it_is_forgotten_after_six_hours() -> None:
    begun = state_of(say(None, TOOK, URGENT))
    assert reply_of(say(begun, "嗯", now=NOW + EXPIRES_AFTER)).text.startswith(FIRST)
    late = NOW + EXPIRES_AFTER + timedelta(seconds=1)
    assert say(begun, "嗯", now=late) == CrisisOutcome()


def test_no_line_comes_twice_before_the_others_were_said() -> None:
    outcome, seen = say(None, "我不想活了", PLAIN), list[str]()
    for _ in range(7):
        outcome = say(outcome.crisis, "嗯")
        seen.append(reply_of(outcome).text)
    assert len(set(seen)) == len(seen)


# --- whatever is written ------------------------------------------------------------------------------------------

PHRASES = [way for cue in SCRIPT.hears.values() for way in cue.hears.replace("…", "").split()][:400] + [
    button.words for button in SCRIPT.buttons.values()
]
MESSAGES = st.one_of(
    st.text(max_size=30), st.sampled_from(PHRASES), st.lists(st.sampled_from(PHRASES), max_size=3).map("，".join)
)
DANGERS = st.sampled_from([NONE, NONE, DOUBTFUL, PLAIN, URGENT, OTHERS, OTHERS_URGENT])
STATES = st.builds(
    CrisisState,
    since=st.just(NOW),
    whose=st.sampled_from(Whose),
    whom=st.sampled_from([None, "mother", "daughter", "gone"]),
    age=st.sampled_from([None, *Age]),
    happening=st.sampled_from([None, *Happening]),
    company=st.sampled_from([None, *Company]),
    threatened=st.booleans(),
    both=st.booleans(),
    over=st.booleans(),
    aside=st.booleans(),
    said=st.sampled_from([(), ("own_wish.first.any", "nowhere:9")]),
)  # fmt: skip


@given(state=STATES, text=MESSAGES, danger=DANGERS, debt=st.booleans())
def test_every_state_has_a_reply_to_anything_and_while_it_is_happening_it_begins_with_a_number(
    *, state: CrisisState, text: str, danger: DangerAssessment, debt: bool
) -> None:
    outcome = respond(state, text, danger=danger, asks_about_debt=debt, now=NOW)
    after = outcome.crisis
    assert after is not None
    if after.happening and not after.over:
        assert reply_of(outcome).text.startswith(FIRST)
    if after.threatened and not after.over:
        assert "请把手机给" not in (outcome.reply.text if outcome.reply else "")
    assert outcome.reply is not None or outcome.line is not None or state.over
    if outcome.reply is not None:
        assert any(number in outcome.reply.text for number in ("110", "120", "12356"))
        assert "{" not in outcome.reply.text.replace("{点}", "")  # the channel says how choices are taken
        assert 1 <= len(outcome.reply.choices) <= 5


@given(STATES)
def test_a_state_survives_being_stored(state: CrisisState) -> None:
    adapter = TypeAdapter(CrisisState)
    assert adapter.validate_json(adapter.dump_json(state, exclude_defaults=True)) == state


def test_nothing_that_was_written_is_kept() -> None:
    outcome = talk(("我在锦绣花园三号楼顶", URGENT), "我叫王小明", "我吃了两瓶")
    kept = TypeAdapter(CrisisState).dump_json(state_of(outcome)).decode()
    assert not any(word in kept for word in ("锦绣", "王小明", "两瓶", "楼"))


def test_a_long_talk_stays_small() -> None:
    state, chance = state_of(say(None, "我不想活了", PLAIN)), random.Random(1)  # noqa: S311 - which words, not a secret
    for _ in range(200):
        state = state_of(say(state, chance.choice(PHRASES), chance.choice([NONE, PLAIN])))
    assert len(state.said) <= 40


# --- buttons ------------------------------------------------------------------------------------------------------


def test_a_button_stands_for_words_and_is_labelled_again() -> None:
    for value, button in SCRIPT.buttons.items():
        assert len(value.encode("ascii")) <= 64
        assert words(value) == button.words
        labelled = choice(value)
        assert labelled is not None
        assert (labelled.label, labelled.value) == (button.label, value)
    for other in ("i:home_visit", "c:nothing", "", "menu"):
        assert words(other) is None
        assert choice(other) is None


def test_each_button_of_a_state_is_understood_there() -> None:
    for stage in SCRIPT.states:
        if stage.when.over:
            continue
        whose = stage.when.whose or Whose.OWN
        state = CrisisState(
            NOW, whose, "mother" if whose is Whose.OTHER else None, threatened=bool(stage.when.threatened)
        )
        if stage.urgent and not stage.when.threatened:
            state = replace(state, happening=Happening.MISSING if stage.name == "other_missing" else Happening.TOOK)
        for value in stage.buttons:
            said = state_of(say(state, words(value) or "")).said[-1]
            assert ".goes_on" not in said, (stage.name, value, said)

"""script.yaml: what it may never say, that every line is reached, and that mistakes in it are told clearly."""

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import pytest

from bot.crisis.hearing import listener
from bot.crisis.loading import FIRST_NUMBERS, ScriptError, lines_of, read_script, shipped_script
from bot.crisis.paths import leads, paths, starts
from bot.crisis.script import Line
from bot.crisis.state import CrisisState, Happening, Whose
from tests.bot.crisis.talks import NONE, NOW, OTHERS, PLAIN, reply_of, say

TEXT = files("bot.crisis").joinpath("script.yaml").read_text("utf-8")
SCRIPT = shipped_script()

PROMISES = (
    "一定", "会一直", "都会", "保证", "肯定", "绝对", "随时", "不会再", "会好起来", "会好的", "放心", "没事的", "陪您到", "会来找您", "会帮您",
    "会过去", "不会有事", "不告诉任何人", "已经帮您",
)  # fmt: skip
HOURS = ("今晚", "今天", "今夜", "明天", "早上", "晚上", "半夜", "夜里", "深夜", "天亮", "昨", "凌晨", "睡一觉", "周末")
FEELINGS = (
    "松了",
    "踏实",
    "我担心",
    "我很难过",
    "心疼",
    "我在乎",
    "我高兴",
    "我害怕",
    "我懂您",
    "我理解",
    "拉不住",
    "抱抱",
)
LECTURES = (
    "想不开吧", "别想不开", "多大点事", "比您惨", "为了孩子", "为了家人", "坚强", "加油", "自私", "懦弱", "对得起", "12378", "12363", "12345",
    "12348", "身份证", "合同", "截图", "继承", "遗产",
)  # fmt: skip
METHODS = (
    "药", "刀", "绳", "楼", "桥", "窗", "高处", "天台", "阳台", "跳", "割", "上吊", "煤气", "炭", "毒", "江", "河", "铁轨", "剪", "瓶", "片",
)  # fmt: skip
LETHAL = ("农药", "安眠药", "百草枯", "跳楼", "上吊", "割腕", "烧炭", "煤气")
"""What isn't named to anybody, relatives among them."""


def _all_lines() -> Iterator[tuple[str, Line]]:
    for stage in SCRIPT.states:
        yield from ((f"{stage.name} {place}", line) for place, line in lines_of(stage))
        if stage.ask_age is not None:
            yield f"{stage.name} ask_age", stage.ask_age
    for name, lines in SCRIPT.fears.items():
        yield from ((f"fears {name}", line) for line in lines)
    for name in ("numbers", "both_own", "both_other", "debt_line", "doubtful_line"):
        yield name, getattr(SCRIPT, name)


ALL = [*_all_lines()]
FOR_RELATIVES = {stage.name for stage in SCRIPT.states if stage.when.whose is Whose.OTHER} | {"both_other"}


@pytest.mark.parametrize("words", [PROMISES, HOURS, FEELINGS, LECTURES, LETHAL], ids=lambda words: words[0])
def test_no_line_holds_a_promise_an_hour_a_feeling_a_lecture_or_a_method(words: tuple[str, ...]) -> None:
    assert [(place, word) for place, line in ALL for word in words if word in line.say] == []


def test_to_the_person_no_means_are_named() -> None:
    own = [(place, line.say) for place, line in ALL if place.split()[0] not in FOR_RELATIVES]
    own = [(place, said) for place, said in own if place != "over first → other"]
    assert [(place, word) for place, said in own for word in METHODS if word in said] == []


def test_no_line_is_long() -> None:
    assert [(place, line.say) for place, line in ALL if len(line.say) > 170] == []


def test_whoever_thinks_of_a_child_is_told_not_to_let_it_help() -> None:
    said = [line.say for place, line in ALL if "child_here" in place or "names_child" in place]
    assert said
    assert all(re.search("不让孩子|别让孩子|别叫孩子|不叫孩子", each) for each in said)


def test_each_cue_is_heard_in_its_own_example() -> None:
    heard = {name: each for name, each in SCRIPT.listeners.items() if each.hears is not None}
    assert [name for name, each in heard.items() if not each(each.example)] == []


def test_every_line_is_reached() -> None:
    said = [
        reply_of(say(None, "想死", PLAIN)).text,
        reply_of(say(None, "我女儿想死", OTHERS)).text,
        reply_of(say(CrisisState(NOW, Whose.OTHER, "mother"), "我也不想活了", PLAIN)).text,
        reply_of(say(CrisisState(NOW, said=("x",)), "我妈想死", OTHERS)).text,
        say(CrisisState(NOW), "网贷逾期会坐牢吗", debt=True).line or "",
        SCRIPT.doubtful_line.say,
    ]
    for state in (CrisisState(NOW), CrisisState(NOW, Whose.OTHER, "father", gone=True)):
        asked = [say(replace(state, said=before), "欠了二十万，利息怎么办") for before in ((), ("own_wish.debt:0",))]
        said += [reply_of(each).text for each in asked]
    examples = {name: each.example for name, each in SCRIPT.listeners.items()}
    for stage in SCRIPT.states:
        for state in starts(stage):
            for cue, example in {**examples, "debt": "云呢", "": "天上有云"}.items():
                said += _said(replace(state, since=NOW), cue, example)
    together = "\n".join(said)
    unreached = [place for place, line in ALL if not all(re.search(_pattern(p), together) for p in line.lines)]
    assert unreached == []


def _pattern(paragraph: str) -> str:
    return re.escape(paragraph).replace(re.escape("{whom}"), ".{2,6}").replace(re.escape("{他}"), "[他她]")


def _said(state: CrisisState, cue: str, example: str) -> Iterator[str]:
    """What is said when the same is heard again and again."""
    for danger in (NONE, PLAIN):
        now: CrisisState | None = state
        for _ in range(5):
            outcome = say(now, example, danger, debt=cue == "debt")
            if outcome.reply is not None:
                yield outcome.reply.text
            now = outcome.crisis


def test_a_reviewer_reads_every_line_with_its_reason() -> None:
    printed = "\n".join(paths())
    said = {place: line.lines[0].replace("{点}", "点") for place, line in ALL}
    assert [place for place, line in ALL if line.why not in printed or said[place] not in printed] == []


def test_what_a_reviewer_reads_is_chinese_and_laid_out_in_lines() -> None:
    printed = [*paths()]
    assert [line for line in printed if re.search("[A-Za-z]", line.replace("{whom}", ""))] == []
    assert {re.match(" *", line)[0] for line in printed if line} == {"", "  ", "    ", "      "}  # type: ignore[index] # it always matches


def test_everything_that_is_happening_begins_with_a_number() -> None:
    urgent = [stage for stage in SCRIPT.states if stage.urgent]
    assert [stage.name for stage in urgent] == [
        "own_body",
        "own_now",
        "own_threat",
        "other_threat",
        "other_missing",
        "other_now",
    ]
    assert all(line.say.startswith(FIRST_NUMBERS) for stage in urgent for _, line in lines_of(stage))


# --- the notation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hears", "but", "heard", "unheard"),
    [
        ("没有人", "", ["家里没有人"], ["没人"]),
        ("没[有/]人", "", ["没有人", "没人"], ["没有"]),
        ("＝[我/]在", "", ["在", "我在"], ["在吗"]),
        ("<大人>…在", "<大人>不在", ["我妈现在在"], ["我妈不在", "在"]),
        (
            "<未成年岁数>",
            "",
            ["八岁", "14岁", "十六岁", "今年十六"],
            ["二十三岁", "18岁", "才10万", "38岁", "二十八岁"],
        ),
        ("<成年岁数>", "", ["二十三岁", "18岁", "四十多岁"], ["十七岁", "8岁"]),
    ],
)
def test_the_notation(hears: str, but: str, heard: list[str], unheard: list[str]) -> None:
    hear = listener(hears, but, {"大人": "我妈 我爸"})
    assert [text for text in heard if not hear(text)] == []
    assert [text for text in unheard if hear(text)] == []


@pytest.mark.parametrize(
    ("hears", "example"),
    [
        ("[我/]没[那么/太]想<大人>…好 别的", "没那么想我妈好"),
        ("＝<成年岁数>了", "二十岁了"),
        ("<未成年岁数>", "十四岁"),
        ("[有人/甲]", "有人"),
    ],
)
def test_the_first_way_of_saying_it_is_the_example(hears: str, example: str) -> None:
    assert listener(hears, "", {"大人": "我妈 我爸"}).example == example


@pytest.mark.parametrize(
    ("hears", "cues"),
    [
        ("<大人>在", {"妈", "爸"}),
        ("[骂/吼]人", {"骂", "吼"}),
        ("没人 <成年岁数>", None),
        ("[骂/]人", {"人"}),
        ("在…割腕", {"割"}),
    ],
)
def test_a_message_is_looked_through_only_where_it_holds_one_of_the_rarest_characters(
    hears: str, cues: set[str] | None
) -> None:
    assert listener(hears, "", {"大人": "我妈 我爸"}).cues == cues


def test_a_pronoun_is_whoever_else_is_named() -> None:
    assert SCRIPT.person("她说我妈不行了") == SCRIPT.person("我妈不行了") == "mother"
    assert SCRIPT.person("他说我爸不行了") == SCRIPT.person("我爸不行了") == "father"
    assert SCRIPT.person("天气真好") is None


def test_a_line_may_be_one_word() -> None:
    assert Line(say="嗯", why="短").lines == ("嗯",)


# --- what a reviewer reads ---------------------------------------------------------------------------------------------


def test_a_reviewer_is_told_to_whom_and_of_what_each_first_line_is() -> None:
    printed = {*paths()}
    firsts = ("本人", "亲友", "说没有那个意思", "已经伤了", "叫不醒，没有呼吸", "吃了、喝了什么", "在危险的地方")
    assert {f"  到了这一步，先说（{first}）" for first in firsts} <= printed
    others = ("答了债的问题", "只是听着像有危险", "两个人都有危险，说的是本人", "两个人都有危险，说的是亲友")
    assert {f"  {other}" for other in others} <= printed


def test_a_reviewer_sees_an_example_of_all_that_is_heard_by_words() -> None:
    printed = [*paths()]
    examples = [(SCRIPT.hears[name].title, each.example) for name, each in SCRIPT.listeners.items()]
    shown = [
        (title, example)
        for title, example in examples
        if any(f"听到“{title}”（例：{example}）" in line for line in printed)
    ]
    assert len(shown) > 30
    assert all(example for _, example in shown)
    told = "\n".join(printed)
    for title, example in examples:
        assert not example or f"听到“{title}”（由识别危险的那一层听）" not in told
    assert "（听着是债的问题）" in told


def test_what_is_heard_leads_where_the_talk_then_stands() -> None:
    wish = SCRIPT.by_name["own_wish"]
    assert leads(SCRIPT, wish, "again") == ()
    [begun] = leads(SCRIPT, wish, "took")
    assert begun == SCRIPT.stage(CrisisState(NOW, happening=Happening.TOOK)).title
    for stage in SCRIPT.states:
        about = {state.whose for state in starts(stage)}
        for name, cue in SCRIPT.hears.items():
            if cue.whose is not None and cue.whose not in about:
                assert leads(SCRIPT, stage, name) == ()
            if cue.only == "threatened" and not stage.when.threatened:
                assert leads(SCRIPT, stage, name) == ()


def test_what_is_heard_only_of_a_threat_leads_on_from_there() -> None:
    threats = [stage for stage in SCRIPT.states if stage.when.threatened]
    only = [name for name, cue in SCRIPT.hears.items() if cue.only == "threatened"]
    assert [stage.name for stage in threats if any(leads(SCRIPT, stage, name) for name in only)]


def test_each_state_is_where_a_talk_with_its_facts_stands() -> None:
    for stage in SCRIPT.states:
        assert [SCRIPT.stage(state).name for state in starts(stage)] == [stage.name] * len(starts(stage))
    assert SCRIPT.stage(CrisisState(NOW)).name == "own_wish"


def test_a_talk_about_somebody_else_stands_with_somebody() -> None:
    for stage in SCRIPT.states:
        for state in starts(stage):
            assert state.whom == ("someone" if state.whose is Whose.OTHER else None)


# --- mistakes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "replacement", "told"),
    [
        ("begins: 120 或 110，现在就打一个", "begins: 现在就打一个", "要以 120 或 110 开头"),
        ("say: 120 先打，别挂", "say: 先打，别挂", "own_body → answers → alone → 1"),
        ("      alone:\n        - say: 120", "      alon:\n        - say: 120", "hears 里没有“alon”"),
        ("buttons: [c:here, c:called", "buttons: [c:hear, c:called", "没有“c:hear”这个按钮"),
        ("  c:here: {label", "  c:这: {label", "要以 c: 开头"),
        ("like: own_wish", "like: own_wis", "没有“own_wis”这一步"),
        ("<危险的地方>", "<危险地方>", "words 里没有“危险地方”"),
        ("[有人/<大人>]", "[有人/<大人>", "读不懂"),
        ("hears: 受不了", "hears: … 受不了", "什么都能对上"),
        ("say: 120 先打，别挂", "say: 120 先打{说}，别挂", "不认得 {说}"),
        ("why: 不猜", "wy: 不猜", "wy"),
        ("states:", "states: [", "不是 YAML"),
        ("when: {whose: own}", "when: {whose: own, age: grown}", "没有一步对得上"),
        ("numbers: {say: 有危险打 110 或 120；", "numbers: {say: 有危险打 110；", "少了号码 120"),
        ("  - name: own_young", "  - name: own_wish", "有两个同名的"),
        ("    urgent: true\n    begins: 120 或 110，现在就打一个，先说您", "    begins: 先说您", "没有写 urgent: true"),
        ("      unsaid:\n        say: |\n          110 或 120，", "      unsayd:\n        say: |\n          110 或 120，", "少了“unsaid”"),
        ("      unsaid:\n        say: |\n          110 或 120，", "      unsayd:\n        say: |\n          110 或 120，", "多了“unsayd”"),
        ("<危险的地方>", "<危险的地方", "没有配成对"),
        (f"- name: {SCRIPT.states[0].name}", f"- nam: {SCRIPT.states[0].name}", "states → 1 → name"),
        ("  c:here: {label", f"  c:{'a' * 63}: {{label", "要以 c: 开头"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(text: str, replacement: str, told: str) -> None:
    assert text in TEXT
    with pytest.raises(ScriptError) as error:
        read_script(TEXT.replace(text, replacement, 1))
    assert error.value.user_message.startswith("script.yaml：")
    assert told in error.value.user_message


def test_what_is_heard_by_nothing_is_told() -> None:
    without = re.sub("(  guilt:\n    title: 怪自己\n)    hears: .*\n", r"\1", TEXT)
    assert without != TEXT
    with pytest.raises(ScriptError, match="hears → guilt：没有写听到什么"):
        read_script(without)


def test_a_button_may_be_as_long_as_a_channel_carries() -> None:
    with pytest.raises(ScriptError) as error:
        read_script(TEXT.replace("  c:here: {label", f"  c:{'a' * 62}: {{label"))
    assert "要以 c: 开头" not in str(error.value)


def test_what_is_no_text_at_all_is_told_of_its_beginning() -> None:
    with pytest.raises(ScriptError, match="开头：不是 YAML"):
        read_script("\x01")

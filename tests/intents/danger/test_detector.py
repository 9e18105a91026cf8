"""Where the lines lie: what a message must reach to count, how long it must be to be weighed, whose life it is."""

import math
from copy import copy
from dataclasses import replace

import pytest

from intents.danger.detector import (
    BLANK,
    PAIR,
    DangerDetector,
    DangerLevel,
    DangerSignal,
    Sign,
    SignalKind,
    _told_of,
    shipped_detector,
)
from intents.danger.score import DangerClassifier, Line, Lines, Margins, load_categories

NONE, DOUBTFUL, PLAIN = DangerLevel
NEVER = Line(math.inf, math.inf)
LINES = Lines(*(Line(0.25, 0.75),) * 5)
SHIPPED = DangerDetector()
CATEGORIES = load_categories()
SIGNAL = DangerSignal(SignalKind.DIRECT, "want_to_die", "想死")
PARK = "今天去公园走"
"""Nothing in it tells of danger."""
FILLER = "上午下午中午早晨傍晚周一周二周三周四周五周六周日正月腊月立春雨水惊蛰春分清明谷雨立夏小满芒种夏至小暑大暑立秋处暑白露秋分寒露霜降"
"""Characters that tell nothing."""


def heard(danger: float = 0.0, plain: float = 0.0, another: float = 0.0, lines: Lines = LINES) -> DangerDetector:
    """A detector to which the wording of every message says the same."""
    detector = copy(SHIPPED)  # reading the signs anew for each would take most of the tests' time
    detector._wording = DangerClassifier({}, Margins(danger, plain, another), lines, CATEGORIES)
    detector._least = lines.least_unsure()
    return detector


@pytest.mark.parametrize(
    ("danger", "plain", "level"),
    [(0.25, 0.0, DOUBTFUL), (0.2499, 0.7499, NONE), (0.0, 0.75, PLAIN), (0.25, 0.75, PLAIN)],
)
def test_a_margin_counts_from_its_line_on(danger: float, plain: float, level: DangerLevel) -> None:
    assert heard(danger, plain).assess(PARK).level is level
    assert Margins(danger, plain, 0).reach(LINES.wording) is (level is not NONE)


def test_the_least_with_which_anything_counts_is_of_each_line_but_that_of_sure_patterns() -> None:
    four = [Line(1, 8), Line(2, 7), Line(3, 6), Line(4, 5)]
    for first in range(4):
        one, two, three, other = (*four[first:], *four[:first])
        assert Lines(one, two, three, other, Line(0, 0)).least_unsure() == Line(1, 5)


@pytest.mark.parametrize(
    ("sign", "line"),
    [
        (Sign(SIGNAL, PLAIN, sure=True), "sure"),
        (Sign(SIGNAL, PLAIN), "signed"),
        (Sign(SIGNAL, DOUBTFUL), "leaning"),
        (None, "wording"),
    ],
)
def test_each_kind_of_sign_has_a_line_of_its_own(sign: Sign | None, line: str) -> None:
    assert SHIPPED.telling(SHIPPED.folded(PARK), sign) == line
    only = replace(Lines(*(NEVER,) * 5), **{line: Line(0.0, 0.0)})
    text = {"sure": "我想自杀", "signed": "我想去死啊", "leaning": "活着没意思", "wording": PARK}[line]
    folded = SHIPPED.folded(text)
    assert SHIPPED.telling(folded, SHIPPED.patterned(folded)) == line
    assert heard(lines=only).assess(text).level is (NONE if len(folded) < 5 and line == "wording" else PLAIN)


def test_what_names_danger_has_a_line_of_its_own() -> None:
    folded = SHIPPED.folded("安眠药多少钱")
    assert SHIPPED.names_danger(folded)
    assert SHIPPED.telling(folded, None) == "named"
    assert not SHIPPED.names_danger(SHIPPED.folded(PARK))


@pytest.mark.parametrize(("text", "level"), [("去公园走", NONE), ("今去公园走", PLAIN)])
def test_a_message_of_less_than_five_characters_is_not_weighed(text: str, level: DangerLevel) -> None:
    assert heard(9, 9).assess(text).level is level


def test_a_short_message_with_a_pattern_is_believed() -> None:
    assert heard(-9, -9).assess("想自杀").level is PLAIN


def test_in_a_message_too_short_to_be_weighed_the_sentence_says_whose_life_it_is() -> None:
    signal = heard(another=9).assess("想自杀").signal
    assert signal is not None
    assert signal.kind is SignalKind.DIRECT


def test_two_weak_signs_make_one_together() -> None:
    folded = SHIPPED.folded("我对生活完全绝望，不想继续下去了")
    sign = SHIPPED.patterned(folded)
    assert sign is not None
    assert (sign.signal.pattern, sign.level, sign.sure, sign.alone) == (PAIR, DOUBTFUL, False, False)
    assert sign.signal.words.endswith("：绝望、活")
    assert SHIPPED.patterned(folded, only_sure=True) is None
    assert SHIPPED.patterned(SHIPPED.folded("我对一切完全绝望")) is None


def with_length(text: str, length: int) -> str:
    """The text with enough that tells nothing behind it."""
    beginning = f"{text}，"
    return beginning + (FILLER * 3)[: length - len(SHIPPED.folded(beginning)) - 1 + beginning.endswith("，")]


@pytest.mark.parametrize(("length", "level"), [(100, NONE), (101, PLAIN)])
def test_a_pattern_is_doubted_in_a_message_of_up_to_a_hundred_characters(length: int, level: DangerLevel) -> None:
    text = next(each for n in range(90, 110) if len(SHIPPED.folded(each := with_length("我想去死啊", n))) == length)
    assert heard(-9, -9).assess(text).level is level


def test_in_a_long_message_the_wording_alone_counts_too_and_a_leaning_pattern_at_least_leans() -> None:
    long, leaning = with_length("去公园走", 120), with_length("活着没意思", 120)
    assert heard(9, -9).assess(long).level is DOUBTFUL
    assert heard(9, 9).assess(long).level is PLAIN
    assert heard(-9, -9).assess(long).level is NONE
    assert heard(-9, -9).assess(leaning).level is DOUBTFUL
    assert heard(9, 9).assess(leaning).level is PLAIN


@pytest.mark.parametrize(
    ("another", "kind", "told"),
    [
        (0.15, SignalKind.DIRECT, SignalKind.RELATIVE),
        (0.1499, SignalKind.DIRECT, SignalKind.DIRECT),
        (-0.15, SignalKind.RELATIVE, SignalKind.INDIRECT),
        (-0.1499, SignalKind.RELATIVE, SignalKind.RELATIVE),
        (-0.15, SignalKind.DIRECT, SignalKind.DIRECT),
    ],
)
def test_from_a_margin_on_the_wording_says_whose_life_it_is(another: float, kind: SignalKind, told: SignalKind) -> None:
    assert _told_of(replace(SIGNAL, kind=kind), Margins(0, 0, another)).kind is told
    my_body = replace(SIGNAL, kind=kind, words="掐我脖子")
    assert _told_of(my_body, Margins(0, 0, another)) is my_body


@pytest.mark.parametrize(
    ("between", "kind"), [(0, SignalKind.RELATIVE), (29, SignalKind.RELATIVE), (30, SignalKind.DIRECT)]
)
def test_whoever_is_named_up_to_thirty_characters_before_is_the_one(between: int, kind: SignalKind) -> None:
    text = f"她{FILLER[:between]}想去死"
    sign = SHIPPED.patterned(SHIPPED.folded(text))
    assert sign is not None
    assert SHIPPED.folded(text).index(sign.signal.words) == between + 1
    assert sign.signal.kind is kind


def test_what_only_sounds_like_danger_is_blanked_out() -> None:
    assert BLANK in SHIPPED.folded("笑死我了")
    assert SHIPPED.assess("").level is NONE


@pytest.mark.parametrize("before", ["", "收到传票了要几天内答辩？", "花呗逾期两个月会怎么样？\n"])
@pytest.mark.parametrize("after", ["", "违约金能不能少？", "征信什么时候能好！"])
def test_what_is_happening_now_is_as_plain_between_questions_about_a_debt(before: str, after: str) -> None:
    now = "我刚才把一整瓶安眠药都吃了。"
    assert shipped_detector().assess(f"{before}{now}{after}").level is DangerLevel.PLAIN

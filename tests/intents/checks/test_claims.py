"""What counts as a promise, and as a hotline without its qualifier."""

import pytest

from intents.load import check_text
from tests.mistakes import GOOD, LIMITS, TODAY


def codes(text: str) -> list[str]:
    return [problem.code for problem in check_text(text, today=TODAY, limits=LIMITS).problems]


@pytest.mark.parametrize(
    "said",
    [
        "他们一定会走。",
        "这样做保证您不用还。",
        "法院肯定会支持您。",
        "您随时可以打这个电话。",
        "还了就不会再催。",
        "百分之百能谈成。",
        "谈好了马上就能停催。",
    ],
)
def test_a_sentence_that_promises_is_found(said: str) -> None:
    assert codes(GOOD.replace("打开手机录像。", said)) == ["W-PROMISE"]


@pytest.mark.parametrize(
    "said",
    [
        "对方不一定会同意。",
        "没有人能保证结果。",
        "有人说“保证您通过”，那是骗局。",
        "没签过保证合同，就没有还款义务。",
        "逾期到一定程度，可能要一次还清。",
    ],
)
def test_what_promises_nothing_is_left_alone(said: str) -> None:
    assert codes(GOOD.replace("打开手机录像。", said)) == []


def test_a_sentence_that_somebody_has_read_is_let_through() -> None:
    text = GOOD.replace("打开手机录像。", "您随时可以撤回同意。")
    assert codes(text) == ["W-PROMISE"]
    assert codes(text.replace("version: 1\n", "version: 1\nallowed_wording:\n  - 您随时可以撤回同意。\n")) == []


@pytest.mark.parametrize(
    ("bare", "qualified"),
    [
        ("打 12368 核实。", "打 12368 核实，外地法院加区号。"),
        ("心里难受打 12356。", "心里难受打 12356，占线就换个时段。"),
        ("像诈骗就打 96110。", "像诈骗就打 96110，不通打 110。"),
        ("不能出声就发短信到 12110。", "不能出声就发短信到 12110 加当地区号后三位。"),
    ],
)
def test_a_number_needs_its_qualifier(bare: str, qualified: str) -> None:
    assert codes(GOOD.replace("打开手机录像。", bare)) == ["W-HOTLINE"]
    assert codes(GOOD.replace("打开手机录像。", qualified)) == []


def test_once_in_an_answer_is_enough_but_the_summary_stands_alone() -> None:
    twice = GOOD.replace("打开手机录像。", "打 12368 核实。").replace(
        "隔着门问清姓名和公司。", "打 12368，外地法院加区号。"
    )
    assert codes(twice) == []
    summary = "summary: 您不同意，来的人不能进门。先打 12368。硬闯就打 {hotline_demo}。"
    alone = twice.replace("summary: 您不同意，来的人不能进门。硬闯就打 {hotline_demo}。", summary)
    assert codes(alone) == ["W-HOTLINE"]


def test_a_longer_number_is_no_hotline() -> None:
    assert codes(GOOD.replace("打开手机录像。", "案号里有 1236812345。")) == []

"""Lines put into faq.yaml: what is new says what it should, every other byte stays."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intents.faq.edit import EditError, with_question, yaml_scalar
from intents.faq.reader import parse_yaml

FILE = """\
# 第一行注释
version: 1
intents:
  # --- 上门 ---
  - id: home_visit   # 编号
    questions:
      - 催收会上门吗
      - "会不会来我家: 真的"   # 带引号的

      # 远的说法
      - 有人来敲门要钱
    # 下一条之前的注释
    owner: 内容组
  - id: lawsuit
    questions: [会被起诉吗, 收到传票怎么办]   # 写在一行
    owner: 内容组
  - {id: flow, questions: [
      一句,
      两句,  # 尾注
    ], owner: 内容组}
  - id: folded
    questions:
    - >-
      折成
      两行
    - |
      竖线写法

    owner: 内容组
out_of_scope:
  questions:
    - 花呗怎么开通"""


def questions(text: str, intent: str) -> list[object]:
    loaded = yaml.safe_load(text)
    entry = (
        loaded["out_of_scope"] if intent == "out_of_scope" else next(i for i in loaded["intents"] if i["id"] == intent)
    )
    return list(entry["questions"])


def only_added(before: str, after: str) -> str:
    """What was put in at one place; fails when anything else differs."""
    start = 0
    while start < len(before) and before[start] == after[start]:
        start += 1
    added = len(after) - len(before)
    assert before == after[:start] + after[start + added :]
    return after[start : start + added]


@pytest.mark.parametrize("intent", ["home_visit", "lawsuit", "flow", "folded", "out_of_scope"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("last", ["", "\n"], ids=["no line end at the end", "line end at the end"])
def test_a_question_goes_to_the_end_of_its_list_and_nothing_else_changes(
    intent: str, line_end: str, mark: str, last: str
) -> None:
    before = mark + (FILE + last).replace("\n", line_end)
    edit = with_question(before, intent, "今晚会来吗")
    only_added(before, edit.text)
    assert questions(edit.text.removeprefix("\ufeff"), intent)[-1] == "今晚会来吗"
    assert questions(edit.text.removeprefix("\ufeff"), intent)[:-1] == questions(before.removeprefix("\ufeff"), intent)
    assert (edit.text.count("\r\n") == edit.text.count("\n")) == (line_end == "\r\n")


def test_the_edit_names_the_line_of_what_is_new() -> None:
    edit = with_question(FILE, "home_visit", "今晚会来吗")
    assert edit.text.splitlines()[edit.line - 1] == "      - 今晚会来吗"
    assert edit.added_lines == 1


@given(
    st.text(
        st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"), min_size=1
    )
    .map(str.strip)
    .filter(bool)
)
def test_any_question_is_read_back_as_it_was_written(question: str) -> None:
    for intent in ("home_visit", "lawsuit"):
        edit = with_question(FILE, intent, question)
        only_added(FILE, edit.text)
        assert questions(edit.text, intent)[-1] == question


@pytest.mark.parametrize(
    "text",
    ["no", "012", "1:30", "2026-11-23", "~", "null", "a: b", "a #b", "[x]", "- x", "“引号”", "是,否", "!a", "@b"],
)
def test_what_yaml_would_read_otherwise_is_quoted(text: str) -> None:
    assert yaml.safe_load(f"- {yaml_scalar(text)}") == [text]
    assert yaml.safe_load(f"[{yaml_scalar(text)}, 其他]") == [text, "其他"]
    assert not parse_yaml(f"- {yaml_scalar(text)}\n").conversions


def test_a_plain_question_is_written_without_quotes() -> None:
    assert yaml_scalar("催收会上门吗？今晚") == "催收会上门吗？今晚"


@pytest.mark.parametrize(
    ("text", "intent", "said"),
    [
        (FILE, "nobody", "没有话题“nobody”"),
        ("intents: [\n", "home_visit", "读不懂"),
        ("intents:\n  - id: a\n    owner: x\n", "a", "还没有 questions"),
        ("intents:\n  - id: a\n    questions: []\n", "a", "还没有 questions"),
        ("intents:\n  - id: a\n    questions: 不是列表\n", "a", "还没有 questions"),
    ],
)
def test_a_file_that_cannot_be_edited_is_refused_in_one_line(text: str, intent: str, said: str) -> None:
    with pytest.raises(EditError, match=said) as refused:
        with_question(text, intent, "一句话")
    assert "\n" not in str(refused.value)


def test_several_questions_go_in_at_once_in_a_list_and_in_brackets() -> None:
    edit = with_question(FILE, "home_visit", "一个", "另一个")
    assert questions(edit.text, "home_visit")[-2:] == ["一个", "另一个"]
    assert (edit.text.splitlines()[edit.line - 1], edit.added_lines) == ("      - 一个", 2)
    flow = with_question(FILE, "lawsuit", "一个", "另一个")
    assert only_added(FILE, flow.text) == ", 一个, 另一个"
    assert (flow.text.splitlines()[flow.line - 1].strip(), flow.added_lines) == (
        "questions: [会被起诉吗, 收到传票怎么办, 一个, 另一个]   # 写在一行",
        0,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("intents:\n  - id: a\n    ? questions\n    : - 一句\n", "这个列表的写法太特别"),
        ("intents:\n  - id: a\n    questions:\n      - |+\n        一句\n\n\n    owner: 内容组\n", "自动加会弄乱别处"),
        ("version: 1\n", "没有话题“a”"),
        ("version: 1\nintents: [\n", r"读不懂：第 \d 行 E-[A-Z-]+ .+；.+"),
    ],
)
def test_what_is_written_too_specially_is_left_to_an_editor(text: str, said: str) -> None:
    with pytest.raises(EditError, match=said):
        with_question(text, "a", "又一句")


def test_at_the_end_of_a_file_of_windows_line_ends_the_new_line_has_one_too() -> None:
    edit = with_question("intents:\r\n  - id: a\r\n    questions:\r\n      - 一句", "a", "又一句")
    assert edit.text.endswith("      - 一句\r\n      - 又一句")
    assert (edit.line, edit.added_lines) == (5, 1)

"""Which messages look unfinished."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talk import answers, wording
from bot.talk.fragments import PASTED, expects_more, in_danger


@pytest.mark.parametrize(
    "text",
    [
        "我借了网贷",
        "三个月没还了",
        "今天催收打电话",
        "说明天带人来我家",
        "我想问一下",
        "那个",
        "还有，",
        "就是…",
        "因为",
        "催" * PASTED,
    ],
)
def test_a_statement_a_beginning_and_a_cut_text_may_go_on(text: str) -> None:
    assert expects_more(text)


@pytest.mark.parametrize(
    "text",
    [
        *("催收会上门吗", "怎么办", "要坐牢不？", "我欠了三万，现在还不上。", "违约金多少", "爆通讯录合法吗", "救救我"),
        *("2", "第二个", "菜单", "返回", "权利", "有用", "都不是", "没答到点上", "谢谢", "你好", "转人工"),
        *("ok", "哈哈", "👍", "asdf", "/help", "", "  "),
    ],
)
def test_a_question_a_sentence_and_a_word_of_the_bots_own_are_complete(text: str) -> None:
    assert not expects_more(text)


def test_the_label_of_a_button_is_complete() -> None:
    labels = [*answers.HEADINGS.values(), *wording.REASONS.values(), wording.BACK, wording.MORE, wording.CALL]
    assert [label for label in labels if expects_more(label)] == []


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    assert expects_more(text) in {True, False}
    assert in_danger(text) in {True, False}


def test_danger_is_told_from_debt() -> None:
    assert in_danger("我不想活了")
    assert in_danger("我真的\n不想活了")
    assert not in_danger("催收会上门吗")

"""Commands and numbers in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talk.text_commands import Command, command, fold, number


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("菜单", Command.MENU), ("目錄", Command.MENU), ("打开菜单", Command.MENU), ("/topics", Command.MENU),
        ("返回", Command.BACK), ("返回上一步", Command.BACK), ("上一步", Command.BACK), ("回去吧", Command.BACK),
        ("换个问题", Command.NEW), ("我想换个话题", Command.NEW), ("问别的", Command.NEW), ("重新开始", Command.NEW),
        ("帮助", Command.HELP), ("怎么用", Command.HELP), ("/help", Command.HELP),
        ("隐私政策", Command.PRIVACY), ("/privacy", Command.PRIVACY),
        ("删除我的数据", Command.FORGET), ("请把我的聊天记录都删掉", Command.FORGET), ("忘记我", Command.FORGET),
    ],
)  # fmt: skip
def test_a_command_is_understood_in_words(said: str, meant: Command) -> None:
    assert command(fold(said)) is meant


@pytest.mark.parametrize(
    "said",
    [
        "平台会不会删除我的数据",
        "返回的利息怎么算",
        "怎么用信用卡",
        "帮助我",
        "换个号码会怎样",
        "开始催收了",
        "我的信息",
        "",
        "谢谢",
    ],
)
def test_a_sentence_that_means_something_else_is_no_command(said: str) -> None:
    assert command(fold(said)) is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1", 1),
        ("１２", 12),
        ("第三个", 3),
        ("选2", 2),
        ("我选二吧", 2),
        ("③", 3),
        ("十", 10),
        ("2.", 2),
        ("按1", 1),
        ("4号", 4),
        ("第二个呢", 2),
    ],
)
def test_a_number_picks(said: str, meant: int) -> None:
    assert number(fold(said)) == meant


@pytest.mark.parametrize("said", ["12378", "三万", "1天", "一共多少", "", "逾期3个月", "100", "24呢", "18呢"])
def test_an_amount_or_a_hotline_picks_nothing(said: str) -> None:
    assert number(fold(said)) is None


@given(st.text(max_size=60))
def test_folding_is_idempotent_and_never_raises(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    command(folded)
    number(folded)

"""Pinyin and initials are read as words of the FAQ where that is safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.matching.pinyin import PinyinDecoder

QUESTIONS = [
    "花呗逾期会怎么样",
    "逾期了还不上怎么办",
    "法院冻结了我的微信",
    "征信花了怎么办",
    "app上显示逾期",
    "逾期还清要多久",
    "女儿考公",
] * 3
decode = PinyinDecoder(QUESTIONS, ["逾期", "花呗", "征信", "催收", "还清"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("yuqi了怎么办", "逾期了怎么办"),
        ("yu qi le", "逾期了"),
        ("hb yq了", "花呗逾期了"),
        ("zx花了", "征信花了"),
        ("fayuan dongjie了我的weixin", "法院冻结了我的微信"),
        ("huanqing", "还清"),
        ("nver", "女儿"),
    ],
)
def test_pinyin_is_read_as_the_words_of_the_faq(typed: str, meant: str) -> None:
    assert decode(typed) == meant


@pytest.mark.parametrize("text", ["app上显示", "python", "p2p", "a", "花呗逾期", ""])
def test_what_cannot_be_read_safely_stays(text: str) -> None:
    assert decode(text) == text


def test_syllables_that_no_question_has_stay_as_they_are() -> None:
    assert decode("nangua") == "nangua"


@given(st.text("abcdefghijklmnopqrstuvwxyz 逾期0", max_size=60))
def test_any_letters_are_read_without_an_error(text: str) -> None:
    assert isinstance(decode(text), str)


def test_a_reader_without_questions_changes_nothing() -> None:
    assert PinyinDecoder([], [])("yuqi") == "yuqi"

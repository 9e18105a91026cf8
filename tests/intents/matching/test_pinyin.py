"""Pinyin and initials are read as words of the FAQ where that is safe."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.matching.pinyin import PinyinReader, fuzzy, readings

QUESTIONS = [
    "花呗逾期会怎么样",
    "逾期了还不上怎么办",
    "法院冻结了我的微信",
    "征信花了怎么办",
    "app上显示逾期",
    "逾期还清要多久",
    "女儿考公",
] * 3
read = PinyinReader(QUESTIONS, ["逾期", "花呗", "征信", "催收", "还清"])


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
    assert read(typed) == meant


@pytest.mark.parametrize("text", ["app上显示", "python", "p2p", "a", "花呗逾期", ""])
def test_what_cannot_be_read_safely_stays(text: str) -> None:
    assert read(text) == text


def test_syllables_that_no_question_has_stay_as_they_are() -> None:
    assert read("nangua") == "nangua"


@given(st.text("abcdefghijklmnopqrstuvwxyz 逾期0", max_size=60))
def test_any_letters_are_read_without_an_error(text: str) -> None:
    assert isinstance(read(text), str)


def test_a_reader_without_questions_changes_nothing() -> None:
    assert PinyinReader([], [])("yuqi") == "yuqi"


@pytest.mark.parametrize(
    ("one", "other"), [("zhang", "zan"), ("cheng", "cen"), ("shi", "si"), ("nan", "lan"), ("xing", "xin")]
)
def test_syllables_that_many_speakers_mix_up_sound_alike(one: str, other: str) -> None:
    assert fuzzy(one) == fuzzy(other)


@pytest.mark.parametrize(("one", "other"), [("hua", "fa"), ("n", "l"), ("dong", "tong")])
def test_other_syllables_do_not(one: str, other: str) -> None:
    assert fuzzy(one) != fuzzy(other)


def test_a_character_has_its_usual_reading_first() -> None:
    assert readings()["还"][0] == "hai"
    assert "huan" in readings()["还"]


def test_the_table_of_readings_is_what_pypinyin_says() -> None:
    # Here, so that only the worker that runs this test waits for pypinyin.
    from tests.pinyin_table import table_text  # noqa: PLC0415

    table = files("intents.matching").joinpath("pinyin.tsv").read_text(encoding="utf-8")
    assert table == table_text(), "python -m tests.pinyin_table > intents/matching/pinyin.tsv"

"""English in the Chinese words of the questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.matching.english import translate
from intents.matching.normalize import Normalizer

normalize = Normalizer()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("can they call my boss", ("打电话", "老板")),
        ("will i be arrested for credit card debt", ("会不会", "坐牢", "信用卡")),
        ("Is this lawyer letter real?", ("律师",)),
        ("min pay得唔得", ("最低还款",)),
        ("协商能不能 waive 掉利息", ("减免",)),
        ("招行要sue我", ("起诉",)),
    ],
)
def test_english_words_are_read_in_chinese(said: str, words: tuple[str, ...]) -> None:
    read = translate(normalize(said))
    assert [word for word in words if word not in read] == []


@pytest.mark.parametrize("text", ["yuqi le zenme ban", "he", "can", "app 打不开", "gps能拆吗", "zhengxin hua le"])
def test_pinyin_and_words_that_chinese_uses_stay(text: str) -> None:
    assert translate(normalize(text)) == normalize(text)


def test_a_message_in_english_keeps_no_word_that_nobody_knows() -> None:
    assert "toronto" not in translate(normalize("my dad in Toronto owes the bank money, can the bank sue him"))


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(translate(normalize(text)), str)

"""One spelling for many: what the normaliser promises, on any text."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from intents.matching.normalize import FILLERS, MAX_CHARACTERS, Normalizer, truncate

normalize = Normalizer()
ANY_TEXT = st.text(st.characters(), max_size=80)
CHINESE = st.text(st.sampled_from("花呗逾期了会怎么样啊那个然后请问催收上门12.5%abz ，。？！"), max_size=40)


@settings(max_examples=400)
@given(ANY_TEXT | CHINESE)
def test_normalising_twice_is_normalising_once_and_never_raises(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


@given(st.lists(ANY_TEXT | CHINESE, max_size=5))
def test_many_texts_at_once_are_each_as_if_alone(texts: list[str]) -> None:
    assert normalize.batch(texts) == [normalize(text) for text in texts]


@given(ANY_TEXT)
def test_composed_and_decomposed_text_is_one(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert normalize(composed) == normalize(decomposed)


@given(CHINESE)
def test_full_width_and_half_width_are_one(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert normalize(wide) == normalize(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("逾期，會坐牢嗎？", "逾期会坐牢吗"),
        ("花唄 逾期", "花呗逾期"),
        ("Ａｐｐ上顯示", "app上显示"),
        ("逾\u200d期\u200b了", "逾期了"),
        ("\u202e逾期了\u202c", "逾期了"),
        ("睡不著", "睡不着"),
        ("年化35.9％。", "年化35.9%"),
        ("yu qi le 怎么办", "yu qi le怎么办"),
        ("请问一下，那个，借呗晚还一天啊", "借呗晚还一天"),
        ("逾期😭😭了", "逾期了"),
    ],
)
def test_variants_become_one_spelling(written: str, meant: str) -> None:
    assert normalize(written) == meant


@pytest.mark.parametrize("converter", ["s2t", "s2tw", "s2hk"])
@pytest.mark.parametrize(
    "text",
    ["催收说要上门是真的吗", "老公背着我借的钱要我还吗", "征信花了怎么办", "晚上睡不着", "银行说要冻结我的工资卡"],
)
def test_traditional_spellings_are_read_as_simplified(text: str, converter: str) -> None:
    assert normalize(OpenCC(converter).convert(text)) == normalize(text)


@pytest.mark.parametrize("text", ["huan bu qi, zen me ban", "huan  bu qi zen me ban ", "huan bu qi，zen me ban！"])
def test_words_in_pinyin_stay_apart_whatever_stands_between_them(text: str) -> None:
    assert normalize(text) == "huan bu qi zen me ban"


@pytest.mark.parametrize("text", ["", "   ", "。。。！？", "😀🎉", "\u200b\u200d", "\ud800", "\x00\x01\x02"])
def test_what_means_nothing_is_empty(text: str) -> None:
    assert normalize(text) == ""


@pytest.mark.parametrize("filler", FILLERS)
def test_a_filler_around_a_message_leaves_no_trace(filler: str) -> None:
    assert normalize(f"{filler}，花呗逾期会怎样，{filler}") == "花呗逾期会怎样"


def test_a_message_of_nothing_but_a_filler_stays() -> None:
    assert normalize("喂") == "喂"


def test_a_filler_that_appears_when_another_goes_is_removed_too() -> None:
    assert normalize("那然后个花呗逾期") == "花呗逾期"


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    text = "开头" + "中" * 10_000 + "结尾"
    assert normalize(text).startswith("开头")
    assert normalize(text).endswith("结尾")
    assert len(normalize("字" * 1_000_000)) == MAX_CHARACTERS
    assert truncate("字" * MAX_CHARACTERS) == "字" * MAX_CHARACTERS

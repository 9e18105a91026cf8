"""Dialect in the standard words of the questions."""

import pytest

from intents.matching.dialect import DialectLexicon
from intents.matching.normalize import Normalizer

normalize = Normalizer()
dialect = DialectLexicon(normalize.batch)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("佢哋會唔會嚟我屋企", "他们会不会来我家里"),
        ("使唔使坐監", "要不要坐牢"),
        ("侬晓得伐", "你知道吗"),
        ("莫得钱咋个办", "没钱怎么办"),
        ("俺娘的号", "妈妈的号"),
        ("何解打我电话", "为什么打我电话"),
        ("能蹲笆篱子不", "能坐牢不"),
        ("鱼期三个月会不会做牢", "逾期三个月会不会坐牢"),
        ("律师涵是真的吗", "律师函是真的吗"),
    ],
)
def test_dialects_of_all_regions_are_put_into_standard_words(said: str, read: str) -> None:
    assert dialect(normalize(said)) == read


@pytest.mark.parametrize(
    "text",
    [
        "仲裁裁决书",
        "转人工",
        "一个月的利息",
        "倾家荡产",
        "系统维护",
        "内蒙古",
        "净额",
        "整个流程",
        "货款没收回来",
        "预期收益",
    ],
)
def test_standard_words_that_hold_a_dialects_character_stay(text: str) -> None:
    assert dialect(text) == text


def test_many_texts_are_read_together_as_each_alone() -> None:
    texts = [normalize(text) for text in ("佢哋點樣搵到我", "咋整", "逾期了")]
    assert dialect("\n".join(texts)).split("\n") == [dialect(text) for text in texts]

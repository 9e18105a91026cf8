"""How characters sound."""

from importlib.resources import files

import pytest

from intents.chinese.readings import fuzzy_syllable, readings


@pytest.mark.parametrize(
    ("one", "other"), [("zhang", "zan"), ("cheng", "cen"), ("shi", "si"), ("nan", "lan"), ("xing", "xin")]
)
def test_syllables_that_many_speakers_mix_up_sound_alike(one: str, other: str) -> None:
    assert fuzzy_syllable(one) == fuzzy_syllable(other)


@pytest.mark.parametrize(("one", "other"), [("hua", "fa"), ("n", "l"), ("dong", "tong")])
def test_other_syllables_do_not(one: str, other: str) -> None:
    assert fuzzy_syllable(one) != fuzzy_syllable(other)


def test_a_character_has_its_usual_reading_first() -> None:
    assert readings()["还"][0] == "hai"
    assert "huan" in readings()["还"]


def test_the_table_of_readings_is_what_pypinyin_says() -> None:
    # Here, so that only the worker that runs this test waits for pypinyin.
    from tests.pinyin_table import table_text  # noqa: PLC0415

    table = files("intents.chinese").joinpath("pinyin.tsv").read_text(encoding="utf-8")
    assert table == table_text(), "python -m tests.pinyin_table > intents/chinese/pinyin.tsv"

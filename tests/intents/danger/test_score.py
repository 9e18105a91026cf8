"""How a message is worded: its runs and pairs of characters, and what they weigh."""

from dataclasses import replace
from importlib.resources import files

import pytest
import yaml

from intents.danger.score import (
    DangerClassifier,
    Line,
    Lines,
    Margins,
    _first_characters,
    char_ngrams,
    is_dictated,
    load_categories,
)
from intents.danger.spelling import BREAK

LINES = Lines(*(Line(0.25, 0.75),) * 5)
CATEGORIES = load_categories()


def test_runs_are_of_one_to_three_characters_and_pairs_have_one_or_two_between() -> None:
    assert sorted(char_ngrams("甲乙")) == sorted(
        [*"^甲乙$", "^甲", "甲乙", "乙$", "^甲乙", "甲乙$", "^…乙", "甲…$", "^…$"]
    )
    assert char_ngrams(f"甲{BREAK}{BREAK}乙") == [*char_ngrams("甲"), *char_ngrams("乙")]
    assert "甲…丁" in char_ngrams("甲乙丙丁戊")
    assert "甲…戊" not in char_ngrams("甲乙丙丁戊")


def test_every_word_of_a_category_is_found_wherever_it_stands() -> None:
    listed = yaml.safe_load(files("intents.danger").joinpath("categories.yaml").read_text("utf-8"))
    words = {word for several in listed.values() for word in several.split() if word.isalnum()}
    assert len(words) > 300
    assert [word for word in words if not CATEGORIES.search(f"甲{word}")] == []
    for text in ("3楼", "二十层", "周末", "周三", "两万", "500"):
        assert CATEGORIES.search(f"甲{text}乙"), text


@pytest.mark.parametrize("word", ["(?:甲|乙)", "甲|乙", r"\d+楼"])
def test_a_word_that_could_never_be_found_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"categories\.yaml"):
        _first_characters(word)


def test_only_the_first_four_hundred_characters_are_weighed() -> None:
    assert char_ngrams("甲" * 400 + "乙") == char_ngrams("甲" * 400)
    assert "乙" in char_ngrams("甲" * 399 + "乙")


@pytest.mark.parametrize(
    ("text", "dictated"), [("甲" * 12, True), ("甲" * 11, False), (f"{'甲' * 12}{BREAK}乙", False)]
)
def test_twelve_characters_without_a_pause_are_dictated(text: str, dictated: bool) -> None:  # noqa: FBT001 -- a case
    assert is_dictated(text) is dictated


def test_the_four_runs_that_spoke_loudest_for_danger_are_named() -> None:
    weights = {
        "甲": (1.0, 0, 0),
        "乙": (5.0, 0, 0),
        "丙": (3.0, 0, 0),
        "丁": (-9.0, 9, 9),
        "戊": (2.0, 0, 0),
        "己": (0, 0, 0),
    }
    wording = DangerClassifier(weights, Margins(0, 0, 0), LINES, CATEGORIES)
    assert wording.top_ngrams("甲乙丙丁戊己") == "乙、丙、戊、甲"
    assert replace(wording, weights={**weights, "己": (4.0, 0, 0)}).top_ngrams("甲乙丙丁戊己") == "乙、己、丙、戊"
    assert wording.top_ngrams("丁己") == ""


def test_each_margin_has_its_own_bias_and_weight() -> None:
    wording = DangerClassifier({"甲": (1.0, 2.0, 3.0)}, Margins(10.0, 20.0, 30.0), LINES, CATEGORIES)
    held_back = len(char_ngrams("甲")) ** 0.5
    found = wording.margins("甲")
    assert (found.danger, found.plain, found.another) == pytest.approx(
        (10 + 1 / held_back, 20 + 2 / held_back, 30 + 3 / held_back)
    )
    assert wording.margins("乙") == Margins(10.0, 20.0, 30.0)
    dictated = "甲" * 12
    held_back = len(char_ngrams(dictated)) ** 0.5
    assert wording.margins(dictated).danger == pytest.approx(10 + 1 / held_back + 0.16)

"""Short answers for a few words, without a talk around them."""

import pytest

from bot.talk.search import search
from intents import Matcher
from intents.knowledge import Knowledge
from tests.bot.talk.test_conversation import BOTH, LITTLE, OUTSIDE, VISIT
from tests.faqs import faq, intent

KNOWLEDGE = Knowledge(LITTLE, Matcher(LITTLE), "1")


def found(text: str, most: int = 10) -> list[str]:
    return [each.id for each in search(KNOWLEDGE, text, most)]


def test_for_no_words_the_first_topics_that_rest_on_a_law_are_shown() -> None:
    assert found(" ") == ["home_visit", "lawsuit", "bare", "crisis"]
    assert found("", 2) == ["home_visit", "lawsuit"]


def test_the_likeliest_comes_first_and_then_what_speaks_of_the_words() -> None:
    assert found(VISIT)[0] == "home_visit"
    assert {"home_visit", "lawsuit"} <= set(found(BOTH))
    assert found(BOTH, 1) == found(BOTH)[:1]
    (first,) = search(KNOWLEDGE, VISIT, 1)
    assert (first.title, first.reply.intent) == ("home_visit标题", "home_visit")
    assert not [choice for choice in first.reply.choices if choice.value.startswith("v:")]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("bare标题", {"bare"}),
        ("标题", {"home_visit", "lawsuit", "bare", "greeting", "human_help"}),
        ("法院传", {"lawsuit"}),
        ("a", set()),
        ("1", set()),
        ("标", set()),
    ],
)
def test_a_text_of_two_characters_is_looked_for_in_titles_and_questions(text: str, ids: set[str]) -> None:
    assert ids <= set(found(text))
    assert ids or found(text) == []


def test_danger_to_life_is_answered_alone_and_never_one_of_several() -> None:
    assert found("我不想活了") == ["crisis"]
    assert "crisis" not in found("标题")
    without = faq([intent("home_visit", [VISIT])])
    assert search(Knowledge(without, Matcher(without), "1"), "我不想活了", 5) == ()


def test_what_is_out_of_scope_finds_nothing() -> None:
    assert found(OUTSIDE[0]) == []

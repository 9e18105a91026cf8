"""Whether somebody who was in danger has turned to a question about debt."""

import pytest

from bot.talk.debt_questions import NO_TOPIC, asks_about_debt
from intents import Decision, Match


def asks(
    text: str = "会被起诉吗会", decision: Decision = Decision.ANSWER, intent: str = "lawsuit", score: float = 0.97
) -> bool:
    return asks_about_debt(text, Match(text, decision, intent, score, ()))


def test_only_a_sure_answer_to_words_long_enough_is_one() -> None:
    assert asks()
    assert not asks(score=0.9699)
    assert not asks(decision=Decision.CLARIFY)
    assert not asks_about_debt("会被起诉吗会", Match("", Decision.ANSWER, None, 0.97, ()))
    assert not asks("会被起诉吗？！")


@pytest.mark.parametrize(
    "intent", ["crisis", "stress", "human_help", "greeting", "thanks", "capabilities", "about_bot"]
)
def test_what_is_about_no_debt_is_no_sign_of_it(intent: str) -> None:
    assert not asks(intent=intent)
    assert intent in NO_TOPIC

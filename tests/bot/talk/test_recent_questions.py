"""The sentence behind a vote is held in memory for a while, and told once, to operators only and masked."""

from bot.messages import ChatIdentity
from bot.talk.recent_questions import PEOPLE, RecentQuestion, RecentQuestions

WANG = ChatIdentity("web", "wang")


def question(text: str, at: int = 0) -> RecentQuestion:
    return RecentQuestion(text, text, at)


def test_a_sentence_is_taken_once_by_the_topic_that_answered_it() -> None:
    recent = RecentQuestions()
    recent.put(WANG, ("home_visit", "lawsuit"), question("他们要来"))
    recent.put(WANG, ("lawsuit",), question("会起诉吗"))
    assert recent.take(WANG, "home_visit", 1) == question("他们要来")
    assert recent.take(WANG, "home_visit", 1) is None
    assert recent.take(WANG, "lawsuit", 1) == question("会起诉吗")


def test_an_old_one_and_those_of_somebody_forgotten_are_gone() -> None:
    recent = RecentQuestions()
    recent.put(WANG, ("home_visit",), question("他们要来"))
    assert recent.take(WANG, "home_visit", 3601) is None
    recent.put(WANG, ("home_visit",), question("他们要来"))
    assert recent.take(WANG, "home_visit", 3600) is not None
    recent.put(WANG, ("home_visit",), question("他们要来"))
    recent.forget(WANG)
    assert recent.take(WANG, "home_visit", 0) is None


def test_memory_is_bounded_by_person_and_by_people() -> None:
    recent = RecentQuestions()
    for number in range(5):
        recent.put(WANG, (f"topic_{number}",), question("x"))
    assert [recent.take(WANG, f"topic_{number}", 0) is not None for number in range(5)] == [False, *[True] * 4]
    recent.put(WANG, ("topic_1",), question("x"))
    for number in range(PEOPLE):
        recent.put(ChatIdentity("web", str(number)), ("home_visit",), question("x"))
    assert recent.take(WANG, "topic_1", 0) is None

"""Whole authors out: nothing that an author wrote is learned before the author is measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from intents.faq import schema
from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.by_author import fit_on_all, leave_out, measure, measure_questions, question_folds, without
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import DecisionReason, load_thresholds
from intents.matching.model import OUT_OF_SCOPE_CLASS
from intents.matching.second_opinion import SecondOpinion
from tests.faqs import faq, intent

VISIT = ["会上门吗", "上门怎么办", "明天来我家", "外访员来了", "会来家里找我吗", "来家里要开门吗"]
JAIL = ["会坐牢吗", "会被抓吗", "要判刑吗", "会不会立案", "警察会抓人吗", "会坐监吗"]
FAQ = faq(
    [intent("home_visit", VISIT), intent("jail", JAIL)],
    out_of_scope={"questions": ["花呗怎么开通", "怎么提额", "会下雨吗", "红烧肉怎么做", "几点了"]},
)
AUTHORS = {VISIT[0]: "amy", JAIL[0]: "amy", VISIT[1]: "ben", JAIL[1]: "ben", VISIT[2]: "cai", "几点了": "cai"}
UTTERANCES = [
    LabeledUtterance("他们会上门吗", "home_visit", author="amy"),
    LabeledUtterance("外访员来了", "home_visit", author="amy"),
    LabeledUtterance("吃了没", OUT_OF_SCOPE, author="amy"),
    LabeledUtterance("要坐牢不", "jail", author="ben"),
    LabeledUtterance("几点下班", OUT_OF_SCOPE, author="ben"),
]


@dataclass(frozen=True)
class Constant:
    """A second opinion that is always the same."""

    says: Mapping[str, float]

    def scores(self, text: str) -> Mapping[str, float]:  # noqa: ARG002 -- says what it is called with
        return self.says


def questions(of: object) -> set[str]:
    return {text for each in of.intents for text in each.questions}  # type: ignore[attr-defined]


def test_an_authors_questions_and_messages_are_left_out() -> None:
    amy, ben = leave_out(FAQ, AUTHORS, UTTERANCES)
    assert (amy.author, ben.author) == ("amy", "ben")
    assert {VISIT[0], JAIL[0]}.isdisjoint(questions(amy.faq))
    assert "外访员来了" not in questions(amy.faq), "the author's message stands among the questions, word for word"
    assert {VISIT[1], JAIL[1]}.isdisjoint(questions(ben.faq))
    assert {VISIT[0], JAIL[0]} <= questions(ben.faq)


def test_each_author_is_measured_once_with_thresholds_of_the_others() -> None:
    left_out = list(leave_out(FAQ, AUTHORS, UTTERANCES))
    measured = dict(measure(left_out, load_thresholds()))
    assert {author: len(results) for author, results in measured.items()} == {"amy": 3, "ben": 2}
    assert fit_on_all(left_out, load_thresholds()).answer > 0


def test_a_second_opinion_is_learned_without_the_author_and_heard_of_each() -> None:
    left_out = list(leave_out(FAQ, AUTHORS, UTTERANCES))
    learned: list[schema.FAQ] = []

    def learn(content: schema.FAQ) -> SecondOpinion | None:
        learned.append(content)
        return Constant({"jail": 1.0, OUT_OF_SCOPE_CLASS: 0.0})

    measured = dict(measure(left_out, load_thresholds(), learn))
    assert [{VISIT[0], JAIL[0]}.isdisjoint(questions(each)) for each in learned] == [True, False]
    decided = [each.match for results in measured.values() for each in results]
    heard = [match for match in decided if match.reason is DecisionReason.SECOND_OPINION]
    assert heard
    assert all("jail" in match.shown for match in heard)


def test_an_intent_keeps_a_question_whoever_is_left_out() -> None:
    smaller = without(FAQ, frozenset(VISIT))
    assert [len(each.questions) for each in smaller.intents] == [1, 6]


def test_the_files_own_questions_are_cut_into_groups_of_whole_authors() -> None:
    folds = question_folds(FAQ, AUTHORS)
    named = [name for names, _ in folds for name in names]
    assert sorted(named) == sorted(set(named)) == ["amy", "ben", "cai", "（未署名）"]
    assert sum(len(group) for _, group in folds) == 17
    measured = list(measure_questions(FAQ, AUTHORS, load_thresholds()))
    assert [len(results) for _, results in measured] == [len(group) for _, group in folds]

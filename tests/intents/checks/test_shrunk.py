"""What is lost in silence is told against the version before: sections, topics, a fifth of the questions."""

from dataclasses import replace

import pytest

from intents.checks.shrunk import ContentSize, shrinkage
from tests.faqs import faq, intent

BEFORE = ContentSize(
    topics={"home_visit": "上门催收", "crisis": "紧急求助", "lawsuit": "被起诉"},
    questions=100,
    outside=50,
    words=40,
    parameters=12,
)


def lost(after: ContentSize) -> list[str]:
    return [problem.message for problem in shrinkage(BEFORE, after, "备份")]


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (replace(BEFORE, outside=0), "out_of_scope 里的问法全没了（原有 50 个）"),
        (replace(BEFORE, words=0), "lexicon 里的近义词全没了（原有 40 个）"),
        (replace(BEFORE, parameters=0), "parameters 里的参数全没了（原有 12 个）"),
        (replace(BEFORE, questions=79), "各话题的问法从 100 个少到 79 个"),
        (
            replace(BEFORE, topics={"home_visit": "上门催收", "crisis": "紧急求助"}),
            "少了 1 个话题：“被起诉”（lawsuit）",
        ),
        (replace(BEFORE, topics={"home_visit": "上门催收", "lawsuit": "被起诉"}), "少了话题“紧急求助”（crisis）"),
    ],
)
def test_each_loss_is_told_by_itself(after: ContentSize, said: str) -> None:
    (message,) = lost(after)
    assert said in message
    assert message.startswith("和备份比，")


@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        replace(BEFORE, questions=80, outside=40),
        replace(BEFORE, questions=500),
        replace(BEFORE, topics={**BEFORE.topics, "new": "新"}),
    ],
)
def test_what_grows_or_hardly_shrinks_is_nothing_to_tell(after: ContentSize) -> None:
    assert lost(after) == []


def test_of_few_questions_some_may_go() -> None:
    few = replace(BEFORE, questions=9)
    assert list(shrinkage(few, replace(few, questions=5), "备份")) == []


def test_a_faq_in_use_is_counted() -> None:
    counted = ContentSize.of(
        faq([intent("home_visit", ["a", "b"])], out_of_scope={"questions": ["c"]}, lexicon=[["d", "e"]])
    )
    assert counted == ContentSize({"home_visit": "home_visit标题"}, 2, 1, 2, 0)

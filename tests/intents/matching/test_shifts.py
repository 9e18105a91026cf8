"""What is found for thousands of messages at once is what matching each of them finds."""

import numpy as np
import pytest

from intents.knowledge import Knowledge
from intents.matching.corpus import faq_utterances
from intents.matching.matcher import Matcher
from intents.matching.shifts import may_differ, nearest_text
from tests.faqs import faq, intent

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"])
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"])
OLD = Matcher(faq([HOME_VISIT, LAWSUIT]))
MESSAGES = [
    "催收真的会上门吗",
    "催收真的会上门",
    "收到传票了咋整",
    "cuishou hui shangmen ma",
    "花呗怎么开通",
    "",
    "？！",
    "蓝色信封",
]


def test_many_texts_have_the_vectors_that_each_has_by_itself(shipped: Knowledge) -> None:
    model = shipped.matcher.model
    texts = [model.analyzer(each.text) for each in faq_utterances(shipped.faq)[::40]] + [model.analyzer("")]
    for text, (columns, values) in zip(texts, model.vocabulary.transform_many(texts), strict=True):
        alone_columns, alone_values = model.vocabulary.transform(text)
        order, alone = np.argsort(columns), np.argsort(alone_columns)
        assert columns[order].tolist() == alone_columns[alone].tolist()
        assert values[order].tolist() == pytest.approx(alone_values[alone].tolist(), rel=1e-5)


def test_what_may_differ_holds_all_that_does() -> None:
    taught = {**LAWSUIT, "questions": [*LAWSUIT["questions"], "蓝色信封要不要拆开看", "收到传票了咋整"]}  # type: ignore[misc]  # a builder's dict
    new = Matcher(faq([HOME_VISIT, taught]))
    found = may_differ(OLD, new, MESSAGES)
    for text, may in zip(MESSAGES, found, strict=True):
        before, after = OLD.match(text), new.match(text)
        assert may or (before.decision, before.intent) == (after.decision, after.intent)
    assert not found[0], "word for word in both"
    assert found[2]
    assert not any(may_differ(OLD, OLD, MESSAGES))


def test_what_one_of_them_has_word_for_word_is_looked_at_again_however_little_moved() -> None:
    new = Matcher(faq([HOME_VISIT, {**LAWSUIT, "questions": [*LAWSUIT["questions"], "不还钱会被起诉么"]}]))  # type: ignore[misc]  # a builder's dict
    assert may_differ(OLD, new, ["不还钱会被起诉么"], tolerance=100.0) == [True]


def test_a_topic_that_came_or_went_may_change_everything_that_is_not_word_for_word() -> None:
    assert may_differ(OLD, Matcher(faq([HOME_VISIT, {**LAWSUIT, "id": "court"}])), MESSAGES)[1]


def test_danger_to_life_that_is_looked_for_by_only_one_may_change_everything() -> None:
    assert all(may_differ(OLD, Matcher(faq([HOME_VISIT, {**LAWSUIT, "id": "crisis"}])), MESSAGES))


def test_the_nearest_text_shares_most_of_what_is_rare() -> None:
    assert nearest_text(OLD, "法院寄来了传票", ["会不会来我家里要账", "收到法院传票怎么办"]) == 1
    assert nearest_text(OLD, "蓝", ["会不会来我家里要账"]) is None
    assert nearest_text(OLD, "法院", []) is None

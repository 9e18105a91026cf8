"""What a change of the FAQ does: to sentences, and to what it says."""

from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.compare import ChangeEffect, content_changes, decision_changes
from intents.matching.corpus import LabeledUtterance, faq_utterances
from intents.matching.matcher import Matcher
from tests.faqs import faq, intent

HOME_VISIT = ["催收真的会上门吗", "会不会来我家里要账"]
LAWSUIT = ["不还钱会被起诉吗", "收到法院传票怎么办"]
MOVED = "有人来敲门要钱怎么办"
FAR = "花呗怎么开通"
OLD = faq([intent("home_visit", [*HOME_VISIT, MOVED]), intent("lawsuit", LAWSUIT)], out_of_scope={"questions": [FAR]})
NEW = faq([intent("home_visit", HOME_VISIT), intent("lawsuit", [*LAWSUIT, MOVED]), intent("third", [FAR])])


def effects(*utterances: LabeledUtterance) -> list[tuple[str, ChangeEffect]]:
    return [(change.text, change.effect) for change in decision_changes(Matcher(OLD), Matcher(NEW), utterances)]


def test_only_sentences_that_are_understood_differently_are_told() -> None:
    assert effects(*faq_utterances(OLD)) == [(MOVED, ChangeEffect.WORSE), (FAR, ChangeEffect.WORSE)]
    assert list(decision_changes(Matcher(OLD), Matcher(OLD), faq_utterances(OLD))) == []


def test_the_label_tells_whether_a_change_is_for_the_better() -> None:
    assert effects(LabeledUtterance(MOVED, "lawsuit")) == [(MOVED, ChangeEffect.BETTER)]
    assert effects(LabeledUtterance(MOVED, "home_visit", also=("lawsuit",))) == [(MOVED, ChangeEffect.OTHER)]
    assert effects(LabeledUtterance(MOVED, "third")) == [(MOVED, ChangeEffect.OTHER)]
    assert effects(LabeledUtterance(FAR, OUT_OF_SCOPE)) == [(FAR, ChangeEffect.WORSE)]


def test_an_answer_out_of_nothing_is_not_called_better_on_the_changes_own_word() -> None:
    new = LabeledUtterance(FAR, "third")
    (change,) = decision_changes(Matcher(OLD), Matcher(NEW), [new], claimed={FAR})
    assert change.effect is ChangeEffect.OTHER
    (labelled,) = decision_changes(Matcher(OLD), Matcher(NEW), [new])
    assert labelled.effect is ChangeEffect.BETTER


def test_intents_that_came_went_or_say_something_else_are_told() -> None:
    found = content_changes(OLD, NEW)
    assert (found.added, found.removed, found.reworded) == (("third",), (), ())
    assert content_changes(NEW, OLD).removed == ("third",)


def test_a_parameter_that_changes_changes_the_answers_that_quote_it() -> None:
    def priced(value: str) -> dict[str, object]:
        return {"parameters": {"rate": {"value": value, "as_of": "2026-11-01", "source": "某处"}}}

    quoting = intent("fees", ["利息多少"])
    quoting["answer"] = {**dict(quoting["answer"]), "summary": "现在是{rate}。"}  # type: ignore[call-overload]  # a builder's dict
    old, new = (faq([quoting, intent("lawsuit", LAWSUIT)], **priced(value)) for value in ("3.0", "3.1"))
    assert content_changes(old, new).reworded == ("fees",)

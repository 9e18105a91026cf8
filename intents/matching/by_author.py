"""Measuring on people whom the matcher never met: each author is left out as a whole, questions and messages alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from intents.faq.schema import FAQ, Intent, OutOfScope
from intents.matching.corpus import LabeledUtterance, faq_utterances
from intents.matching.decide import Thresholds
from intents.matching.evaluate import EvaluatedUtterance, evaluate_utterances
from intents.matching.fit import ScoredUtterances, fit_thresholds, joined, score
from intents.matching.matcher import Matcher
from intents.matching.model import Model
from intents.matching.normalize import Normalizer
from intents.matching.second_opinion import SecondOpinion, match_with

UNSIGNED = "（未署名）"
"""Stands for the author of questions that name none."""
FOLDS = 5
"""Into so many groups of authors the FAQ's own questions are cut."""

Authors = Mapping[str, str]
"""The author of each question of the FAQ that has one."""

Opinions = Callable[[FAQ], SecondOpinion | None]
"""Learns a second opinion from a FAQ; None where there is none."""


@dataclass(frozen=True)
class LeftOut:
    """One author's messages, with what was learned without this author."""

    author: str
    faq: FAQ
    model: Model
    utterances: Sequence[LabeledUtterance]
    scored: ScoredUtterances


def without(faq: FAQ, left_out: frozenset[str]) -> FAQ:
    """The FAQ without these questions; an intent keeps at least one, because a FAQ must know all of its intents."""
    intents = tuple(intent.model_copy(update={"questions": _kept(intent, left_out)}) for intent in faq.intents)
    outside = faq.out_of_scope
    if outside is not None:
        outside = outside.model_copy(update={"questions": _kept(outside, left_out)})
    return faq.model_copy(update={"intents": intents, "out_of_scope": outside})


def _kept(owner: Intent | OutOfScope, left_out: frozenset[str]) -> tuple[str, ...]:
    return tuple(each for each in owner.questions if each not in left_out) or owner.questions[:1]


def leave_out(faq: FAQ, authors: Authors, utterances: Sequence[LabeledUtterance]) -> Iterator[LeftOut]:
    """Each author of these messages, scored by a model that knows none of the author's questions and no such message."""
    normalize = Normalizer()
    questions = [utterance.text for utterance in faq_utterances(faq)]
    normalized = dict(zip(questions, normalize.batch(questions), strict=True))
    for author in dict.fromkeys(utterance.author for utterance in utterances):
        own = [utterance for utterance in utterances if utterance.author == author]
        written = set(normalize.batch([utterance.text for utterance in own]))
        strange = frozenset(each for each in questions if authors.get(each) == author or normalized[each] in written)
        smaller = without(faq, strange)
        model = Model(smaller)
        yield LeftOut(author, smaller, model, own, score(model, own))


def fit_on_all(left_out: Sequence[LeftOut], start: Thresholds) -> Thresholds:
    """The thresholds that all authors give, each scored by a model that never met them."""
    return fit_thresholds(joined(each.scored for each in left_out), start)


def measure(
    left_out: Sequence[LeftOut], start: Thresholds, opinions: Opinions | None = None
) -> Iterator[tuple[str, list[EvaluatedUtterance]]]:
    """What is understood of each author, with thresholds fitted on the others, and with a second opinion that never met the author."""
    for one in left_out:
        others = [each.scored for each in left_out if each is not one]
        thresholds = fit_thresholds(joined(others), start) if others else start
        matcher = Matcher(one.faq, thresholds, one.model)
        opinion = opinions(one.faq) if opinions is not None else None
        match = partial(match_with, matcher, opinion) if opinion is not None else matcher.match
        yield one.author, evaluate_utterances(match, one.utterances)


def question_folds(faq: FAQ, authors: Authors) -> list[tuple[tuple[str, ...], list[LabeledUtterance]]]:
    """The FAQ's questions in FOLDS groups of whole authors, about as large as each other; no author stands in two."""
    by_author: dict[str, list[LabeledUtterance]] = {}
    for utterance in faq_utterances(faq):
        by_author.setdefault(authors.get(utterance.text, UNSIGNED), []).append(utterance)
    folds: list[tuple[list[str], list[LabeledUtterance]]] = [([], []) for _ in range(min(FOLDS, len(by_author)))]
    for author in sorted(by_author, key=lambda name: (-len(by_author[name]), name)):
        names, questions = min(folds, key=lambda fold: len(fold[1]))
        names.append(author)
        questions += by_author[author]
    return [(tuple(names), questions) for names, questions in folds]


def measure_questions(
    faq: FAQ, authors: Authors, start: Thresholds
) -> Iterator[tuple[tuple[str, ...], list[EvaluatedUtterance]]]:
    """What is understood of the FAQ's own questions, a group of authors at a time, by a model that knows only the others'."""
    for names, questions in question_folds(faq, authors):
        smaller = without(faq, frozenset(each.text for each in questions))
        yield names, evaluate_utterances(Matcher(smaller, start).match, questions)

"""The trained index: which intents a text speaks for, and how strongly; immutable."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np

from intents.faq.schema import FAQ
from intents.matching.documents import RocchioClassifier
from intents.matching.features import VIEW_WEIGHTS, AnalyzedText, Analyzer, Codes, FeatureView, Vocabulary, Weights
from intents.matching.linear import train
from intents.matching.normalize import Normalizer

OUTSIDE = "\uffff"
"""The class of what is out of scope; sorts after every intent."""

SAMPLE = 8192
"""The classifier learns from at most this many questions, an even share of each intent's; more would make a reload longer."""
MANY_INTENTS = 256
"""From so many intents on the share would be too small, and each intent is compared as a document instead."""
DOCUMENT_SAMPLE = 32_768
"""Documents are made of at most this many questions."""


class Classifier(Protocol):
    """What has been learned of the classes."""

    def margins(self, columns: Codes, values: Weights) -> Weights:
        """What a text's columns add up to, by class."""

    def contributions(self, columns: Codes, values: Weights, wanted: int) -> Weights:
        """What each column gives one class."""


@dataclass(frozen=True)
class Evidence:
    """A text's columns with their values, and what they add up to."""

    columns: Codes
    values: Weights
    margins: Weights
    """By class; above 0 leans to yes."""


class Model:
    """Scores a text against all classes at once."""

    def __init__(self, faq: FAQ, views: Mapping[FeatureView, float] = VIEW_WEIGHTS) -> None:
        """Learn from the FAQ; what a view counts can be changed to see what it brings."""
        owned = labelled_questions(faq)
        comparable = Normalizer().each([question for _, question in owned])
        labelled = _in_order((owner, question) for (owner, _), question in zip(owned, comparable, strict=True))
        self.classes: tuple[str, ...] = tuple(dict.fromkeys(owner for owner, _ in labelled))
        number = {name: position for position, name in enumerate(self.classes)}
        self.analyzer = Analyzer([question for _, question in labelled], faq.lexicon)
        self.owners = _owners(labelled)
        """Who has this normalised question."""
        many = len(self.classes) >= MANY_INTENTS
        drawn = _even_sample(labelled, DOCUMENT_SAMPLE if many else SAMPLE)
        self.vocabulary = Vocabulary(self.analyzer.analyze_questions([question for _, question in drawn]), views)
        owners = np.array([number[owner] for owner, _ in drawn])
        learn = RocchioClassifier if many else train
        self.scorer: Classifier = learn(self.vocabulary.learned, owners, len(self.classes), len(self.vocabulary))

    def evidence(self, text: AnalyzedText) -> Evidence:
        """What the text's tokens speak for."""
        columns, values = self.vocabulary.transform(text)
        return Evidence(columns, values, self.scorer.margins(columns, values))


def labelled_questions(faq: FAQ) -> list[tuple[str, str]]:
    """Class and question of everything that the FAQ gives to learn from."""
    inside = [(intent.id, question) for intent in faq.intents for question in intent.questions]
    outside = faq.out_of_scope.questions if faq.out_of_scope else ()
    return inside + [(OUTSIDE, question) for question in outside]


def _in_order(labelled: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """By class, then by question: class by class, since sorting a hundred thousand at once would hold up every answer."""
    by_owner: defaultdict[str, list[str]] = defaultdict(list)
    for owner, question in labelled:
        by_owner[owner].append(question)
    return [(owner, question) for owner in sorted(by_owner) for question in sorted(by_owner[owner])]


def _owners(labelled: Sequence[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    owners: dict[str, tuple[str, ...]] = {}
    for owner, question in labelled:
        known = owners.get(question, ())
        if owner not in known:
            owners[question] = (*known, owner)
    return MappingProxyType(owners)


def _even_sample(labelled: Sequence[tuple[str, str]], most: int) -> Sequence[tuple[str, str]]:
    """At most so many questions, the same share of every class, spread evenly over each."""
    if len(labelled) <= most:
        return labelled
    by_owner: dict[str, list[tuple[str, str]]] = {}
    for entry in labelled:
        by_owner.setdefault(entry[0], []).append(entry)
    share = max(1, most // len(by_owner))
    drawn: list[tuple[str, str]] = []
    for entries in by_owner.values():
        step = max(1.0, len(entries) / share)
        drawn += [entries[int(step * k)] for k in range(min(share, len(entries)))]
    return drawn

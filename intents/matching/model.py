"""What is learned from a FAQ's questions: for every text a margin by intent; immutable."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np

from intents.faq.schema import FAQ
from intents.matching import kept_weights, linear
from intents.matching.analyzer import AnalyzedText, Analyzer
from intents.matching.features import VIEW_WEIGHTS, FeatureView, FloatArray, IntArray
from intents.matching.kept_weights import LearnedWeights
from intents.matching.linear import LinearClassifier
from intents.matching.normalize import Normalizer
from intents.matching.rocchio import RocchioClassifier
from intents.matching.vocabulary import Vocabulary

OUT_OF_SCOPE_CLASS = "\uffff"
"""The class of the questions out of scope; sorts after every intent's id."""

LINEAR_SAMPLE = 16_384
"""The linear classifier learns from at most so many questions, because a reload mustn't take longer."""
MANY_INTENTS = 256
"""From so many intents on each one's share of LINEAR_SAMPLE would be too small, and RocchioClassifier is used."""
ROCCHIO_SAMPLE = 32_768
"""RocchioClassifier learns from at most so many questions."""


class Classifier(Protocol):
    """Weights by column and class."""

    def margins(self, columns: IntArray, values: FloatArray) -> FloatArray:
        """The margin of a text for each class."""

    def contributions(self, columns: IntArray, values: FloatArray, label: int) -> FloatArray:
        """What each column adds to the margin of one class."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for each class in a text."""

    columns: IntArray
    """The features of the text that the vocabulary knows."""
    values: FloatArray
    """How much each counts."""
    margins: FloatArray
    """By class; the text is more like the class than unlike it above 0."""

    @property
    def known_share(self) -> float:
        """How much of the text the FAQ's questions know, 0 to 1; what is rare counts more."""
        return float(self.values @ self.values)


class Model:
    """A classifier with all that turns a text into what it classifies."""

    def __init__(self, faq: FAQ, views: Mapping[FeatureView, float] = VIEW_WEIGHTS) -> None:
        """Learn from the FAQ's questions; other weights of the views show what each contributes."""
        questions = training_questions(faq)
        kept = kept_weights.Key.of(questions, faq.lexicon, views)
        known = kept_weights.read(kept)
        normalized = known.normalized if known else Normalizer().batch([question for _, question in questions])
        labelled = _sorted((label, text) for (label, _), text in zip(questions, normalized, strict=True))
        self.classes: tuple[str, ...] = tuple(dict.fromkeys(label for label, _ in labelled))
        number = {label: position for position, label in enumerate(self.classes)}
        self.analyzer = Analyzer([text for _, text in labelled], faq.lexicon)
        self._labelled = labelled
        self.exact = _classes_by_question(labelled)
        """The classes that have a normalised question word for word."""
        self.vocabulary: Vocabulary
        self.classifier: Classifier
        if known:
            self.vocabulary, self.classifier = known.vocabulary, LinearClassifier(known.weights)
            return
        many = len(self.classes) >= MANY_INTENTS
        sample = _even_sample(labelled, ROCCHIO_SAMPLE if many else LINEAR_SAMPLE)
        self.vocabulary, rows = Vocabulary.learn(self.analyzer.analyze_questions([text for _, text in sample]), views)
        labels = np.array([number[label] for label, _ in sample])
        if many:
            self.classifier = RocchioClassifier(rows, labels, len(self.classes), len(self.vocabulary))
            return
        self.classifier = linear.train(rows, labels, len(self.classes), len(self.vocabulary))
        kept_weights.write(kept, LearnedWeights(normalized, self.vocabulary, self.classifier.weights))

    def mentions(self, word: str) -> Counter[str]:
        """How many questions of each class have a word; ties stand by class."""
        return Counter(label for label, text in self._labelled if word in text)

    def evidence(self, text: AnalyzedText) -> Evidence:
        """What speaks for each class in a text."""
        columns, values = self.vocabulary.transform(text)
        return Evidence(columns, values, self.classifier.margins(columns, values))

    def evidence_of(self, texts: Sequence[AnalyzedText]) -> list[Evidence]:
        """The same of several texts, looked at together."""
        vectors = self.vocabulary.transform_many(texts)
        return [Evidence(columns, values, self.classifier.margins(columns, values)) for columns, values in vectors]


def training_questions(faq: FAQ) -> list[tuple[str, str]]:
    """The class and the text of every question of the FAQ, those out of scope too."""
    inside = [(intent.id, question) for intent in faq.intents for question in intent.questions]
    outside = faq.out_of_scope.questions if faq.out_of_scope else ()
    return inside + [(OUT_OF_SCOPE_CLASS, question) for question in outside]


def _sorted(labelled: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """By class, then by text; each class by itself, because one sort of a hundred thousand would delay answers given during a reload."""
    by_class: defaultdict[str, list[str]] = defaultdict(list)
    for label, text in labelled:
        by_class[label].append(text)
    return [(label, text) for label in sorted(by_class) for text in sorted(by_class[label])]


def _classes_by_question(labelled: Sequence[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    classes: dict[str, tuple[str, ...]] = {}
    for label, text in labelled:
        known = classes.get(text, ())
        if label not in known:
            classes[text] = (*known, label)
    return MappingProxyType(classes)


def _even_sample(labelled: Sequence[tuple[str, str]], size: int) -> Sequence[tuple[str, str]]:
    """At most so many questions: as many of each class, evenly spaced among its own."""
    if len(labelled) <= size:
        return labelled
    by_class: dict[str, list[tuple[str, str]]] = {}
    for entry in labelled:
        by_class.setdefault(entry[0], []).append(entry)
    share = max(1, size // len(by_class))
    sample: list[tuple[str, str]] = []
    for entries in by_class.values():
        step = max(1.0, len(entries) / share)
        sample += [entries[int(step * k)] for k in range(min(share, len(entries)))]
    return sample

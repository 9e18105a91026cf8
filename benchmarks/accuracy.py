"""How well messages are understood, beside simpler methods on the same FAQ, and without each of our own parts.

    python -m benchmarks.accuracy FILE…     labelled TSV; default: the files of tests/corpus that have labels

top-1, top-3: the right intent is the best, or among the best three, of those in scope. AUC: how well the best score tells a message
in scope from one that isn't. The peers are scikit-learn's and rapidfuzz's; they get the same normalised text.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.load import load_faq
from intents.matching.corpus import LabeledUtterance, read_labeled_utterances
from intents.matching.decide import load_thresholds
from intents.matching.features import VIEW_WEIGHTS, FeatureView
from intents.matching.matcher import softmax
from intents.matching.model import OUT_OF_SCOPE_CLASS, Model, training_questions
from intents.matching.normalize import Normalizer

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    ROOT / "tests" / "corpus" / name for name in ("personas_dev.tsv", "dev.tsv", "heldout.tsv", "heldout_desk.tsv")
]
Scores = NDArray[np.float64]
Method = Callable[[Sequence[str]], tuple[list[str], Scores]]
"""From messages to the names of the classes and a score for each."""


def rapidfuzz_nearest(faq: FAQ, scorer: Callable[..., float]) -> Method:
    """The likeness of each intent's nearest question, by one of rapidfuzz's scorers."""
    normalize = Normalizer()
    labelled = [(label, normalize(question)) for label, question in sorted(training_questions(faq))]
    return _by_question(labelled, lambda texts: process.cdist(texts, [q for _, q in labelled], scorer=scorer))


def tfidf_nearest(faq: FAQ) -> Method:
    """The likeness of each intent's nearest question, as TF-IDF of runs of one and two characters."""
    normalize = Normalizer()
    labelled = [(label, normalize(question)) for label, question in sorted(training_questions(faq))]
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    rows = vectors.fit_transform([question for _, question in labelled])
    return _by_question(labelled, lambda texts: (vectors.transform(texts) @ rows.T).toarray())


def _by_question(labelled: Sequence[tuple[str, str]], alike: Callable[[list[str]], Scores]) -> Method:
    normalize = Normalizer()
    labels = np.array([label for label, _ in labelled])
    names = sorted(set(labels.tolist()))

    def method(texts: Sequence[str]) -> tuple[list[str], Scores]:
        likeness = alike([normalize(text) for text in texts])
        return names, np.stack([likeness[:, labels == name].max(1) for name in names], axis=1)

    return method


def tfidf_documents(faq: FAQ) -> Method:
    """The likeness of all of an intent's questions as one document, as TF-IDF of runs of one and two characters."""
    normalize = Normalizer()
    by_class: dict[str, list[str]] = {}
    for label, question in sorted(training_questions(faq)):
        by_class.setdefault(label, []).append(normalize(question))
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    rows = vectors.fit_transform([" ".join(questions) for questions in by_class.values()])
    return lambda texts: (list(by_class), (vectors.transform(map(normalize, texts)) @ rows.T).toarray())


def logistic(faq: FAQ) -> Method:
    """Logistic regression on TF-IDF of runs of one and two characters."""
    normalize = Normalizer()
    labelled = sorted(training_questions(faq))
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    rows = vectors.fit_transform([normalize(question) for _, question in labelled])
    learned = LogisticRegression(C=20, max_iter=200).fit(rows, [label for label, _ in labelled])
    return lambda texts: (list(learned.classes_), learned.predict_proba(vectors.transform(map(normalize, texts))))


def ours(faq: FAQ, *, without: FeatureView | None = None, pinyin: bool = True) -> Method:
    """The matcher's scores; without a view of the text, or without reading pinyin."""
    model = Model(faq, {view: 1e-6 if view is without else weight for view, weight in VIEW_WEIGHTS.items()})
    limits = load_thresholds()

    def method(texts: Sequence[str]) -> tuple[list[str], Scores]:
        read = (
            model.analyzer if pinyin else lambda text: model.analyzer.analyze_question(model.analyzer.normalize(text))
        )
        margins = np.stack([model.evidence(read(text)).margins for text in texts])
        scores = softmax(margins * np.float32(limits.inverse_temperature)).astype(np.float64)
        return list(model.classes), scores

    return method


def methods(faq: FAQ) -> Iterator[tuple[str, Method]]:
    """Peers first, then ours, then ours without each part."""
    yield "rapidfuzz WRatio, nearest", rapidfuzz_nearest(faq, fuzz.WRatio)
    yield "rapidfuzz ratio, nearest", rapidfuzz_nearest(faq, fuzz.ratio)
    yield "TF-IDF 1-2, nearest", tfidf_nearest(faq)
    yield "TF-IDF 1-2, documents", tfidf_documents(faq)
    yield "logistic regression 1-2", logistic(faq)
    yield "youshu", ours(faq)
    yield "  without the lexicon", ours(faq.model_copy(update={"lexicon": ()}))
    yield "  without sound", ours(faq, without=FeatureView.SOUND)
    yield "  without reading pinyin", ours(faq, pinyin=False)
    yield "  without sound and pinyin", ours(faq, without=FeatureView.SOUND, pinyin=False)
    yield "  without pairs of characters", ours(faq, without=FeatureView.PAIR)
    yield "  without single characters", ours(faq, without=FeatureView.CHARACTER)
    yield "  without out_of_scope", ours(faq.model_copy(update={"out_of_scope": None}))


def measures(method: Method, utterances: Sequence[LabeledUtterance]) -> tuple[float, float, float]:
    """top-1 and top-3 of what is in scope, and AUC."""
    names, scores = method([utterance.text for utterance in utterances])
    if OUT_OF_SCOPE_CLASS in names:
        outside = scores[:, names.index(OUT_OF_SCOPE_CLASS)]
        kept = [k for k, name in enumerate(names) if name != OUT_OF_SCOPE_CLASS]
        names, scores = [names[k] for k in kept], scores[:, kept]
    else:
        outside = np.zeros(len(scores))
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    inside = np.array([utterance.intent != OUT_OF_SCOPE for utterance in utterances])
    hits = np.array([[names[k] in {s.intent, *s.also} for k in row] for s, row in zip(utterances, order, strict=True)])
    known = len(set(inside.tolist())) > 1
    auc = float(roc_auc_score(inside, scores.max(1) - outside)) if known else float("nan")
    return float(hits[inside, 0].mean()), float(hits[inside].any(1).mean()), auc


def main() -> None:
    """Print a table with a row for each method."""
    paths = [Path(name) for name in sys.argv[1:]] or FILES
    faq = load_faq(ROOT / "faq.yaml")
    corpora = [read_labeled_utterances(path) for path in paths]
    table = Table("method", *(f"{path.stem} {name}" for path in paths for name in ("top-1", "top-3", "AUC")), box=None)
    for name, method in methods(faq):
        table.add_row(name, *(f"{figure:.3f}" for corpus in corpora for figure in measures(method, corpus)))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()

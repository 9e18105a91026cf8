"""Dialect put into the standard words of the questions: 畀人收數 is 被人催收."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files

from intents.matching.lexicon import any_of


class DialectLexicon:
    """Replaces the words of dialects by standard ones; of overlapping words the longest counts; immutable."""

    def __init__(self, normalize_batch: Callable[[Sequence[str]], Sequence[str]]) -> None:
        """Read dialects.tsv, whose words are brought into the form of the texts."""
        pairs = _word_pairs()
        normalized = normalize_batch([word for word, _ in pairs])
        # A word that loses a filler (呢个) is an everyday one without it (个).
        whole = [
            (new, standard) for new, (word, standard) in zip(normalized, pairs, strict=True) if len(new) == len(word)
        ]
        self._standard = dict(reversed(whole))
        self._pattern = re.compile(any_of(self._standard))

    def __call__(self, text: str) -> str:
        """The normalised text, or many joined by line ends, in standard words."""
        return self._pattern.sub(lambda found: self._standard[found[0]], text)


@cache
def _word_pairs() -> Sequence[tuple[str, str]]:
    """Each dialect word with its standard word."""
    lines = files(__package__).joinpath("dialects.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return [(word, standard) for standard, words in rows for word in words.split(" ")]

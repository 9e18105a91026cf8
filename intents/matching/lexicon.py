"""The groups of synonyms in faq.yaml: each word is replaced by the first of its group."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice


class Lexicon:
    """Replaces every word of a group by the group's first word; of overlapping words the longest counts; immutable."""

    def __init__(
        self, groups: Sequence[Sequence[str]], normalize_batch: Callable[[Sequence[str]], Sequence[str]]
    ) -> None:
        """Take the groups as operators wrote them; a word in two groups belongs to the first."""
        self._canonical: dict[str, str] = {}
        normalized = iter(normalize_batch([word for group in groups for word in group]))
        for group in groups:
            words = [*islice(normalized, len(group))]
            for word in words:
                # A single character is part of too many words to be replaced safely.
                if len(word) > 1:
                    self._canonical.setdefault(word, words[0])
        self._pattern = re.compile(any_of(self._canonical))

    @property
    def words(self) -> Iterable[str]:
        """Every word of every group, normalised."""
        return self._canonical.keys()

    def __contains__(self, normalized: str) -> bool:
        return normalized in self._canonical

    def __call__(self, text: str) -> str:
        """The normalised text with each word of a group replaced."""
        return self._pattern.sub(lambda found: self._canonical[found[0]], text) if self._canonical else text


def any_of(words: Iterable[str]) -> str:
    """A pattern of the longest of these words, grouped by first character, so that the search skips most of them together."""
    endings: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(words, key=len, reverse=True):
        endings[word[0]].append(re.escape(word[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(ends)})" for first, ends in endings.items())

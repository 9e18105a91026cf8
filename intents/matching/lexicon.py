"""Words that mean the same to these people, put as one word."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice


class Lexicon:
    """Rewrites every word of a group as the group's first; the longest word wins; immutable."""

    def __init__(self, groups: Sequence[Sequence[str]], normalize: Callable[[Sequence[str]], Sequence[str]]) -> None:
        """Groups as operators wrote them, and what normalises many texts; a word in two groups belongs to the first."""
        self._heads: dict[str, str] = {}
        normalised = iter(normalize([word for group in groups for word in group]))
        for group in groups:
            words = [*islice(normalised, len(group))]
            for word in words:
                # A single character is part of too many words to be replaced safely.
                if len(word) > 1:
                    self._heads.setdefault(word, words[0])
        self._any = re.compile(_any_of(self._heads))

    @property
    def words(self) -> Iterable[str]:
        """Every word of every group, normalised."""
        return self._heads.keys()

    def __call__(self, text: str) -> str:
        """Normalised text in canonical words."""
        return self._any.sub(lambda found: self._heads[found[0]], text) if self._heads else text


def _any_of(words: Iterable[str]) -> str:
    """A pattern of the longest of these words; by first character, so that most are passed over together."""
    rest: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(words, key=len, reverse=True):
        rest[word[0]].append(re.escape(word[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(ends)})" for first, ends in rest.items())

"""Words that mean the same to these people, put as one word."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence


class Lexicon:
    """Rewrites every word of a group as the group's first; the longest word wins; immutable."""

    def __init__(self, groups: Iterable[Sequence[str]], normalize: Callable[[str], str]) -> None:
        """Groups as operators wrote them; a word in two groups belongs to the first."""
        self._heads: dict[str, str] = {}
        for group in groups:
            words = [normalize(word) for word in group]
            for word in words:
                # A single character is part of too many words to be replaced safely.
                if len(word) > 1:
                    self._heads.setdefault(word, words[0])
        sizes: defaultdict[str, set[int]] = defaultdict(set)
        for word in self._heads:
            sizes[word[0]].add(len(word))
        self._sizes = {first: sorted(each, reverse=True) for first, each in sizes.items()}

    @property
    def words(self) -> Iterable[str]:
        """Every word of every group, normalised."""
        return self._heads.keys()

    def __call__(self, text: str) -> str:
        """Normalised text in canonical words."""
        pieces: list[str] = []
        at = 0
        while at < len(text):
            for size in self._sizes.get(text[at], ()):
                head = self._heads.get(text[at : at + size])
                if head is not None:
                    pieces.append(head)
                    at += size
                    break
            else:
                pieces.append(text[at])
                at += 1
        return "".join(pieces)

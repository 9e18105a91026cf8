"""A second opinion small enough for tests: sentences are alike that speak of the same things."""

from dataclasses import dataclass, field

import numpy as np

from intents.matching.features import FloatArray

THINGS = ("家上门", "法院告诉", "息本金", "你好在", "人工客师", "天气诗雨", "活")
"""Characters that speak of one thing each."""


@dataclass
class ThingsEmbedder:
    """Counts the characters of each of THINGS; remembers what it was given."""

    name: str = "things-1"
    given: list[str] = field(default_factory=list)

    def embed(self, text: str) -> FloatArray:
        """By thing, how much is said of it."""
        self.given.append(text)
        counts = np.array([sum(map(thing.count, text)) for thing in THINGS], dtype=np.float32) + np.float32(0.01)
        embedding: FloatArray = counts / np.linalg.norm(counts)
        return embedding

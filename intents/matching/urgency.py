"""Which of several questions is answered first: urgency.yaml, from what is lost within hours to what loses nothing by waiting."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

ORDINARY = "ordinary"
"""The floor of an intent that urgency.yaml doesn't name."""


@cache
def urgency() -> Mapping[str, int]:
    """The floor of each intent that has one of its own, 0 for the most urgent; ORDINARY stands for the others."""
    floors = yaml.safe_load(files(__package__).joinpath("urgency.yaml").read_text(encoding="utf-8"))
    ranks = {intent: rank for rank, floor in enumerate(floors) for intent in floor["intents"]}
    ranks[ORDINARY] = next(rank for rank, floor in enumerate(floors) if floor["floor"] == ORDINARY)
    return MappingProxyType(ranks)


def urgency_rank(intent: str) -> int:
    """How urgent an intent is: the smaller, the sooner it is answered."""
    ranks = urgency()
    return ranks.get(intent, ranks[ORDINARY])

"""Which known name a misspelt one was meant to be."""

import re
from collections.abc import Iterable

_DIGITS = re.compile(r"\d+")
_SLIPS = 2
"""Characters by which a misspelt name differs at most."""


def typo_of(written: str, known: Iterable[str]) -> str | None:
    """The only name that differs from what is written by a slip of the finger; None where it may well be another one.

    One hotline in place of another is worse than no advice: so only one or two characters may differ, and no digit.
    """
    # Not before: a good file has nothing to guess at.
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    slips = [
        name
        for name in known
        if name != written
        and OSA.distance(written, name, score_cutoff=_SLIPS) <= _SLIPS
        and _DIGITS.findall(written) == _DIGITS.findall(name)
        and min(len(written), len(name)) > _SLIPS * 2
    ]
    return slips[0] if len(slips) == 1 else None

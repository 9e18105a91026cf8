"""Where the lines of the danger detector are set: on what the margins of messages by unknown authors were, within a budget of false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from intents.danger.score import Line, Lines, Margins

CALM = 5.0
"""What a calm message counts beside a strong one."""
SCALE = 3.0
"""Margins are so much smaller than what the regression expects."""
TELLING = tuple(each.name for each in fields(Lines))
"""What may tell beside the wording, each with a line of its own."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many of those that are in no danger may be taken for it."""

    strong: float
    """Of anger, exhaustion and giving up about debt."""
    calm: float
    """Of calm questions."""


PLAINLY, AT_ALL = Budget(strong=0.02, calm=0.0025), Budget(strong=0.1, calm=0.015)
"""Taken for plain danger, and for danger of any level."""
LEAST = {"leaning": Line(danger=-0.2, plain=0.3), "sure": Line(danger=-0.4, plain=-0.3)}
"""What the margins must reach at least, however well such signs tell by themselves: 「撑不下去了」 alone stays doubtful."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message by an author whom the classifier didn't know."""

    margins: Margins
    telling: str
    """One of TELLING."""
    level: str
    style: str


def set_lines(unknown: Sequence[Unknown]) -> Lines:
    """The lines that find the most danger within the budgets."""
    levels = np.array([each.level for each in unknown])
    danger = _lines(unknown, [each.margins.danger for each in unknown], levels != "none", AT_ALL)
    plain = _lines(unknown, [each.margins.plain for each in unknown], levels == "plain", PLAINLY)
    return Lines(*(_raised(name, Line(*line)) for name, *line in zip(TELLING, danger, plain, strict=True)))


def _raised(name: str, line: Line) -> Line:
    least = LEAST.get(name, line)
    return Line(max(line.danger, least.danger), max(line.plain, least.plain))


def _lines(
    messages: Sequence[Unknown], margins: Sequence[float], yes: NDArray[np.bool_], budget: Budget
) -> list[float]:
    """How much the margin must be for each of TELLING: how much each tells is learned, the rest is the budget's."""
    margin = np.array(margins)
    telling = np.array([[each.telling == name for name in TELLING] for each in messages], dtype=float)
    calm = np.array([each.style == "plain" for each in messages])
    none = np.array([each.level == "none" for each in messages])
    model = LogisticRegression(max_iter=1000)
    model.fit(np.column_stack([margin * SCALE, telling]), yes, np.where(calm & none, CALM, 1.0))
    slope, offsets = model.coef_[0][0] * SCALE, model.coef_[0][1:]
    score = margin * slope + telling @ offsets
    least = max(
        _least(score[none & ~calm], budget.strong),
        _least(score[none & calm], budget.calm),
    )
    return [round(float((least - offset) / slope), 3) for offset in offsets]


def _least(scores: NDArray[np.float64], share: float) -> float:
    """What no more than such a share of the scores reach."""
    ranked = np.sort(scores)[::-1]
    return float(ranked[int(share * len(ranked))]) + 1e-6

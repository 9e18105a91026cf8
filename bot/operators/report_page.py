"""The report as one HTML page: charts drawn in place, nothing fetched from anywhere, light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.operators.report import DailyTurns, Report

WIDTH, HEIGHT = 720, 200
"""Of the chart's drawing, in its own units; the page scales it."""
_LABELS = 8
"""At most so many days are named below the chart."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a column."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One day of the chart."""

    day: DailyTurns
    x: float
    width: float
    bars: tuple[Bar, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The turns of each day, one column a day, answered at the bottom."""

    width: int
    height: int
    columns: tuple[Column, ...]
    lines: tuple[tuple[float, int], ...]
    """Heights at which a line is drawn, and the number that it stands for."""


def render_page(report: Report) -> str:
    """The page as HTML."""
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("bot.operators"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    return environment.get_template("report.html").render(report=report, chart=draw_chart(report.days))


def percent(part: int, whole: int) -> str:
    """A share in whole percent."""
    return f"{round(100 * part / whole)}%" if whole else "—"


def draw_chart(days: Sequence[DailyTurns]) -> Chart:
    """The geometry of the columns."""
    top = _round_up(max((day.total for day in days), default=0))
    step = WIDTH / max(len(days), 1)
    every = -(-len(days) // _LABELS) or 1
    columns = tuple(
        Column(day, index * step, step, _bars(day, top), f"{day.day:%m-%d}" if index % every == 0 else "")
        for index, day in enumerate(days)
    )
    lines = tuple((HEIGHT - HEIGHT * share, round(top * share)) for share in (0.5, 1.0))
    return Chart(WIDTH, HEIGHT, columns, lines)


def _bars(day: DailyTurns, top: int) -> tuple[Bar, ...]:
    bars, base = [], float(HEIGHT)
    for kind, count in (("answer", day.answer), ("clarify", day.clarify), ("fallback", day.fallback)):
        height = HEIGHT * count / top
        base -= height
        if count:
            bars.append(Bar(kind, base, height))
    return tuple(bars)


def _round_up(number: int) -> int:
    """The next number that reads well on an axis and halves evenly."""
    scale = 1
    while True:
        for step in (2, 4, 6, 8, 10, 12, 16):
            if number <= step * scale:
                return step * scale
        scale *= 10

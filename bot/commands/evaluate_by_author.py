"""`youshu eval --by-author`: what strangers would meet, each author left out as a whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from intents.faq.files import read_files
from intents.faq.question_files import parse_questions
from intents.faq.schema import FAQ
from intents.matching.by_author import Authors, Opinions, fit_on_all, leave_out, measure, measure_questions
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Thresholds, load_thresholds
from intents.matching.evaluate import GoalMetrics, InScopeMetrics

_HEADINGS = (
    "范围内",
    "首选对",
    "答对",
    "答对或给出",
    "错答",
    "反问",
    "拒答",
    "范围外",
    "没误答",
    "同字别事没误答",
    "闲聊反问",
    "一点就到",
    "几问都有",
    "多提了话题",
)
_SMALLER_IS_BETTER = frozenset({"wrong", "asked", "refused", "random_asked", "named_wrong"})


@dataclass(frozen=True)
class Measured:
    """The figures of each author, and the thresholds that all of them give."""

    authors: Mapping[str, GoalMetrics]
    questions: Mapping[str, InScopeMetrics]
    """By fold of authors, of the FAQ's own questions; empty where that wasn't asked for."""
    fitted: Thresholds


def question_authors(path: Path) -> Authors:
    """The author of each question in questions/, where a comment names one."""
    beside = read_files(path).questions
    lines = (line for name, text in beside.items() for line in parse_questions(name, text.decode("utf-8")).lines)
    return {line.text: line.author for line in lines if line.author}


def run(
    console: Console,
    faq: FAQ,
    path: Path,
    utterances: Sequence[LabeledUtterance],
    *,
    by_question: bool,
    opinions: Opinions | None = None,
) -> Measured:
    """Leave each author out; trains a model for each, and a second opinion where one is to be heard."""
    authors = question_authors(path)
    count = len({utterance.author for utterance in utterances})
    left_out = list(track(leave_out(faq, authors, utterances), "训练", total=count, console=console, transient=True))
    start = load_thresholds()
    fitted = fit_on_all(left_out, start)
    measured = {author: GoalMetrics.of(results) for author, results in measure(left_out, start, opinions)}
    folds = measure_questions(faq, authors, fitted) if by_question else ()
    questions = {"、".join(names): InScopeMetrics.of(results) for names, results in folds}
    return Measured(measured, questions, fitted)


def show(console: Console, measured: Measured, *, as_json: bool) -> None:
    """Print a row for each author, then the mean and the worst."""
    if as_json:
        record = {
            "authors": {author: asdict(found) for author, found in measured.authors.items()},
            "questions": {names: asdict(found) for names, found in measured.questions.items()},
        }
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    console.print(goals_table(measured.authors))
    if measured.questions:
        table = Table("问法的作者", "句数", "首选对", "前三有", "答对", "错答", box=None)
        for names, found in measured.questions.items():
            shares = (found.top1, found.top3, found.answered_right, found.wrong)
            table.add_row(names, str(found.count), *(f"{share:.3f}" for share in shares))
        mean = fmean(found.top1 for found in measured.questions.values())
        worst = min(found.top1 for found in measured.questions.values())
        console.print(table)
        console.print(f"首选对：平均 {mean:.3f}，最差 {worst:.3f}", highlight=False)


def goals_table(rows: Mapping[str, GoalMetrics]) -> Table:
    """A row for each author or list; where there are several, then the mean and the worst of each column."""
    table = Table("作者", *_HEADINGS, box=None)
    for author, found in rows.items():
        table.add_row(author, *_cells(asdict(found)))
    if len(rows) > 1:
        records = [asdict(found) for found in rows.values()]
        columns = {name: [each[name] for each in records if each[name] is not None] for name in records[0]}
        mean = {name: fmean(values) if values else None for name, values in columns.items()}
        worst = {
            name: (max(values) if name in _SMALLER_IS_BETTER else min(values)) if values else None
            for name, values in columns.items()
        }
        table.add_row("平均", *_cells(mean))
        table.add_row("最差", *_cells(worst))
    return table


def _cells(record: Mapping[str, float | None]) -> Sequence[str]:
    whole = {"count", "outside"}
    return [
        "" if value is None else f"{value:.0f}" if name in whole else f"{value:.3f}" for name, value in record.items()
    ]

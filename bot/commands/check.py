"""`youshu check`: every problem of faq.yaml and the questions beside it, for a person, an editor or CI."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import click

from bot.commands.last_version import last_version
from intents.checks.raw_faq import WrittenQuestion
from intents.checks.shrunk import ContentSize, shrinkage
from intents.checks.slow import SPOT_CHECKS, slow_problems
from intents.faq.files import main_file
from intents.faq.problems import FAQError, Problem
from intents.load import CheckedFaq, check_file, check_files

LARGE_BYTES = 2_000_000
"""From this size on a check takes seconds."""

FoundProblems = Mapping[str, Sequence[Problem]]
"""The problems of each file, by its path as it was typed."""


@click.command(help="检查 faq.yaml 和旁边的 questions（可以写几个文件），一次列出全部问题。没有问题就什么也不说。")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", help="输出的样子")
@click.option("--strict", is_flag=True, help="有警告也算不通过")
@click.option("--full", is_flag=True, help=f"问法超过 {SPOT_CHECKS} 条时，也逐条看有没有轻生的意思")
@click.argument("paths", metavar="[文件]…", nargs=-1, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...], form: str, *, strict: bool, full: bool) -> None:
    """Print every problem of each file; exit 1 on an error, with --strict on a warning too."""
    # An editor or pre-commit names the file that was saved, which may be one of those in questions/.
    found = {}
    for path in dict.fromkeys(map(main_file, paths)) or (_path_from_settings(),):
        _announce(path)
        found[str(path)] = sorted(_find_problems(path, full=full))
    for line in _FORMS[form](found):
        click.echo(line)
    problems = [problem for each in found.values() for problem in each]
    errors = sum(problem.severity == "error" for problem in problems)
    if problems and form == "text":
        click.echo(f"{errors} 个错误，{len(problems) - errors} 个警告", err=True)
    if errors or (strict and problems):
        sys.exit(1)


def _announce(path: Path) -> None:
    """Say at once that a large file takes its time: reading it shows no progress."""
    try:
        size = main_file(path).stat().st_size
    except OSError:
        return  # told as a problem
    if size >= LARGE_BYTES:
        click.echo(f"{path} 有 {size / 1e6:.0f} MB，要检查一会儿……", err=True)


def _path_from_settings() -> Path:
    # Not before: an editor names the file, and needn't wait for what reads settings.
    from bot.settings import load_settings  # noqa: PLC0415

    return load_settings().faq


def _find_problems(path: Path, *, full: bool) -> set[Problem]:
    try:
        checked = check_file(path)
    except FAQError as error:
        return set(error.problems)
    if checked.raw is None:
        return set(checked.problems)
    asked = len(checked.raw.questions) if checked.faq else 0
    if not full and asked > SPOT_CHECKS:
        click.echo(f"问法有 {asked} 条，只抽 {SPOT_CHECKS} 条看有没有轻生的意思；要逐条看请加 --full", err=True)
    return {
        *checked.problems,
        *(_lost(main_file(path), checked) if checked.faq else ()),
        *slow_problems(checked.raw, checked.faq, _with_progress, spot_checks=None if full else SPOT_CHECKS),
    }


def _lost(path: Path, checked: CheckedFaq) -> Iterable[Problem]:
    """What is gone since the last good version, where one is kept."""
    last = last_version(path)
    if last is None or checked.raw is None or last.files.digest == checked.digest:
        return ()
    before = check_files(last.files, advice=False).faq
    if before is None:
        return ()
    line = checked.raw.document.key_place(("intents",)).line
    return shrinkage(ContentSize.of(before), ContentSize.of_raw(checked.raw), last.name, line)


def _with_progress(questions: Sequence[WrittenQuestion], title: str) -> Iterable[WrittenQuestion]:
    """A progress bar on stderr, only where someone is looking."""
    if not sys.stderr.isatty():
        return questions
    # Not before: an editor or CI, which has nobody looking, needn't wait for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    return track(questions, title, console=Console(stderr=True), transient=True)


def _text(found: FoundProblems) -> Iterable[str]:
    return (problem.line_for(path) for path, problems in found.items() for problem in problems)


def _json(found: FoundProblems) -> Iterable[str]:
    """One object for one file, and a list of them for several."""
    files = [
        {"file": path, "problems": [problem.as_dict(path) for problem in problems]} for path, problems in found.items()
    ]
    return (json.dumps(files if len(files) > 1 else files[0], ensure_ascii=False, indent=2),)


def _github(found: FoundProblems) -> Iterable[str]:
    return (problem.annotation(path) for path, problems in found.items() for problem in problems)


_FORMS: Mapping[str, Callable[[FoundProblems], Iterable[str]]] = {
    "text": _text,
    "json": _json,
    "github": _github,
}

"""Sixty ways to break a FAQ of several files: none takes the bot down, each is told at its file and line, and its remedy mends it."""

from pathlib import Path

import pytest

from intents.checks.slow import slow_problems
from intents.faq.files import read_files
from intents.faq.problems import FAQError, Problem
from intents.load import check_files, read_faq_files
from intents.reload import Reloader
from tests.layout_mutations import MUTATIONS, LayoutMutation, follow, write_good
from tests.mistakes import LIMITS, TODAY

STEPS = 6
"""So many remedies may have to be followed, one after the other."""

mutations = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.code} {mutation.name}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_good(tmp_path / "good")
    return write_good(tmp_path / "own")


def found(path: Path) -> list[Problem]:
    try:
        files = read_faq_files(path)
    except FAQError as error:
        return list(error.problems)
    checked = check_files(files, today=TODAY, limits=LIMITS)
    slow = slow_problems(checked.raw, checked.faq) if checked.raw else ()
    return sorted({*checked.problems, *slow})


def test_there_are_sixty_and_the_good_files_have_no_problem(path: Path) -> None:
    assert len(MUTATIONS) >= 60
    assert found(path) == []


@mutations
def test_it_is_told_at_its_file_and_line(path: Path, mutation: LayoutMutation) -> None:
    line, column = mutation.change(path.parent)
    problems = [problem for problem in found(path) if problem.code == mutation.code]
    assert problems
    first = problems[0]
    assert (first.file or "faq.yaml", first.line, first.column) == (mutation.file, line, column)


@mutations
async def test_the_bot_goes_on_answering(path: Path, mutation: LayoutMutation) -> None:
    reloader = Reloader.load(path)
    before = reloader.current.matcher.match("那人非要坐在我家客厅等我").intent
    mutation.change(path.parent)
    result = await reloader.reload()
    assert result is None or result.crash is None
    after = reloader.current.matcher.match("那人非要坐在我家客厅等我").intent
    if result is None or not result.loaded:
        assert after == before == "door_knock"


@mutations
def test_the_remedy_followed_to_the_letter_mends_it(path: Path, mutation: LayoutMutation, tmp_path: Path) -> None:
    mutation.change(path.parent)
    for _ in range(STEPS):
        problems = found(path)
        if not problems:
            break
        wanted = [problem for problem in problems if problem.code == mutation.code]
        follow(path.parent, (wanted or problems)[0], tmp_path / "good")
    assert [problem.line_for("faq.yaml") for problem in found(path)] == []
    assert len(read_files(path).questions) >= 3

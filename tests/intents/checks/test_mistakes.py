"""Every way in which people break faq.yaml is caught, at its place, and nothing else is said about it."""

from pathlib import Path

import pytest

from intents.load import check_text
from tests.faqs import one_file
from tests.mistakes import GOOD, INTENTS, LEXICON, LIMITS, OUTSIDE, PARAMETERS, TODAY, Mistake

SHIPPED = Path(__file__).parents[3] / "faq.yaml"

mistakes = pytest.mark.parametrize("mistake", Mistake.all(), ids=lambda mistake: f"{mistake.code} {mistake.name}")


def found(text: str) -> list[tuple[int, int, str]]:
    checked = check_text(text, today=TODAY, limits=LIMITS)
    assert (checked.faq is None) == any(problem.severity == "error" for problem in checked.problems)
    return [(problem.line, problem.column, problem.code) for problem in checked.problems]


def test_the_good_file_has_no_problem() -> None:
    assert found(GOOD) == []


@mistakes
def test_a_mistake_is_the_only_problem_and_has_its_place(mistake: Mistake) -> None:
    text, line, column = mistake.broken(GOOD)
    assert found(text) == [(line, column, mistake.code)]


@pytest.fixture(scope="module")
def shipped() -> str:
    """The shipped file with more at the front of each of its lists, cut after some topics to keep the test fast."""
    head, *topics = one_file(SHIPPED).split("\n  - id: ")
    text = "\n  - id: ".join([head, *topics[:6]]) + "\n"
    for heading, addition in (
        ("\nparameters:\n", PARAMETERS),
        ("\nlexicon:\n", LEXICON),
        ("\nout_of_scope:\n  questions:\n", OUTSIDE),
        ("\nintents:\n", INTENTS),
    ):
        assert text.count(heading) == 1
        text = text.replace(heading, heading + addition)
    return text


@mistakes
def test_a_mistake_is_found_in_the_shipped_file(shipped: str, mistake: Mistake) -> None:
    text, line, column = mistake.broken(shipped)
    assert (line, column, mistake.code) in found(text)


@mistakes
def test_a_mistake_is_found_with_windows_line_ends_and_a_byte_order_mark(mistake: Mistake) -> None:
    text, line, column = mistake.broken(GOOD)
    assert found("\ufeff" + text.replace("\n", "\r\n")) == [(line, column, mistake.code)]

"""docs/operators.md explains every problem code, and its examples are true."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from intents.checks.slow import slow_problems
from intents.load import check_text
from tests.mistakes import GOOD, LIMITS, TODAY

ROOT = Path(__file__).parents[3]
CHAPTER = (ROOT / "docs" / "operators.md").read_text("utf-8").partition("## check 的每一条\n")[2]

# The first topic begins with its owner, so that an example may replace its id.
BASE = GOOD.replace("    owner: 内容组\n", "", 1).replace(
    "  - id: door_knock\n", "  - owner: 内容组\n    id: door_knock\n"
)
CRISIS = """
  - id: crisis
    group: support
    title: 紧急求助
    questions:
      - 我不想活了
      - 活着没意思想死
    answer:
      summary: 您现在安全吗？请先别一个人待着。
    owner: 内容组
    reviewed: 2026-11-23
"""
MARKER = re.compile(r"[<=>]{7}")  # git writes these at the beginning of the line
PLACES = (
    ("", {"version", "parameters", "lexicon", "out_of_scope", "intents"}),
    ("    ", {"id", "group", "title", "questions", "answer", "related", "owner", "reviewed"}),
    ("      ", {"summary", "consequences", "rights", "steps", "script", "basis"}),
)


@dataclass(frozen=True)
class Page:
    """The section of one code."""

    code: str
    language: str
    wrong: str
    right: str


def pages() -> Iterator[Page]:
    for section in CHAPTER.split("\n#### ")[1:]:
        code, _, body = section.partition("\n")
        (language, wrong), (_, right) = re.findall(r"```(\w+)\n(.*?)\n```", body, re.DOTALL)
        assert body.index("错：") < body.index("对：")
        yield Page(code, language, wrong, right)


def placed(example: str, right: str) -> str:
    """A whole file with the example in the place of the keys that its right form has."""
    keys = list(yaml.safe_load(right))
    indent = next(indent for indent, known in PLACES if known & set(keys))
    text, lines = (
        BASE + CRISIS,
        "".join(f"{'' if MARKER.match(line) else indent}{line}\n" for line in example.splitlines()),
    )
    for number, key in enumerate(keys):
        block = re.compile(rf"^{indent}{key}:.*\n(?:(?:{indent} .*)?\n)*", re.MULTILINE)
        text, count = block.subn("" if number else lines.replace("\\", r"\\"), text, count=1)
        assert count == 1, key
    return re.sub(r"([^ 。\n]+。)……（重复 (\d+) 遍）", lambda found: found[1] * int(found[2]), text)


def codes(text: str) -> set[str]:
    checked = check_text(text, today=TODAY, limits=LIMITS)
    slow = slow_problems(checked.raw, checked.faq) if checked.raw else ()
    return {problem.code for problem in (*checked.problems, *slow)}


def test_every_code_has_its_section_and_every_section_its_code() -> None:
    source = "".join(path.read_text("utf-8") for path in sorted((ROOT / "intents").rglob("*.py")))
    documented = [page.code for page in pages()]
    assert sorted(documented) == sorted(set(re.findall(r'"([EW]-[A-Z-]+)"', source)))


@pytest.mark.parametrize("page", [page for page in pages() if page.language == "yaml"], ids=lambda page: page.code)
def test_the_wrong_example_has_the_problem_and_the_right_one_has_none(page: Page) -> None:
    if page.code == "E-EMPTY":
        assert codes(page.wrong) == {page.code}
        return
    assert page.code in codes(placed(page.wrong, page.right))
    assert codes(placed(page.right, page.right)) == set()

"""A remedy keeps the text that somebody wrote: followed to the letter, it makes the file pass again.

The inputs are those by which an operator's audit found wrong remedies, and their kin.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from intents.faq.problems import FAQError
from intents.load import check_text
from tests.faqs import one_file
from tests.mistakes import GOOD, LIMITS, TODAY
from tests.remedies import followed

SHIPPED = Path(__file__).parents[3] / "faq.yaml"
FIRST = "      - 夜里有人砸门要账咋办\n"
LAW = "        - {law: 民法典, article: 第一千零三十二条, says: 自然人享有隐私权}\n"
RATE = '{value: 3.05, unit: "%", as_of: 2026-01-01'
CALLED = "        - 打开手机录像。\n"


@dataclass(frozen=True)
class Slip:
    """An edit of a good file, and what is said about it."""

    name: str
    old: str
    new: str
    code: str
    line: str
    """A piece of the line that is named."""
    kept: str = ""
    """A piece of what was written that must still be there when the remedy has been followed."""
    mended: str | None = None
    """What the edit becomes; None where the good file comes back."""


SLIPS = (
    Slip(
        "a colon at the end",
        FIRST,
        "      - 催收几点来:\n",
        "E-COLON",
        "催收几点来",
        "催收几点来：",
        "      - 催收几点来：\n",
    ),
    Slip(
        "a half-width comma in braces",
        "says: 自然人享有隐私权",
        "says: 住宅, 未经同意不得进入",
        "E-COMMA",
        "住宅, 未经",
        "",
        "says: 住宅，未经同意不得进入",
    ),
    Slip(
        "a comma between two articles",
        "第一千零三十二条",
        "第一千零三十二条, 第一千零三十三条",
        "E-COMMA",
        "第一千零三十三条",
        "",
        "第一千零三十二条、第一千零三十三条",
    ),
    Slip(
        "a colon in braces",
        "says: 自然人享有隐私权",
        "says: 规定: 未经同意不得进入",
        "E-COLON",
        "规定: ",
        "",
        "says: 规定：未经同意不得进入",
    ),
    Slip(
        "a path in double quotes",
        FIRST,
        '      - "催收C:\\users里有我名字"\n',
        "E-BACKSLASH",
        "users",
        "",
        '      - "催收C:\\\\users里有我名字"\n',
    ),
    Slip(
        "another escape that is none",
        FIRST,
        '      - "催收C:\\催收里有我名字"\n',
        "E-BACKSLASH",
        "催收C",
        "",
        '      - "催收C:\\\\催收里有我名字"\n',
    ),
    Slip("an id's line gone", "  - id: rate_talk\n", "", "E-LOST-LINE", "group: consequences"),
    Slip(
        "an answer's line gone below a list",
        "    answer:\n      summary: 您不同意",
        "      summary: 您不同意",
        "E-LOST-LINE",
        "summary: 您不同意",
    ),
    Slip("the questions' line gone", "    questions:\n      - 夜里", "      - 夜里", "E-LOST-LINE", "夜里有人"),
    Slip(
        "the consequences' line gone",
        "      consequences:\n        - 他们可能",
        "        - 他们可能",
        "E-LOST-LINE",
        "他们可能",
    ),
    Slip("the basis' line gone", "      basis:\n" + LAW, LAW, "E-LOST-LINE", "民法典, article: 第一千"),
    Slip("the parameters' line gone", "parameters:\n", "", "E-LOST-LINE", "hotline_demo: {"),
    Slip("the lexicon's line gone", "lexicon:\n", "", "E-LOST-LINE", "催讨款项"),
    Slip("the line of what is out of scope gone", "out_of_scope:\n", "", "E-LOST-LINE", "questions:"),
    Slip("its questions' line gone", "out_of_scope:\n  questions:\n", "out_of_scope:\n", "E-LOST-LINE", "花卡"),
    Slip("the intents' line gone", "\nintents:\n", "\n", "E-LOST-LINE", "- id: door_knock"),
    Slip(
        "a hash at the beginning",
        FIRST,
        "      - #急# 催收在门口\n",
        "E-SPECIAL",
        "#急#",
        "#急# 催收在门口",
        '      - "#急# 催收在门口"\n',
    ),
    Slip(
        "a hash at the beginning of a title",
        "title: 敲门怎么办",
        "title: #急#敲门",
        "E-SPECIAL",
        "#急#",
        "",
        'title: "#急#敲门"',
    ),
    Slip("an ideographic comma in the lexicon", "[催讨款项, 讨要款项]", "[催讨款项、讨要款项]", "E-VALUE", "催讨款项"),
    Slip("a full-width comma in the lexicon", "[催讨款项, 讨要款项]", "[催讨款项，讨要款项]", "E-VALUE", "催讨款项"),
    Slip(
        "an ideographic comma between ids",
        "related: [rate_talk]",
        "related: [rate_talk、thanks_talk]",
        "E-ID",
        "related",
        "",
        "related: [rate_talk, thanks_talk]",
    ),
    Slip("days in words", RATE, RATE + ", recheck_days: 九十天", "E-VALUE", "九十天", "", RATE + ", recheck_days: 400"),
    Slip("a unit twice", "{value: 3.05", "{value: 3.05%", "E-UNIT-TWICE", "3.05%"),
    Slip(
        "a parameter gone",
        '  hotline_demo: {value: "95599", as_of: 2026-01-01, source: 某某热线}\n',
        "",
        "E-UNKNOWN-PARAMETER",
        "{hotline_demo}",
    ),
    Slip(
        "a parameter's name misspelt where it is defined",
        "  hotline_demo: {",
        "  hotline_dmeo: {",
        "E-UNKNOWN-PARAMETER",
        "{hotline_demo}",
    ),
    Slip(
        "a parameter's name misspelt in an answer",
        CALLED,
        "        - 打 {hotline_dmeo}。\n",
        "E-UNKNOWN-PARAMETER",
        "dmeo",
        "",
        "        - 打 {hotline_demo}。\n",
    ),
    Slip("a stray mark of documents", "  - id: rate_talk", "---\n  - id: rate_talk", "E-DOCUMENTS", "---"),
    Slip("a mark of a document's end", "  - id: thanks_talk", "...\n  - id: thanks_talk", "E-DOCUMENTS", "..."),
    Slip("a dollar before a parameter", "{hotline_demo}", "${hotline_demo}", "E-BRACE", "${hotline"),
    Slip(
        "curly quotes around a law",
        "law: 民法典, article: 第一千",
        "law: “民法典”, article: 第一千",
        "W-CURLY-QUOTE",
        "“民法典”",
    ),
    Slip("a question folded", FIRST, "      - 夜里有人砸门\n        要账咋办\n", "W-SEVERAL-LINES", "夜里有人砸门"),
    Slip("a question indented too far", "      - 那人非要", "       - 那人非要", "E-INDENT", "那人非要"),
    Slip(
        "a question of a megabyte",
        FIRST,
        f"      - {'夜里有人砸门要账咋办' * 35_000}\n",
        "W-LONG-QUESTION",
        "夜里有人",
        "",
        None,
    ),
    Slip(
        "a day that the month doesn't have",
        "reviewed: 2026-11-23\n\n  - id: rate",
        "reviewed: 2026-09-31\n\n  - id: rate",
        "E-DATE",
        "2026-09-31",
        "",
        "reviewed: 2026-09-30\n\n  - id: rate",
    ),
    Slip(
        "a file cut off inside a topic",
        GOOD[GOOD.index("      steps:\n        - 把合同找出来") :],
        "      steps:\n        - 把合同找出来。\n",
        "E-CUT-OFF",
        "把合同找出来",
    ),
    Slip("a file cut off inside braces", GOOD[GOOD.index(", says: 禁止高利放贷") :], "", "E-CUT-OFF", "第六百八十条"),
    Slip("a file cut off inside quotes", GOOD[GOOD.index("title: 利率怎么看") :], 'title: "利率', "E-CUT-OFF", "利率"),
)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_the_only_thing_said_names_the_line_and_followed_to_the_letter_mends_the_file(slip: Slip) -> None:
    good = (
        GOOD
        if slip.name != "a file cut off inside a topic"
        else GOOD.replace("[rate_talk]", "[rate_talk, thanks_talk]")
    )
    assert slip.old in good
    text = good.replace(slip.old, slip.new, 1)
    problems = check_text(text, today=TODAY, limits=LIMITS).problems
    assert [problem.code for problem in problems] == [slip.code]
    assert slip.line in text.split("\n")[problems[0].line - 1]
    mended = followed(text, problems[0], good)
    assert slip.kept in mended
    left = check_text(mended, today=TODAY, limits=LIMITS).problems
    assert [problem.line_for("") for problem in left] == []
    if slip.code != "W-LONG-QUESTION":
        assert sorted(mended.split("\n")) == sorted(
            (good if slip.mended is None else good.replace(slip.old, slip.mended, 1)).split("\n")
        )


@pytest.fixture(scope="module")
def shipped() -> str:
    return one_file(SHIPPED)


def without_line(text: str, beginning: str) -> str:
    return re.sub(rf"^{re.escape(beginning)}.*\n", "", text, count=1, flags=re.MULTILINE)


def cut_in_the_middle(text: str) -> str:
    return text[: text.index("\n      consequences:", len(text) // 2)]


def marked_in_the_middle(text: str) -> str:
    at = text.index("\n  - id: ", len(text) // 2) + 1
    return f"{text[:at]}---\n{text[at:]}"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (marked_in_the_middle, "E-DOCUMENTS"),
        (cut_in_the_middle, "E-CUT-OFF"),
        (lambda text: without_line(text, "  hotline_police:"), "E-UNKNOWN-PARAMETER"),
        (lambda text: without_line(text, "  - id: privacy_leak"), "E-LOST-LINE"),
    ],
    ids=["a stray ---", "cut off", "a hotline gone", "an id's line gone"],
)
def test_in_the_shipped_file_the_cause_is_all_that_is_said_and_a_backup_or_a_line_mends_it(
    shipped: str, broken: Callable[[str], str], code: str
) -> None:
    text = broken(shipped)
    (problem,) = check_text(text).problems
    assert problem.code == code
    assert "hotline_p" not in problem.remedy.replace("hotline_police", "")
    if code != "E-DOCUMENTS":
        assert f"另有 {problem.consequences} 处由此引起" in problem.line_for("faq.yaml")
    assert check_text(followed(text, problem, shipped)).problems == ()


def test_what_stops_a_load_is_told_by_its_cause(shipped: str) -> None:
    told = str(FAQError("faq.yaml", check_text(without_line(shipped, "  hotline_police:")).problems))
    assert told.count("\n") == 0
    assert "hotline_police 这一行写回去" in told


def test_a_topic_that_is_gone_is_told_once_with_the_lines_that_still_relate_to_it() -> None:
    text = GOOD.replace("related: [door_knock]", "related: [rate_gone]").replace(
        "related: [rate_talk]", "related: [rate_gone]"
    )
    (problem,) = check_text(text, today=TODAY, limits=LIMITS).problems
    lines = [number for number, line in enumerate(text.split("\n"), 1) if "rate_gone" in line]
    assert problem.consequences == 1
    assert "、".join(map(str, lines)) in problem.remedy


def test_two_lines_of_ids_gone_are_each_told() -> None:
    text = GOOD.replace("  - id: rate_talk\n", "").replace("  - id: thanks_talk\n", "")
    found = check_text(text, today=TODAY, limits=LIMITS).problems
    assert [problem.code for problem in found] == ["E-LOST-LINE", "E-LOST-LINE"]
    assert [text.split("\n")[problem.line - 1] for problem in found] == [
        "    group: consequences",
        "    group: support",
    ]


def test_two_whole_files_in_one_are_told_as_such_and_the_first_counts() -> None:
    found = check_text(f"{GOOD}---\n{GOOD}", today=TODAY, limits=LIMITS).problems
    assert [problem.code for problem in found] == ["E-DOCUMENTS"]


def test_thousands_of_marks_are_read_in_one_go() -> None:
    text = GOOD.replace("  - id: rate_talk", "---\n" * 5000 + "  - id: rate_talk")
    found = check_text(text, today=TODAY, limits=LIMITS).problems
    assert {problem.code for problem in found} == {"E-DOCUMENTS"}

"""Reading YAML: places, traps and hostile texts."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intents.faq.reader import MAX_DEPTH, parse_yaml
from intents.faq.source import Place
from intents.load import check_text
from tests.mistakes import GOOD, LIMITS, TODAY

PIECES = st.sampled_from(
    [
        "a",
        "上门",
        ":",
        ": ",
        "：",
        "- ",
        "-",
        "\n",
        "\r\n",
        "\r",
        "  ",
        "\t",
        '"',
        "'",
        "“",
        "”",
        "{",
        "}",
        "[",
        "]",
        ",",
        "，",
        "#",
        " #",
        "&a ",
        "*a",
        "!t ",
        ">",
        "---\n",
        "...\n",
        "%",
        "@",
        "\\",
        "\x00",
        "\ufeff",
        "\u2028",
        "�",
        "😀",
        "intents:",
        "questions:",
        "answer:",
        "no",
        "012",
        "1:30",
        "2026-11-23",
        "~",
        "<<: *a",
        "? ",
    ]
)


def place_of(text: str, path: tuple[str | int, ...], character: int | None = None) -> Place:
    return parse_yaml(text).place(path, character)


@settings(deadline=None)
@given(st.text() | st.lists(PIECES, max_size=40).map("".join))
@example("\ud800")
@example("a: [\x85")
@example("? [a]\n: b")
@example("{a: &x [*x]}")
@example(" -\n\t0")
@example("%YAML 9.9\n---\na")
def test_reading_never_raises_and_every_problem_has_a_place_in_the_text(text: str) -> None:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in check_text(text, today=TODAY).problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert "\n" not in problem.line_for("faq.yaml")


@settings(deadline=None)
@given(st.data())
def test_a_good_file_with_a_piece_lost_or_added_anywhere_never_raises(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 30)))
    broken = GOOD[:start] + data.draw(PIECES | st.just("")) + GOOD[end:]
    checked = check_text(broken, today=TODAY, limits=LIMITS)
    assert (checked.faq is None) == any(problem.severity == "error" for problem in checked.problems)


@pytest.mark.parametrize(
    ("text", "character", "column"),
    [
        ("a: 上门催收", 2, 6),
        ('a: "上门催收"', 2, 7),
        (r'a: "上\"门催收"', 2, 8),
        ("a: '上''门催收'", 2, 8),
        ("a: 😀门催收", 2, 6),
    ],
)
def test_the_place_of_a_character_is_found_through_quotes_and_escapes(text: str, character: int, column: int) -> None:
    assert place_of(text, ("a",), character) == Place(1, column)


def test_the_place_of_a_character_is_found_in_a_folded_text() -> None:
    assert place_of("a: >\n  上门\n  催收\nb: 1", ("a",), "上门 催收".index("收")) == Place(3, 4)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_count_them(end: str) -> None:
    assert place_of(f'a: "x\u2028y"{end}b: z', ("b",)) == Place(2, 4)


def test_scalars_stay_as_they_are_written() -> None:
    assert parse_yaml("a: no\nb: 012\nc: 1:30\nd: 3.00\ne: 2026-11-23").value == {
        "a": "no",
        "b": "012",
        "c": "1:30",
        "d": "3.00",
        "e": "2026-11-23",
    }


def test_all_syntax_traps_are_reported_at_once_together_with_content_problems() -> None:
    broken = GOOD.replace("title: 敲门", "title：敲门").replace("group: consequences", "group:consequences")
    broken = broken.replace("第六百八十条", "第680条").replace("      - 打开", "\t- 打开")
    codes = [problem.code for problem in check_text(broken, today=TODAY, limits=LIMITS).problems]
    assert sorted(codes) == ["E-COLON-SPACE", "E-FULLWIDTH-COLON", "E-TAB", "W-ARTICLE"]


def test_a_problem_behind_a_trap_on_the_same_line_has_the_place_that_the_editor_shows() -> None:
    broken = GOOD.replace("reviewed: 2026-11-23\n\n  - id: rate", "reviewed：2026/11/23\n\n  - id: rate")
    problems = check_text(broken, today=TODAY, limits=LIMITS).problems
    column = len("    reviewed：") + 1
    assert [(problem.code, problem.column) for problem in problems] == [
        ("E-FULLWIDTH-COLON", column - 1),
        ("E-DATE", column),
    ]


def test_a_trap_does_not_hide_another_kind_of_syntax_error() -> None:
    broken = GOOD.replace("title: 敲门", "title：敲门").replace("summary: 一年期", 'summary: "一年期')
    codes = [problem.code for problem in check_text(broken, today=TODAY, limits=LIMITS).problems]
    assert codes == ["E-FULLWIDTH-COLON", "E-QUOTE"]


def test_aliases_are_refused_and_never_followed() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    document = parse_yaml(bomb)
    assert {problem.code for problem in document.problems} == {"E-ANCHOR"}
    assert document.at(("a29",)) == [""] * 9


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_bounded_before_it_costs_anything(opening: str) -> None:
    document = parse_yaml(opening * 100_000)
    assert [problem.code for problem in document.problems] == ["E-YAML"]
    assert str(MAX_DEPTH) in document.problems[0].message or opening == "? "


def test_a_merge_key_is_refused() -> None:
    codes = {problem.code for problem in check_text("base: &b {version: 1}\n<<: *b\n").problems}
    assert "E-ANCHOR" in codes


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "~", "---\n...\n"])
def test_an_empty_file_is_a_problem(text: str) -> None:
    assert [problem.code for problem in check_text(text).problems] == ["E-EMPTY"]


@pytest.mark.parametrize("text", ["逾期了怎么办", "- a\n- b", "[]", "{}"])
def test_a_file_that_is_something_else_is_an_error(text: str) -> None:
    checked = check_text(text)
    assert checked.faq is None
    assert all(problem.severity == "error" for problem in checked.problems)


def test_every_control_character_is_shown_and_the_rest_is_still_checked() -> None:
    broken = GOOD.replace("硬闯", "硬\x00\x1b闯").replace("第六百八十条", "第680条")
    codes = [problem.code for problem in check_text(broken, today=TODAY, limits=LIMITS).problems]
    assert codes == ["E-CHARACTER", "E-CHARACTER", "W-ARTICLE"]


LENGTH = 100_000
HOSTILE = {
    "quotes": "a: " + " 'x" * LENGTH + "\n b",
    "an open parenthesis": GOOD.replace("打开手机", "字(" + "字" * LENGTH),
    "one endless sentence": GOOD.replace("打开手机", "字" * LENGTH),
    "spaces in a key": '? "' + " " * LENGTH + 'x"\n: 1\n',
    "full-width digits": GOOD.replace("打开手机", "１" * LENGTH),
    "unknown parameters": GOOD.replace("打开手机", "{no_such} " * LENGTH),
    "tabs": "\t- a\n" * LENGTH,
    "commas": "a: {" + ",  " * LENGTH,
    "empty items": "intents:\n" + "-\n" * LENGTH,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_text_made_to_take_forever_is_read_to_its_end(text: str) -> None:
    # Each of these would take hours if some rule went over it once for each of its characters.
    assert check_text(text, today=TODAY, limits=LIMITS).problems

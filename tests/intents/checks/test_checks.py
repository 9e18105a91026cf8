"""The rules where a table of single mistakes doesn't say enough: what they let pass, and their borders."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from intents.checks import RULES, causes
from intents.checks.basis import ARTICLE
from intents.checks.raw_faq import WrittenQuestion
from intents.checks.slow import NearDuplicateIndex, slow_problems, stolen_questions
from intents.faq.problems import Problem, quoted
from intents.load import check_text
from tests.faqs import dump_yaml
from tests.mistakes import GOOD, LIMITS, TODAY

ROOT = Path(__file__).parents[3]
GUARDED = GOOD.replace("id: thanks_talk", "id: crisis")
"""A file that knows danger to life."""
FIRST = "夜里有人砸门要账咋办"
STEP = "打开手机录像。"


def codes(text: str) -> list[str]:
    checked = check_text(text, today=TODAY, limits=LIMITS)
    return [problem.code for problem in checked.problems]


def slow(text: str) -> list[str]:
    checked = check_text(text, today=TODAY, limits=LIMITS)
    assert checked.raw is not None
    assert checked.faq is not None
    return [problem.code for problem in slow_problems(checked.raw, checked.faq)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_a_rule_says_what_it_is_about(rule: Callable[..., object]) -> None:
    assert rule.__doc__


@pytest.mark.parametrize(
    "question",
    [
        "夜裡有人砸門要賬咋辦，點算好",
        "佢哋成日打嚟㗎，唔使驚",
        "我太后悔了，皇后大道那家怎么还",
        "里面乾不干净",
        "他著急著還",
        "信用卡逾期APP打不开",
    ],
)
def test_one_script_with_characters_of_both_is_not_mixed(question: str) -> None:
    assert codes(GOOD.replace(FIRST, question)) == []


@pytest.mark.parametrize(
    "text", ["先打 {hotline_demo}。", "利率是 {rate_demo}，以当月为准。", "“99.9%”是骗人的。", "打第955991号窗口。"]
)
def test_parameters_quoted_by_name_and_other_numbers_pass(text: str) -> None:
    assert codes(GOOD.replace(STEP, text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "比如“利率3.05%”是他说的。",
        "APP 里点“我的”，再点 OK。",
        "打开 App, 点 OK 就行。",
        "时间是 8:00 到 22:00。",
        "详见 a.b.c 网站。",
    ],
)
def test_half_width_marks_outside_chinese_and_what_others_say_pass(text: str) -> None:
    assert codes(GOOD.replace(STEP, text)) == []


def test_the_same_question_in_the_other_script_is_welcome_in_its_own_intent() -> None:
    assert codes(GOOD.replace("那人非要坐在我家客厅等我", "夜裡有人砸門要賬咋辦")) == []


def test_a_comment_behind_a_text_is_no_lost_text() -> None:
    assert codes(GOOD.replace(FIRST, f"{FIRST}  # 2026-11 加")) == []


def test_quotes_inside_a_text_are_no_delimiters() -> None:
    assert codes(GOOD.replace(STEP, "“明天上门”的话，多是“施压”")) == []


@pytest.mark.parametrize(("age", "found"), [(365, []), (366, ["W-STALE-REVIEW"])])
def test_a_review_is_due_after_a_year(age: int, found: list[str]) -> None:
    day = TODAY - timedelta(days=age)
    assert (
        codes(GOOD.replace("reviewed: 2026-11-23\n\n  - id: rate_talk", f"reviewed: {day}\n\n  - id: rate_talk"))
        == found
    )


@pytest.mark.parametrize(("ahead", "found"), [(1, []), (2, ["W-FUTURE-DATE"])])
def test_tomorrow_is_no_future_where_it_is_already_today(ahead: int, found: list[str]) -> None:
    day = TODAY + timedelta(days=ahead)
    assert (
        codes(GOOD.replace("reviewed: 2026-11-23\n\n  - id: rate_talk", f"reviewed: {day}\n\n  - id: rate_talk"))
        == found
    )


def test_an_old_statute_is_not_stale() -> None:
    assert codes(GOOD.replace('"%", as_of: 2026-01-01', '"%", as_of: 2013-03-15')) == []


@pytest.mark.parametrize(("characters", "found"), [(120, []), (121, ["W-LONG-SUMMARY"])])
def test_a_summary_is_measured_with_its_parameters_filled_in(characters: int, found: list[str]) -> None:
    rest = characters - len("95599。")
    summary = ("来的人没有执法权。" * 20)[: rest - 1] + "，"
    assert (
        codes(GOOD.replace("您不同意，来的人不能进门。硬闯就打 {hotline_demo}。", f"{summary}{{hotline_demo}}。"))
        == found
    )


@pytest.mark.parametrize(("characters", "found"), [(60, []), (61, ["W-LONG-SENTENCE"])])
def test_a_sentence_is_measured_to_its_full_stop(characters: int, found: list[str]) -> None:
    assert codes(GOOD.replace(STEP, f"好。{'字' * (characters - 1)}。好。")) == found


@pytest.mark.parametrize(
    ("article", "right"),
    [
        ("第一千零三十二条", True),
        ("第二百五十三条之一", True),
        ("第二百五十三条之一第二款", True),
        ("第十条、第十二条", True),
        ("第六百七十五条和第六百七十六条", True),
        ("第1032条", False),
        ("一千零三十二条", False),
        ("第一千零三十二", False),
        ("第十条,第十二条", False),
        ("", False),
    ],
)
def test_articles_are_written_as_statutes_number_them(article: str, right: bool) -> None:  # noqa: FBT001  # a table
    assert (ARTICLE.fullmatch(article) is not None) == right


def test_one_broken_topic_hides_nothing_in_the_others() -> None:
    broken = (
        GOOD.replace("    title: 敲门怎么办\n", "").replace("第六百八十条", "第680条").replace("{rate_demo}", "{rate}")
    )
    assert sorted(codes(broken)) == ["E-MISSING-KEY", "E-UNKNOWN-PARAMETER", "W-ARTICLE", "W-UNUSED-PARAMETER"]


def test_a_misspelt_key_needs_no_second_line_that_it_is_missing() -> None:
    assert codes(GOOD.replace("    questions:\n      - 年化", "    questons:\n      - 年化")) == ["E-UNKNOWN-KEY"]


def test_a_key_at_the_wrong_depth_is_told_where_it_belongs() -> None:
    broken = GOOD.replace(
        "    owner: 内容组\n    reviewed: 2026-11-23\n\n  - id: rate",
        "    steps:\n      - 一。\n    owner: 内容组\n    reviewed: 2026-11-23\n\n  - id: rate",
    )
    problems = check_text(broken, today=TODAY, limits=LIMITS).problems
    assert [(problem.code, problem.remedy) for problem in problems] == [
        ("E-UNKNOWN-KEY", "“steps”应写在 answer 下面，请检查缩进")
    ]


def test_a_consequence_on_the_same_line_is_not_told() -> None:
    cause, follows, elsewhere = (
        Problem(3, 1, "E-FULLWIDTH-COLON", "", ""),
        Problem(3, 9, "E-EMPTY-PART", "", ""),
        Problem(4, 9, "E-EMPTY-PART", "", ""),
    )
    assert causes([elsewhere, follows, cause]) == (cause, elsewhere)


@pytest.mark.parametrize("text", ["一行\n二行", "a\tb", "\u200b零宽", "字" * 50])
def test_what_is_quoted_stays_short_visible_and_on_one_line(text: str) -> None:
    shown = quoted(text)
    assert len(shown) <= 40
    assert shown.isprintable()


# --- trying the questions


def test_a_nearly_equal_question_in_another_topic_is_found() -> None:
    found = slow(GOOD.replace("那人非要坐在我家客厅等我", "年化写着三十多了算不算太高"))
    assert "W-NEAR-QUESTION" in found


def test_a_nearly_equal_question_in_the_same_topic_is_welcome() -> None:
    assert slow(GOOD.replace("那人非要坐在我家客厅等我", "夜里有人砸门要账了咋办")) == []


def test_a_nearly_equal_question_out_of_scope_is_found() -> None:
    assert "W-NEAR-QUESTION" in slow(GOOD.replace("花卡在哪里申请", "年化写着三十多了算不算太高"))


def test_at_most_so_many_questions_are_tried_spread_over_the_file() -> None:
    tried: list[str] = []

    def track(questions: Sequence[WrittenQuestion], _: str) -> Sequence[WrittenQuestion]:
        tried.extend(question.text for question in questions)
        return questions

    checked = check_text(GUARDED, today=TODAY, limits=LIMITS)
    assert checked.raw is not None
    assert list(slow_problems(checked.raw, checked.faq, track, spot_checks=3)) == []
    assert len(tried) == 7 + 3
    assert tried[7:] == [tried[0], tried[1], tried[3]]


def test_a_question_that_tells_of_danger_to_life_gets_no_other_answer() -> None:
    assert slow(GUARDED.replace("那人非要坐在我家客厅等我", "那人坐在我家，我不想活了")) == ["W-STOLEN"]
    assert slow(GUARDED.replace("心里踏实多了", "那人坐在我家，我不想活了")) == []
    assert slow(GOOD.replace("那人非要坐在我家客厅等我", "那人坐在我家，我不想活了")) == []


@pytest.mark.parametrize("filler", ["啊", "请问"])
def test_a_question_that_another_topic_asks_in_the_same_words_is_stolen(filler: str) -> None:
    assert "W-STOLEN" in slow(GOOD.replace("那人非要坐在我家客厅等我", f"{filler}年化写着三十多算不算太高？"))


def test_a_question_that_too_many_topics_ask_in_the_same_words_is_answered_by_none() -> None:
    before, thanks = GOOD.split("  - id: thanks_talk")
    crowded = before + "".join(
        f"  - id: thanks_{number}{thanks}".replace("道个谢", f"道谢{number}")
        .replace("刚才讲得挺明白", f"你讲得挺明白{'啊' * number}")
        .replace("心里踏实多了", f"给{number}号客服道谢")
        for number in range(60)
    )
    checked = check_text(crowded, today=TODAY, limits=LIMITS)
    assert checked.raw
    assert checked.faq
    told = [*stolen_questions(checked.raw, checked.faq)]
    assert len(told) == 60
    assert all("会答不上来" in problem.message for problem in told)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.text(st.sampled_from("逾期会坐牢吗上门"), min_size=1, max_size=24), max_size=30), st.integers(90, 99)
)
def test_the_index_finds_the_same_neighbours_as_comparing_all_with_all(texts: list[str], near: int) -> None:
    index = NearDuplicateIndex(texts, float(near))
    for number, text in enumerate(texts):
        expected = [other for other in range(number) if fuzz.ratio(text, texts[other]) >= near]
        assert index.earlier(number) == expected


def test_thousands_of_texts_that_share_a_bigram_are_compared_with_the_last_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("intents.checks.slow.HOLDERS", 2)
    texts = ["催收会上门吗一", "催收会上门吗二", "催收会上门吗三", "催收会上门吗四"]
    index = NearDuplicateIndex(texts, 90.0)
    assert [index.earlier(number) for number in range(4)] == [[], [], [], []]
    again = NearDuplicateIndex([*texts, texts[-1]], 90.0)
    assert [again.earlier(number) for number in range(5)][-1] == [3]


def test_the_search_for_nearly_equal_questions_ends_after_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intents.checks.slow.NEAR_TOLD", 1)
    text = GOOD.replace("那人非要坐在我家客厅等我", "年化写着三十多了算不算太高").replace(
        "心里踏实多了", "年化写着三十多啊算不算太高"
    )
    assert slow(text).count("W-NEAR-QUESTION") == 1


Paths = list[tuple[str | int, ...]]
WRONG: tuple[object, ...] = (
    None,
    "",
    " ",
    "x",
    "：",
    "{",
    1,
    1.5,
    True,
    [],
    {},
    [[]],
    [None],
    {"a": {}},
    {"a": None},
    ["x", ["y"]],
    "2026-13-45",
)


ROOT_VALUE = yaml.safe_load(GOOD)


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> Paths:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, inner in items for found in paths_of(inner, (*path, key)))]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(paths_of(ROOT_VALUE)[1:]), st.sampled_from(WRONG)), min_size=1, max_size=3))
def test_a_value_of_any_kind_at_any_place_is_a_problem_or_harmless_but_never_a_crash(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    root = deepcopy(ROOT_VALUE)
    for path, wrong in changes:
        with suppress(KeyError, IndexError, TypeError):  # an earlier change took the place away
            reduce(getitem, path[:-1], root)[path[-1]] = deepcopy(wrong)
    checked = check_text(dump_yaml(root), today=TODAY, limits=LIMITS)
    assert (checked.faq is None) == any(problem.severity == "error" for problem in checked.problems)


def test_a_path_that_would_end_an_annotation_is_escaped() -> None:
    shown = Problem(1, 2, "W-LINES", "a\nb", "c%").annotation("C:\\a,b.yaml")
    assert shown == "::warning file=C%3A\\a%2Cb.yaml,line=1,col=2,title=W-LINES::a%0Ab；c%25"

"""Where a long reply is cut, and that nothing is lost by it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.channel import ChannelLimits
from bot.channels.render import (
    Line,
    Paragraph,
    choices_within,
    html,
    messages,
    paragraphs,
    pieces,
    plain,
    utf8_bytes,
    utf16_units,
)
from bot.messages import Attachment, Choice, Reply, Section
from intents import Decision
from tests.fakes.botapi_html import parse

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60)
LINES = st.builds(Line, TEXTS, st.booleans())
PARAGRAPHS = st.lists(st.lists(LINES, min_size=1, max_size=5).map(tuple), min_size=1, max_size=6)


def letters(text: list[Paragraph]) -> str:
    return "".join(line.text for paragraph in text for line in paragraph)


@given(PARAGRAPHS, st.integers(8, 120), st.sampled_from([utf16_units, utf8_bytes]))
def test_every_piece_fits_and_together_they_are_the_original(text: list[Paragraph], limit: int, size: object) -> None:
    measure = utf16_units if size is utf16_units else utf8_bytes
    made = pieces(text, limit, measure)
    assert all(measure(plain(piece)) <= limit for piece in made)
    assert letters([paragraph for piece in made for paragraph in piece]) == letters(text)


@given(PARAGRAPHS, st.integers(8, 120))
def test_every_piece_is_whole_html_with_the_text_that_was_counted(text: list[Paragraph], limit: int) -> None:
    for piece in pieces(text, limit):
        assert parse(html(piece))[0] == plain(piece)


@given(PARAGRAPHS)
def test_what_fits_is_one_piece(text: list[Paragraph]) -> None:
    assert pieces(text, utf16_units(plain(text))) == [tuple(text)]


def test_a_cut_falls_between_paragraphs_if_it_can() -> None:
    first, second = (Line("甲" * 6),), (Line("乙" * 6),)
    assert pieces([first, second], 10) == [(first,), (second,)]


def test_a_long_paragraph_is_cut_between_lines() -> None:
    lines = (Line("甲" * 6), Line("乙" * 6))
    assert pieces([lines], 10) == [((lines[0],),), ((lines[1],),)]


def test_a_long_line_is_cut_after_a_full_stop() -> None:
    assert [plain(piece) for piece in pieces([(Line("一二三四五六。七八九十"),)], 8)] == ["一二三四五六。", "七八九十"]


def test_of_several_stops_the_last_that_fits_is_taken_and_none_in_the_first_half() -> None:
    assert [plain(piece) for piece in pieces([(Line("一二三四。六。八九十"),)], 8)] == ["一二三四。六。", "八九十"]
    assert [plain(piece) for piece in pieces([(Line("一二。四五六七八九十"),)], 8)] == ["一二。四五六七八", "九十"]


def test_a_line_without_a_stop_fills_each_piece() -> None:
    for limit in range(1, 13):
        assert [len(plain(piece)) for piece in pieces([(Line("X" * 60),)], limit)][:-1] == [limit] * (59 // limit)


def test_half_a_surrogate_pair_has_a_size() -> None:
    assert (utf16_units("\ud83d"), utf8_bytes("\ud83d")) == (1, 3)


def test_a_character_of_two_units_is_never_halved() -> None:
    assert [plain(piece) for piece in pieces([(Line("😀😀😀"),)], 3)] == ["😀", "😀", "😀"]


def test_a_reply_becomes_title_sections_and_files() -> None:
    reply = Reply(
        Decision.ANSWER,
        (
            Section(("先说结论。",)),
            Section(("可以。", "不可以。"), heading="权利"),
            Section(("第一。", "第二。"), heading="怎么做", numbered=True),
            Section(("照着说。",), heading="话术"),
        ),
        title="上门",
        attachments=(Attachment("停催函", "https://example.org/a"),),
    )
    assert html(paragraphs(reply)) == (
        "<b>上门</b>\n\n先说结论。\n\n<b>权利</b>\n• 可以。\n• 不可以。\n\n"
        "<b>怎么做</b>\n1. 第一。\n2. 第二。\n\n<b>话术</b>\n照着说。\n\n停催函：https://example.org/a"
    )


def test_lines_have_marks_only_under_a_heading_or_where_they_are_numbered() -> None:
    sections = (
        Section(("一。", "二。")),
        Section(()),
        Section(("三。",), numbered=True),
        Section(("四。", "五。"), numbered=True),
    )
    assert paragraphs(Reply(Decision.ANSWER, sections)) == (
        (Line("一。"), Line("二。")),
        (Line("1. 三。"),),
        (Line("1. 四。"), Line("2. 五。")),
    )


def test_what_folds_stands_in_a_quotation_under_its_heading() -> None:
    reply = Reply(
        Decision.ANSWER,
        (Section(("一。", "二。"), heading="甲", foldable=True), Section(("三。",), heading="乙", foldable=True)),
    )
    assert html(paragraphs(reply)) == (
        "<b>甲</b>\n<blockquote expandable>• 一。\n• 二。</blockquote>\n\n"
        "<b>乙</b>\n<blockquote expandable>三。</blockquote>"
    )


def test_only_what_html_would_read_is_escaped() -> None:
    assert html([(Line("""<b> & "引号" '撇'"""),)]) == """&lt;b&gt; &amp; "引号" '撇'"""


def test_a_reply_is_one_message_unless_the_channel_has_a_limit() -> None:
    reply = Reply(Decision.ANSWER, (Section(("甲" * 6,)), Section(("乙" * 6,))))
    assert len(messages(reply, ChannelLimits(proactive=False))) == 1
    assert len(messages(reply, ChannelLimits(proactive=False, message_size=30, measure=utf8_bytes))) == 2


def test_choices_that_a_channel_cannot_carry_are_left_out() -> None:
    several = [Choice("短", "a"), Choice("长", "a" * 9), Choice("二", "b" * 8), Choice("三", "c")]
    assert choices_within(several, ChannelLimits(proactive=False)) == several
    within = choices_within(several, ChannelLimits(proactive=False, choices=2, choice_value_bytes=8))
    assert [choice.label for choice in within] == ["短", "二"]

"""A reply as WeChat texts: nothing cut off, nothing too large, and a first view that fits a phone."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat import sending, wording
from bot.channels.wechat.limits import TEXT_BYTES, text_bytes
from bot.channels.wechat.waiting import Answer, Waiting
from bot.crisis.dialogue import doubtful_line, respond
from bot.messages import Attachment, Choice, Part, Reply, Section
from bot.talk import answers
from bot.talk.wording import text_reply
from intents import Decision
from intents.danger.detector import shipped_detector
from intents.faq.schema import Group
from intents.knowledge import Knowledge

PHONE_LINES, PHONE_WIDTH = 31, 16
"""Of a 6.1-inch phone at WeChat's own font size: lines between the title bar and the keyboard, hanzi of a line."""

lines = st.text(st.sampled_from("还不上钱怎么办。，；abc <>&]😀𠮷"), min_size=1, max_size=1500).filter(str.strip)
replies = st.builds(
    lambda sections, labels: Reply(
        Decision.ANSWER,
        tuple(Section((line,)) for line in sections),
        choices=tuple(Choice(label, f"i:topic_{number}") for number, label in enumerate(labels)),
    ),
    st.lists(lines, min_size=1, max_size=4),
    st.lists(st.text(st.sampled_from("上门催收起诉<&"), min_size=1, max_size=12), max_size=30),
)


def bare(text: str) -> str:
    """A text as it is seen: the label in place of a link."""
    return re.sub(r'<a href="[^"]*">(.*?)</a>', r"\1", text)


@given(replies)
def test_every_page_fits_with_what_stands_below_it_and_nothing_is_cut_off(reply: Reply) -> None:
    pages = sending.pages(reply)
    shown = []
    waiting = Waiting()
    text = waiting.show(Answer(tuple(pages)))
    for _ in pages[1:]:
        shown.append(text)
        text = waiting.show(waiting.next_page())
    shown.append(text)
    assert waiting.pages == ()
    assert all(0 < text_bytes(each) <= TEXT_BYTES for each in shown)
    joined = re.sub(r"\s", "", "".join(bare(page) for page in pages))
    for section in reply.sections:
        assert re.sub(r"\s", "", section.text) in joined
    for number, choice in enumerate(reply.choices, 1):
        assert f"{number}{choice.label}" in joined


@given(replies)
def test_without_being_asked_for_it_arrives_whole_too(reply: Reply) -> None:
    messages = sending.messages(reply)
    assert all(0 < text_bytes(each) <= TEXT_BYTES for each in messages)
    assert "<a href" not in "".join(messages)


def test_a_cut_falls_between_paragraphs_then_after_a_sentence() -> None:
    paragraphs = tuple(Section((f"{mark}" * 300 + "。",)) for mark in "甲乙丙")
    first, second = sending.pages(Reply(Decision.ANSWER, paragraphs))
    assert first == "甲" * 300 + "。\n\n" + "乙" * 300 + "。"
    assert second == "丙" * 300 + "。"
    long = Section(("子丑寅卯辰巳午未。" * 200,))
    assert all(page.endswith("。") for page in sending.pages(Reply(Decision.ANSWER, (long,))))


def test_choices_are_numbered_links_of_one_kind_in_a_row() -> None:
    reply = Reply(
        Decision.ANSWER,
        (Section(("正文",)),),
        choices=(Choice("后果", "p:a:consequences"), Choice("权利", "p:a:rights"), Choice("返回", "menu")),
    )
    [page] = sending.pages(reply)
    assert bare(page).endswith("\n1 后果  2 权利\n3 返回")
    assert '<a href="weixin://bizmsgmenu?msgmenucontent=后果&msgmenuid=p:a:consequences">1 后果</a>' in page


def test_where_links_would_need_another_page_there_are_numbers_alone() -> None:
    labels = [f"话题{number:02}" + "长" * 8 for number in range(35)]
    reply = Reply(
        Decision.CLARIFY,
        (Section(("选一个",)),),
        choices=tuple(Choice(label, f"i:{number:02}") for number, label in enumerate(labels)),
    )
    [page] = sending.pages(reply)
    assert "<a " not in page
    assert "35 话题34" in page


def test_a_label_that_would_break_the_link_stands_without_one() -> None:
    reply = Reply(Decision.CLARIFY, (Section(("选",)),), choices=(Choice('A&B"<', "i:a"), Choice("丙", "i:c")))
    [page] = sending.pages(reply)
    assert '1 A&B"<' in page
    assert page.count("<a ") == 1


def test_the_first_view_of_every_shipped_answer_fits_a_phone(shipped: Knowledge) -> None:
    too_long = {}
    for intent in shipped.faq.intents:
        pages = sending.pages(answers.render_summary(shipped.faq, intent))
        seen = bare(pages[0])
        height = sum(max(1, -(-_width(line) // (2 * PHONE_WIDTH))) for line in seen.split("\n"))
        if len(pages) > 1 or height > PHONE_LINES:
            too_long[intent.id] = (len(pages), height)
        if answers.parts_of(intent.answer) and intent.id != sending.CRISIS:
            first, second, *_ = (answers.HEADINGS[part] for part in answers.parts_of(intent.answer))
            assert f"\n1 {first}  2 {second}" in seen
    assert too_long == {}


def test_every_part_of_every_shipped_answer_and_every_group_arrives_in_at_most_two_texts(shipped: Knowledge) -> None:
    replies = [answers.render_section(shipped.faq, each, part) for each in shipped.faq.intents for part in Part]
    replies += [answers.group(shipped.faq, group) for group in Group]
    assert max(len(sending.pages(reply)) for reply in replies) <= 2


def test_all_laws_but_the_first_article_wait_in_their_own_part() -> None:
    laws = "《民法典》第一条之一、第二条、第三条之二、《刑法》第九条等"
    reply = Reply(
        Decision.ANSWER,
        (Section((laws,), heading="依据"),),
        title="题",
        choices=(Choice("依据", "p:a:basis"),),
    )
    assert "依据：《民法典》第一条之一等、《刑法》第九条等\n" in sending.pages(reply)[0]


def test_danger_to_life_is_one_text_with_numbers_that_dial() -> None:
    danger = shipped_detector().assess("我不想活了")
    reply = respond(None, "我不想活了", danger=danger, asks_about_debt=False, now=datetime.now(UTC)).reply
    assert reply is not None
    [page] = sending.pages(reply)
    for number in ("110", "120", "12356"):
        assert f'<a href="tel:{number}">{number}</a>' in page
    assert re.sub(r"\s", "", reply.sections[0].text) in re.sub(r"\s", "", bare(page))


@pytest.mark.parametrize("text", ["1101", "312356", "120000", "9512"])
def test_other_numbers_do_not_dial(text: str) -> None:
    assert sending.tappable(text) == text


def _width(line: str) -> int:
    """Half hanzi of a line."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in line)


def test_the_line_of_doubt_under_an_answer_dials_too() -> None:
    reply = Reply(Decision.ANSWER, (Section(("打 110 报警",)), Section((doubtful_line(),))), intent="lawsuit")
    [page] = sending.pages(reply)
    assert '<a href="tel:12356">12356</a>' in page
    assert page.startswith("打 110 报警\n")


# --- what just fits, and what doesn't by a byte ---------------------------------------------------------------------

TWO = (Choice("后果", "p:a"), Choice("权利", "p:b"))


def test_a_text_has_up_to_2047_bytes_and_a_page_leaves_room_for_the_line_below() -> None:
    page = 2047 - text_bytes(f"\n\n{wording.EARLIER}")
    assert [len(sending.pages(text_reply("a" * size))) for size in (page, page + 1)] == [1, 2]
    assert [len(sending.messages(text_reply("a" * size))) for size in (2047, 2048)] == [1, 2]


def test_about_danger_to_life_one_text_may_be_as_long_as_wechat_takes() -> None:
    def reply(size: int) -> Reply:
        return Reply(Decision.ANSWER, (Section(("a" * size,)),), intent=sending.CRISIS, choices=TWO)

    [shown] = sending.pages(reply(10))
    below = text_bytes(shown) - 10
    [longest] = sending.pages(reply(2047 - below))
    assert text_bytes(longest) == 2047
    assert text_bytes(sending.pages(reply(2048 - below))[0]) < 2047
    assert f"\n\n{wording.NUMBERS_IN_DANGER}\n" in shown


def test_a_line_above_stands_first_and_a_title_below_it() -> None:
    reply = Reply(Decision.ANSWER, (Section(("一。", "二。")), Section(()), Section(("三。",))), title="上门")
    assert sending.pages(reply, "我听到的是") == ["我听到的是\n\n【上门】\n\n一。\n二。\n\n三。"]
    assert sending.pages(reply) == ["【上门】\n\n一。\n二。\n\n三。"]


def test_only_the_first_view_of_an_answer_is_set_closer() -> None:
    sections = (Section(("一。",)), Section(("二。",)))
    first = Reply(Decision.ANSWER, sections, title="上门", choices=TWO)
    close, apart = "【上门】\n\n一。\n二。\n\n", "【上门】\n\n一。\n\n二。"
    assert bare(sending.pages(first)[0]).startswith(close)
    assert bare(sending.pages(replace(first, part=Part.RIGHTS))[0]).startswith(apart)
    assert sending.pages(replace(first, choices=())) == [apart]
    assert "【" not in sending.pages(replace(first, title=None))[0]


def test_files_stand_below_the_text() -> None:
    reply = Reply(Decision.ANSWER, (Section(("好",)),), attachments=(Attachment("协商信", "https://example.org/a"),))
    assert sending.pages(reply) == ["好\n\n协商信：https://example.org/a"]


def rows(*choices: Choice) -> list[str]:
    [page] = sending.pages(Reply(Decision.CLARIFY, (Section(("选",)),), choices=choices))
    return bare(page).split("\n")[3:]


def test_a_row_is_as_wide_as_a_phone_and_no_wider() -> None:
    # 「1 」 is as wide as one hanzi, and so is the gap: 1 + 6 + 1 + 1 + 7 hanzi are 16.
    six = Choice("六" * 6, "i:a")
    assert rows(six, Choice("七" * 7, "i:b")) == [f"1 {six.label}  2 {'七' * 7}"]
    assert rows(six, Choice("七" * 7 + "a", "i:b")) == [f"1 {six.label}", f"2 {'七' * 7}a"]
    assert rows(*(Choice("甲乙", f"i:{number}") for number in range(5))) == ["1 甲乙  2 甲乙  3 甲乙  4 甲乙", "5 甲乙"]


def test_a_wide_choice_stands_alone_and_another_kind_begins_a_row() -> None:
    assert rows(Choice("长" * 20, "i:a"), Choice("短", "i:b")) == [f"1 {'长' * 20}", "2 短"]
    assert rows(Choice("甲", "i:a"), Choice("乙", "p:a:b"), Choice("丙", "p:a:c")) == ["1 甲", "2 乙  3 丙"]


def test_a_value_that_would_break_the_link_stands_without_one() -> None:
    [page] = sending.pages(Reply(Decision.CLARIFY, (Section(("选",)),), choices=(Choice("甲", "i:a&b"),)))
    assert page.endswith("\n1 甲")


def test_a_line_that_dials_only_where_the_page_still_fits() -> None:
    line = "请打 12356"
    dialled = text_bytes(sending.tappable(line))
    room = sending.PAGE_BYTES - dialled - 1
    for size, dials in ((room, True), (room + 1, False)):
        [page] = sending.pages(text_reply(f"{'a' * size}\n{line}"))
        assert ("tel:12356" in page) is dials


def test_where_numbers_would_save_no_page_links_stay() -> None:
    first, second = sending.pages(text_reply("长" * 600, "尾" * 300, choices=TWO))
    assert first == "长" * 600
    assert second.count("<a ") == 2


def test_a_section_too_long_for_one_text_is_cut_between_its_lines() -> None:
    lines = ("甲" * 400, "乙" * 400)
    assert sending.pages(Reply(Decision.ANSWER, (Section(lines),))) == [*lines]

"""A reply as WeCom messages: nothing cut off, nothing too large, choices to tap with their numbers beside them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.render import utf8_bytes
from bot.channels.wecom import limits, wording
from bot.channels.wecom.sending import CRISIS, FOOTER_BYTES, Outgoing, outgoing, within
from bot.messages import Attachment, Choice, Part, Reply, Section
from bot.talk import answers
from bot.talk.wording import text_reply
from intents import Decision
from intents.faq.schema import Group
from intents.knowledge import Knowledge
from tests.fakes.wecom import Sent, WeCom

lines = st.text(st.sampled_from("还不上钱怎么办。，；abc <>&]😀𠮷"), min_size=1, max_size=1500).filter(str.strip)
replies = st.builds(
    lambda sections, labels, intent: Reply(
        Decision.ANSWER,
        tuple(Section((line,)) for line in sections),
        intent=intent,
        choices=tuple(Choice(label, f"i:topic_{number}") for number, label in enumerate(labels)),
    ),
    st.lists(lines, max_size=4),
    st.lists(st.text(st.sampled_from("上门催收起诉<&"), min_size=1, max_size=60), min_size=1, max_size=30),
    st.sampled_from([None, CRISIS]),
)


def shown(messages: tuple[Outgoing, ...]) -> list[str]:
    """What a phone shows, of messages that WeCom takes."""
    wecom = WeCom()
    for number, message in enumerate(messages):
        assert wecom._wrong({"msgid": str(number), **message.content}) is None, message
    return [Sent("wk", "wm", message.content).text for message in messages]


@given(replies)
def test_wecom_takes_every_message_and_nothing_is_cut_off(reply: Reply) -> None:
    joined = re.sub(r"\s", "", "".join(shown(outgoing(reply))))
    for section in reply.sections:
        assert re.sub(r"\s", "", section.text) in joined
    for number, choice in enumerate(reply.choices, 1):
        assert f"{number}{choice.label}" in joined


@given(replies, st.integers(0, 5), replies | st.none())
def test_what_may_not_be_sent_now_waits_behind_a_word(reply: Reply, most: int, before: Reply | None) -> None:
    messages, earlier = outgoing(reply), outgoing(before) if before is not None else ()
    now, rest = within(messages, most, earlier)
    assert len(now) == min(most, len(messages))
    texts = shown(now)
    told = texts[-1].endswith((wording.CONTINUE, wording.EARLIER)) if texts else False
    assert told == (bool(now) and bool(rest) and reply.intent != CRISIS)
    assert sorted(each.text for each in (*now, *rest)) == sorted(each.text for each in (*messages, *earlier))


@given(replies)
def test_a_menu_can_be_a_text_too(reply: Reply) -> None:
    last = outgoing(reply)[-1]
    if last.choices:
        joined = re.sub(r"\s", "", "".join(shown(last.as_text)))
        assert all(f"{number}{choice.label}" in joined for number, choice in enumerate(reply.choices, 1))


def test_a_cut_falls_between_paragraphs_then_after_a_sentence() -> None:
    first, second = shown(outgoing(text_reply(*(mark * 300 + "。" for mark in "甲乙丙"))))
    assert first == "甲" * 300 + "。\n\n" + "乙" * 300 + "。"
    assert second == "丙" * 300 + "。"
    assert all(text.endswith("。") for text in shown(outgoing(text_reply("子丑寅卯辰巳午未。" * 200))))


def test_the_choices_are_items_of_a_menu_below_the_last_text() -> None:
    choices = (Choice("后果", "p:a:consequences"), Choice("权利", "p:a:rights"))
    [message] = outgoing(text_reply("短", choices=choices))
    assert message.content == {
        "msgtype": "msgmenu",
        "msgmenu": {
            "head_content": "短",
            "list": [
                {"type": "click", "click": {"id": "p:a:consequences", "content": "1 后果"}},
                {"type": "click", "click": {"id": "p:a:rights", "content": "2 权利"}},
            ],
        },
    }
    text, menu = outgoing(text_reply("长" * 400, choices=choices))
    assert (text.choices, menu.text, menu.choices) == ((), wording.CHOOSE, choices)
    before, last = outgoing(text_reply("长" * 600, "尾" * 200, choices=choices))
    assert (before.choices, last.text, last.choices) == ((), "尾" * 200, choices)


def test_choices_beyond_a_menus_items_stand_below_it_by_their_numbers() -> None:
    choices = tuple(Choice(f"话题{number}", f"i:{number}") for number in range(1, 15))
    [message] = outgoing(text_reply("选一个", choices=choices))
    [text] = shown((message,))
    assert len(Sent("wk", "wm", message.content).items) == limits.MENU_ITEMS
    assert text.endswith(f"{wording.MORE_NUMBERS}\n11 话题11\n12 话题12\n13 话题13\n14 话题14")


def test_a_choice_that_no_item_holds_makes_all_of_them_numbers() -> None:
    for choice in (Choice("长" * 50, "i:a"), Choice("两\n行", "i:a"), Choice("甲", "i:" + "a" * 63)):
        [message] = outgoing(text_reply("选", choices=(choice, Choice("乙", "i:b"))))
        assert message.choices == ()
        assert message.text.endswith("2 乙")


FILES = (Attachment("协商信", "https://example.org/a"), Attachment("表", "https://example.org/b"))


def test_files_stand_below_the_text() -> None:
    reply = Reply(Decision.ANSWER, (Section(("好",)),), attachments=FILES)
    assert shown(outgoing(reply)) == ["好\n\n协商信：https://example.org/a\n表：https://example.org/b"]


def test_danger_to_life_is_one_message_with_its_choices() -> None:
    choices = (Choice("有人在", "c:a"), Choice("没有人", "c:b"))
    for size in (100, 400, 600):
        reply = Reply(Decision.ANSWER, (Section(("危" * size,)),), intent=CRISIS, choices=choices)
        [text] = shown(outgoing(reply))
        assert "2 没有人" in text


def test_every_shipped_answer_fits_what_may_be_sent_at_once(shipped: Knowledge) -> None:
    summaries = [answers.render_summary(shipped.faq, each) for each in shipped.faq.intents]
    parts = [answers.render_section(shipped.faq, each, part) for each in shipped.faq.intents for part in Part]
    groups = [answers.group(shipped.faq, group) for group in Group]
    assert max(len(shown(outgoing(reply))) for reply in (*summaries, *parts, *groups)) <= 2
    assert all(len(outgoing(reply)) == 1 for reply in groups)


def test_a_size_is_counted_in_bytes() -> None:
    assert utf8_bytes("还a😀") == 8


# --- what just fits, and what doesn't by a byte ---------------------------------------------------------------------

TWO = (Choice("后果", "p:a"), Choice("权利", "p:b"))


def test_a_menu_has_up_to_1024_bytes_above_its_items() -> None:
    assert [each.choices for each in outgoing(text_reply("a" * 1024, choices=TWO))] == [TWO]
    assert [each.choices for each in outgoing(text_reply("a" * 1025, choices=TWO))] == [(), TWO]
    assert [each.choices for each in outgoing(text_reply("长" * 600, "a" * 1024, choices=TWO))] == [(), TWO]
    assert [each.choices for each in outgoing(text_reply("长" * 600, "a" * 1025, choices=TWO))] == [(), (), TWO]


@pytest.mark.parametrize(
    ("choice", "fits"),
    [
        (Choice("a" * 126, "i:a"), True),
        (Choice("a" * 127, "i:a"), False),
        (Choice("甲", "a" * 64), True),
        (Choice("甲", "a" * 65), False),
        (Choice("甲", "a"), True),
        (Choice("甲", ""), False),
        (Choice("甲\n乙", "a"), False),
    ],
)
def test_an_item_has_up_to_128_bytes_its_id_1_to_64_and_one_line(choice: Choice, fits: bool) -> None:  # noqa: FBT001 -- a case
    [message] = outgoing(text_reply("选", choices=(choice,)))
    assert bool(message.choices) is fits


def test_choices_below_a_menu_have_up_to_1024_bytes_less_what_the_line_below_takes() -> None:
    rest = 1024 - FOOTER_BYTES - utf8_bytes(f"{wording.MORE_NUMBERS}\n11 ")
    for size, fits in ((rest, True), (rest + 1, False)):
        choices = (*(Choice("甲", f"i:{number}") for number in range(10)), Choice("a" * size, "i:z"))
        message, *_ = outgoing(text_reply("选", choices=choices))
        assert bool(message.choices) is fits


def test_ten_choices_have_nothing_below_them() -> None:
    [message] = outgoing(text_reply("选", choices=tuple(Choice(f"题{n}", f"i:{n}") for n in range(10))))
    assert "tail_content" not in str(message.content)
    assert utf8_bytes(f"\n\n{wording.EARLIER}") == FOOTER_BYTES


def test_a_menu_without_a_text_asks_to_choose() -> None:
    [message] = outgoing(Reply(Decision.CLARIFY, (), choices=TWO))
    assert message.text == wording.CHOOSE


def test_danger_to_life_too_long_for_one_text_keeps_its_menu() -> None:
    reply = Reply(Decision.ANSWER, (Section(("危" * 660,)), Section(("a" * 900,))), intent=CRISIS, choices=TWO)
    before, last = outgoing(reply)
    assert (before.choices, last.choices) == ((), TWO)
    assert before.alone
    assert last.alone


def test_a_title_stands_above_and_a_section_without_lines_nowhere() -> None:
    reply = Reply(Decision.ANSWER, (Section(("一。", "二。")), Section(()), Section(("三。",))), title="上门")
    assert shown(outgoing(reply)) == ["【上门】\n\n一。\n二。\n\n三。"]


def test_a_menu_as_text_keeps_its_paragraphs_and_its_line_below() -> None:
    [text] = Outgoing("一\n二\n\n三", TWO, footer="（还有）").as_text
    assert text.content["text"] == {"content": f"一\n二\n\n三\n\n{wording.NUMBERS}\n1 后果\n2 权利\n\n（还有）"}


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_menu_too_long_for_one_text_is_cut_where_its_text_is(between: str) -> None:
    first, second = Outgoing("甲" * 400 + between + "乙" * 400, TWO).as_text
    assert first.text == "甲" * 400
    assert second.text == f"{'乙' * 400}\n\n{wording.NUMBERS}\n1 后果\n2 权利"


def test_the_last_that_is_sent_now_says_how_to_see_the_rest() -> None:
    one, two, old = Outgoing("一"), Outgoing("二"), Outgoing("旧")
    assert within([one, two], 2) == ((one, two), ())
    assert within([one, two], 1, [old]) == ((one.with_footer(wording.CONTINUE),), (two, old))
    assert within([one, two], 2, [old]) == ((one, two.with_footer(wording.EARLIER)), (old,))
    assert within([one], 0, [old]) == ((), (old, one))
    assert within([], 3) == ((), ())


def test_a_section_too_long_for_one_text_is_cut_between_its_lines() -> None:
    lines = ("甲" * 400, "乙" * 400)
    assert shown(outgoing(Reply(Decision.ANSWER, (Section(lines),)))) == [*lines]

"""From an intent to what a person reads: sections, the buttons below them, and what stands in for what is missing."""

import pytest

from bot.choices import CastVote, GiveReason, NoneOfThese, OpenGroup, OpenMenu, OpenSection, OpenTopic
from bot.messages import Part, Reply
from bot.talk import answers, wording
from intents import Decision
from intents.faq.schema import Group
from tests.faqs import BASIS, faq, intent

LAWS = [{**BASIS, "article": f"第{number}条"} for number in "一二三"]
FULL = {
    "summary": "简要。",
    "consequences": ["后果。"],
    "rights": ["权利。"],
    "steps": ["先。", "后。"],
    "script": "您好。",
}
KNOWN = faq(
    [
        intent("full", ["甲怎么办"], related=["two", "gone"], answer={**FULL, "basis": LAWS}),
        intent("two", ["乙怎么办"], answer={"summary": "二。", "rights": ["权利。"], "basis": LAWS[:2]}),
        intent("short", ["丙怎么办"], answer={"summary": "只此一句。"}),
        intent("steps", ["丁怎么办"], answer={"summary": "四。", "steps": ["一步。"]}),
        intent("crisis", ["我不想活了"], answer={**FULL, "basis": LAWS}),
        intent("thanks", ["谢谢"], answer={"summary": "不客气。"}),
    ]
)


def values(reply: Reply) -> list[str]:
    return [choice.value for choice in reply.choices]


def summary(key: str, *, ask_vote: bool = True) -> Reply:
    return answers.render_summary(KNOWN, KNOWN.by_id[key], ask_vote=ask_vote)


def section(key: str, part: Part) -> Reply:
    return answers.render_section(KNOWN, KNOWN.by_id[key], part)


def test_the_short_form_has_the_first_line_of_each_part_and_two_laws() -> None:
    reply = summary("full")
    assert [(each.heading, each.lines) for each in reply.sections] == [
        (None, ("简要。",)),
        ("可能的后果", ("后果。",)),
        ("您的权利", ("权利。",)),
        ("现在先做", ("先。",)),
        ("依据", ("《民法典》第一条、《民法典》第二条等",)),
    ]
    assert (reply.decision, reply.intent, reply.part) == (Decision.ANSWER, "full", None)
    assert summary("two").sections[-1].lines == ("《民法典》第一条、《民法典》第二条",)
    assert [each.heading for each in summary("short").sections] == [None]


def test_below_it_are_its_parts_its_neighbours_that_there_are_and_the_vote() -> None:
    parts = [f"p:full:{part}" for part in ("consequences", "rights", "steps", "script", "basis")]
    assert values(summary("full")) == [*parts, "i:two", "v:full:up", "v:full:down"]
    assert values(summary("full", ask_vote=False)) == [*parts, "i:two"]
    assert answers.render_summary(KNOWN, KNOWN.by_id["full"]) == summary("full")
    assert values(summary("short")) == []


@pytest.mark.parametrize(
    ("key", "wanted", "shown"),
    [
        ("full", Part.STEPS, Part.STEPS),
        ("full", Part.BASIS, Part.BASIS),
        ("two", Part.CONSEQUENCES, Part.RIGHTS),
        ("two", Part.STEPS, Part.SUMMARY),
        ("steps", Part.SCRIPT, Part.STEPS),
        ("steps", Part.RIGHTS, Part.SUMMARY),
        ("short", Part.SUMMARY, Part.SUMMARY),
    ],
)
def test_a_part_that_is_missing_is_said_to_be_and_the_nearest_stands_in(key: str, wanted: Part, shown: Part) -> None:
    reply = section(key, wanted)
    assert reply.part is shown
    missing = wording.NO_SUCH_PART.format(heading=answers.HEADINGS.get(wanted))
    assert ([each.text for each in reply.sections[:-1]] == [missing]) is (wanted is not shown)
    assert reply.sections[-1].heading == answers.HEADINGS.get(shown)
    assert f"p:{key}:{shown}" not in values(reply)
    assert f"i:{key}" in values(reply)
    assert (f"v:{key}:up" in values(reply)) is (key != "short")


def test_steps_are_numbered_and_laws_may_be_folded() -> None:
    marks = {part: section("full", part).sections[-1] for part in answers.HEADINGS}
    assert [part for part, each in marks.items() if each.numbered] == [Part.STEPS]
    assert [part for part, each in marks.items() if each.foldable] == [Part.BASIS]
    assert marks[Part.BASIS].lines[0] == "《民法典》第一条：自然人享有隐私权"
    assert answers.render_section(KNOWN, KNOWN.by_id["full"], Part.STEPS) == section("full", Part.STEPS)
    quiet = answers.render_section(KNOWN, KNOWN.by_id["full"], Part.STEPS, ask_vote=False)
    assert values(quiet) == values(section("full", Part.STEPS))[:-2]


def test_all_at_once_every_part_is_said_in_full() -> None:
    reply = answers.render_full(KNOWN, KNOWN.by_id["full"])
    assert [each.heading for each in reply.sections] == [None, *answers.HEADINGS.values()]
    assert values(reply) == values(summary("full", ask_vote=False))


def test_danger_to_life_is_answered_in_full_and_nothing_leads_away() -> None:
    reply = summary("crisis")
    assert reply == section("crisis", Part.RIGHTS)
    assert [(each.lines, each.heading, each.numbered) for each in reply.sections] == [
        (("简要。",), None, False),
        (("先。", "后。"), None, True),
    ]
    assert (reply.intent, reply.title, reply.choices) == ("crisis", None, ())


def test_a_courtesy_has_no_title_and_an_answer_has_its_own() -> None:
    assert [summary(key).title for key in ("thanks", "short")] == [None, "short标题"]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (OpenTopic("two"), "two标题"),
        (OpenTopic("gone"), None),
        (OpenSection("two", Part.RIGHTS), "权利"),
        (OpenSection("two", Part.SUMMARY), None),
        (OpenSection("gone", Part.RIGHTS), None),
        (CastVote("two", "up"), "有用"),
        (CastVote("two", "down"), "没用"),
        (CastVote("gone", "down"), None),
        (GiveReason("two", "hard"), "看不懂"),
        (GiveReason("two", "nothing"), None),
        (GiveReason("gone", "hard"), None),
        (OpenGroup(Group.COLLECTION), "催收与您的权利"),
        (OpenGroup(Group.COLLECTION, 2), "更多话题"),
        (NoneOfThese(), "都不是"),
        (OpenMenu(), "返回"),
    ],
)
def test_a_button_is_labelled_again_where_its_topic_is_still_there(value: OpenTopic, label: str | None) -> None:
    found = answers.choice(KNOWN, value.encode())
    assert (found.label if found is not None else None) == label
    assert found is None or found.value == value.encode()


def test_what_is_none_of_ours_has_no_label() -> None:
    assert answers.choice(KNOWN, "x") is None


def test_a_group_of_six_topics_has_one_page() -> None:
    for count, buttons in ((6, 7), (7, 8)):
        many = faq([intent(f"t{number}", [f"第{number}个话题怎么办"]) for number in range(count)])
        page = answers.group(many, Group.COLLECTION)
        assert len(page.choices) == buttons
        assert (wording.MORE_TOPICS in [choice.label for choice in page.choices]) is (count > 6)
        assert page.sections[0].lines == (wording.GROUP.format(title="催收与您的权利"),)
    assert len(answers.group(many, Group.COLLECTION, 2).choices) == 3

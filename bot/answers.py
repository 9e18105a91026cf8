"""From an intent of the FAQ to the reply that a person reads; pure functions."""

from collections.abc import Iterable, Sequence

from bot.messages import Choice, Part, Reply, Section
from intents import FAQ, Answer, Decision, Intent

HEADINGS = {
    Part.CONSEQUENCES: "后果",
    Part.RIGHTS: "权利",
    Part.STEPS: "怎么做",
    Part.SCRIPT: "话术",
    Part.BASIS: "依据",
}

BRIEF_LAWS = 2
"""How many laws the short form names; the rest is one tap away."""


def brief(faq: FAQ, intent: Intent) -> Reply:
    """The short form: summary, the first line of each part and the laws it rests on, the rest by button."""
    answer = intent.answer
    first = [
        Section((faq.fill(lines[0]),), heading=heading)
        for heading, lines in (
            ("可能的后果", answer.consequences),
            ("您的权利", answer.rights),
            ("现在先做", answer.steps),
        )
        if lines
    ]
    sections = [Section((faq.fill(answer.summary),)), *first, *_laws(answer)]
    return _reply(faq, intent, sections)


def part(faq: FAQ, intent: Intent, wanted: Part) -> Reply:
    """One part of an answer in full; the summary stands in for a part that the answer doesn't have."""
    section = _section(faq, intent.answer, wanted) or Section((faq.fill(intent.answer.summary),))
    return _reply(faq, intent, [section])


def full(faq: FAQ, intent: Intent) -> Reply:
    """The whole answer at once, for a channel that has no second turn."""
    sections = [section for wanted in Part if (section := _section(faq, intent.answer, wanted))]
    return _reply(faq, intent, sections)


def parts_of(answer: Answer) -> tuple[Part, ...]:
    """The parts beyond the summary that this answer has, in reading order."""
    return tuple(wanted for wanted in HEADINGS if getattr(answer, wanted.value))


def topic_choice(intent: Intent) -> Choice:
    """The button that leads to an intent's answer."""
    return Choice(intent.title, f"i:{intent.id}")


def part_choices(intent: Intent) -> tuple[Choice, ...]:
    """The buttons for the parts of one answer."""
    return tuple(Choice(HEADINGS[wanted], f"p:{intent.id}:{wanted.value}") for wanted in parts_of(intent.answer))


def topics(faq: FAQ, ids: Iterable[str]) -> tuple[Choice, ...]:
    """Buttons for these intents."""
    return tuple(topic_choice(faq.by_id[key]) for key in ids if key in faq.by_id)


def _reply(faq: FAQ, intent: Intent, sections: Sequence[Section]) -> Reply:
    choices = (*part_choices(intent), *topics(faq, intent.related))
    return Reply(Decision.ANSWER, tuple(sections), intent=intent.id, title=intent.title, choices=choices)


def _laws(answer: Answer) -> list[Section]:
    names = [basis.citation for basis in answer.basis or ()]
    if not names:
        return []
    more = "等" if len(names) > BRIEF_LAWS else ""
    return [Section(("、".join(names[:BRIEF_LAWS]) + more,), heading="依据")]


def _section(faq: FAQ, answer: Answer, wanted: Part) -> Section | None:
    if wanted is Part.SUMMARY:
        return Section((faq.fill(answer.summary),))
    if wanted is Part.BASIS:
        lines: tuple[str, ...] = tuple(f"{basis.citation}：{faq.fill(basis.says)}" for basis in answer.basis or ())
    elif wanted is Part.SCRIPT:
        lines = (faq.fill(answer.script),) if answer.script else ()
    else:
        lines = tuple(faq.fill(line) for line in getattr(answer, wanted.value) or ())
    return Section(lines, heading=HEADINGS[wanted], numbered=wanted is Part.STEPS) if lines else None

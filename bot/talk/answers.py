"""From an intent of the FAQ to the reply that a person reads; pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.choices import (
    CallOperator,
    CastVote,
    ChoiceValue,
    GiveReason,
    NoneOfThese,
    OpenGroup,
    OpenMenu,
    OpenSection,
    OpenTopic,
    decode,
)
from bot.messages import Choice, Part, Reply, Section
from bot.talk import wording
from intents import FAQ, Answer, Decision, Intent
from intents.danger.detector import CRISIS
from intents.faq.schema import Group

HEADINGS = {
    Part.CONSEQUENCES: "后果",
    Part.RIGHTS: "权利",
    Part.STEPS: "怎么做",
    Part.SCRIPT: "话术",
    Part.BASIS: "依据",
}

INSTEAD = {
    Part.SCRIPT: Part.STEPS,
    Part.STEPS: Part.SCRIPT,
    Part.RIGHTS: Part.BASIS,
    Part.BASIS: Part.RIGHTS,
    Part.CONSEQUENCES: Part.RIGHTS,
}
"""What comes nearest to a part that an answer doesn't have."""

CALL_CHOICE = Choice(wording.CALL, CallOperator().encode())
"""The button that asks for a human."""

COURTESIES = frozenset({"greeting", "thanks"})
"""Intents that answer a courtesy: they don't change what the talk is about, and their titles are for operators only."""

TOPICS_A_PAGE = 6
"""With the ways on and back there are at most eight buttons: more push what was said off a phone's screen."""

BRIEF_LAWS = 2
"""How many laws the short form names; the rest is one tap away."""


def render_summary(faq: FAQ, intent: Intent, *, ask_vote: bool = True) -> Reply:
    """The short form: summary, the first line of each part and the laws it rests on, the rest by button."""
    if intent.id == CRISIS:
        return render_crisis(faq, intent)
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
    choices = (*part_choices(intent), *topics(faq, intent.related), *_vote_choices(intent, ask_vote=ask_vote))
    return _reply(intent, sections, choices)


def render_section(faq: FAQ, intent: Intent, wanted: Part, *, ask_vote: bool = True) -> Reply:
    """One part of an answer in full; the nearest part, or the summary, stands in for one that the answer doesn't have."""
    if intent.id == CRISIS:
        return render_crisis(faq, intent)
    shown = next((each for each in (wanted, INSTEAD.get(wanted)) if each and _section(faq, intent.answer, each)), None)
    section = _section(faq, intent.answer, shown or Part.SUMMARY)
    missing = [] if shown is wanted or wanted is Part.SUMMARY else [_missing(wanted)]
    others = tuple(choice for choice in part_choices(intent) if choice.label != HEADINGS.get(shown or Part.SUMMARY))
    choices = (
        *others,
        Choice(wording.BACK, OpenTopic(intent.id).encode()),
        *topics(faq, intent.related),
        *_vote_choices(intent, ask_vote=ask_vote),
    )
    reply = _reply(intent, [*missing, *([section] if section else [])], choices)
    return replace(reply, part=shown or Part.SUMMARY)


def render_full(faq: FAQ, intent: Intent) -> Reply:
    """The whole answer at once, for a channel that has no second turn."""
    sections = [section for wanted in Part if (section := _section(faq, intent.answer, wanted))]
    return _reply(intent, sections, (*part_choices(intent), *topics(faq, intent.related)))


def render_crisis(faq: FAQ, intent: Intent) -> Reply:
    """The answer to danger to life: its words in full, and nothing that leads away from them."""
    sections = [Section((faq.fill(intent.answer.summary),))]
    steps = _section(faq, intent.answer, Part.STEPS)
    if steps is not None:
        sections.append(Section(steps.lines, numbered=True))
    return Reply(Decision.ANSWER, tuple(sections), intent=intent.id)


def menu() -> Reply:
    """The four groups of topics."""
    return Reply(Decision.CLARIFY, (Section((wording.MENU,)),), choices=group_choices())


def group(faq: FAQ, wanted: Group, page: int = 1) -> Reply:
    """A page of the topics of one group; after the last page comes the first."""
    intents = faq.in_group(wanted)
    pages = max(1, -(-len(intents) // TOPICS_A_PAGE))
    first = (page - 1) % pages * TOPICS_A_PAGE
    following = OpenGroup(wanted, page % pages + 1)
    more = (Choice(wording.MORE_TOPICS, following.encode()),) if pages > 1 else ()
    shown = (topic_choice(intent) for intent in intents[first : first + TOPICS_A_PAGE])
    choices = (*shown, *more, Choice(wording.BACK, OpenMenu().encode()))
    return Reply(Decision.CLARIFY, (Section((wording.GROUP.format(title=wanted.heading),)),), choices=choices)


def clarify(faq: FAQ, ids: Sequence[str]) -> Reply:
    """The question which of these topics is meant."""
    choices = (*topics(faq, ids), Choice(wording.NONE_OF_THESE, NoneOfThese().encode()))
    return Reply(Decision.CLARIFY, (Section((wording.CLARIFY,)),), intent=ids[0], choices=choices)


def choice(faq: FAQ, value: str) -> Choice | None:
    """The button with this value, labelled again; None if its topic is gone or it wasn't one of ours."""
    label = _label(faq, decode(value))
    return Choice(label, value) if label is not None else None


def _label(faq: FAQ, value: ChoiceValue | None) -> str | None:  # noqa: PLR0911 -- one branch a kind
    if isinstance(value, OpenTopic | OpenSection | CastVote | GiveReason) and value.intent not in faq.by_id:
        return None
    match value:
        case OpenTopic(intent=key):
            return faq.by_id[key].title
        case OpenSection(part=part):
            return HEADINGS.get(part)
        case CastVote():
            return wording.VOTE_UP if value.useful else wording.VOTE_DOWN
        case GiveReason(reason=reason):
            return wording.REASONS.get(reason)
        case OpenGroup(group=group, page=1):
            return group.heading
        case OpenGroup():
            return wording.MORE_TOPICS
        case _:
            return _FIXED.get(type(value))


_FIXED: Mapping[type, str] = MappingProxyType(
    {NoneOfThese: wording.NONE_OF_THESE, OpenMenu: wording.BACK, CallOperator: wording.CALL}
)


def parts_of(answer: Answer) -> tuple[Part, ...]:
    """The parts beyond the summary that this answer has, in reading order."""
    return tuple(wanted for wanted in HEADINGS if getattr(answer, wanted.value))


def topic_choice(intent: Intent) -> Choice:
    """The button that leads to an intent's answer."""
    return Choice(intent.title, OpenTopic(intent.id).encode())


def part_choices(intent: Intent) -> tuple[Choice, ...]:
    """The buttons for the parts of one answer."""
    return tuple(
        Choice(HEADINGS[wanted], OpenSection(intent.id, wanted).encode()) for wanted in parts_of(intent.answer)
    )


def group_choices() -> tuple[Choice, ...]:
    """The buttons for the groups of topics."""
    return tuple(Choice(each.heading, OpenGroup(each).encode()) for each in Group)


def reason_choices(intent: Intent) -> tuple[Choice, ...]:
    """The buttons that say why an answer was of no use."""
    return tuple(Choice(label, GiveReason(intent.id, code).encode()) for code, label in wording.REASONS.items())


def topics(faq: FAQ, ids: Iterable[str]) -> tuple[Choice, ...]:
    """Buttons for these intents."""
    return tuple(topic_choice(faq.by_id[key]) for key in ids if key in faq.by_id)


def _vote_choices(intent: Intent, *, ask_vote: bool) -> tuple[Choice, ...]:
    if not ask_vote or not parts_of(intent.answer):
        return ()
    up, down = CastVote(intent.id, CastVote.UP), CastVote(intent.id, CastVote.DOWN)
    return (Choice(wording.VOTE_UP, up.encode()), Choice(wording.VOTE_DOWN, down.encode()))


def _reply(intent: Intent, sections: Sequence[Section], choices: tuple[Choice, ...]) -> Reply:
    title = intent.title if intent.id not in COURTESIES else None
    return Reply(Decision.ANSWER, tuple(sections), intent=intent.id, title=title, choices=choices)


def _missing(wanted: Part) -> Section:
    return Section((wording.NO_SUCH_PART.format(heading=HEADINGS[wanted]),))


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
    foldable = wanted is Part.BASIS
    return Section(lines, HEADINGS[wanted], numbered=wanted is Part.STEPS, foldable=foldable) if lines else None

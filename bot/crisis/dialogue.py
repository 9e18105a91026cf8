"""The talk with somebody in danger, or about somebody in danger: script.yaml's states, played. Pure functions.

The conversation calls, for every text message and before anything else answers it:

    respond(state, text, danger=…, asks_about_debt=…, now=…) -> CrisisOutcome

and keeps `CrisisOutcome.crisis` in the talk. `words(value)` is the text that a tapped `c:…` button stands for; `choice(value)` labels
it again. Any other tap is answered as usual and leaves the crisis as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from bot.crisis.loading import NUMBERS, shipped_script
from bot.crisis.moves import DEBT, Heard, begin, hear, learn, opens, turn
from bot.crisis.script import ANY, Line, Script, Stage
from bot.crisis.state import EXPIRES_AFTER, REMEMBERED, CrisisState, Whose
from bot.messages import Choice, Reply, Section
from intents import Decision
from intents.chinese.fold import fold
from intents.danger.detector import CRISIS, DangerAssessment, DangerLevel

__all__ = ["EXPIRES_AFTER", "CrisisOutcome", "CrisisState", "choice", "doubtful_line", "respond", "words"]

UNSAFE = "c:unsafe"
"""The button that starts the talk from under another answer."""

FEARS_PLACE = "fears."

DENIALS = frozenset({"denies", "no_wish", "no"})
"""What says that there is no wish to die."""


@dataclass(frozen=True, slots=True)
class CrisisOutcome:
    """What safety wants of this turn."""

    reply: Reply | None = None
    """To be sent, and nothing else; None: answer as usual."""
    crisis: CrisisState | None = None
    """To be kept in the talk."""
    line: str | None = None
    """To stand under the usual answer."""
    choices: tuple[Choice, ...] = ()
    """To stand under the usual answer with the line."""


def respond(
    state: CrisisState | None, text: str, *, danger: DangerAssessment, asks_about_debt: bool, now: datetime
) -> CrisisOutcome:
    """The turn's care; no danger and no crisis is an empty one."""
    script, folded = shipped_script(), fold(text)
    if state is not None and state.expired(now):
        state = None
    if state is None:
        if _begins(script, folded, danger, now):
            return _spoken(script, None, begin(script, folded, danger, CrisisState(now)), folded, danger)
        return _beside(script.doubtful_line if danger.level is DangerLevel.DOUBTFUL else None, None)
    heard = hear(script, state, folded, danger, debt=asks_about_debt)
    if state.over and not opens(script, state, heard):
        return _after(script, state, heard, danger, asks_about_debt=asks_about_debt, now=now)
    if not script.stage(state).urgent and _may_answer(script, state, folded, heard, asks_about_debt=asks_about_debt):
        return _beside(script.debt_line, replace(state, aside=True, since=now))
    before = replace(state, since=now, aside=False)
    debt = asks_about_debt or script.asks_of_debt(folded)
    return _spoken(script, before, turn(script, before, folded, danger), folded, danger, debt=debt)


def _begins(script: Script, folded: str, danger: DangerAssessment, now: datetime) -> bool:
    """Whether the talk begins: danger is plain, the button says so, an act is told of in words that lean to it, or others' violence."""
    if danger.level is DangerLevel.PLAIN or folded == _unsafe_words():
        return True
    begun = begin(script, folded, danger, CrisisState(now))
    cues = [script.hears[name] for name in hear(script, begun, folded, danger, debt=False).cues]
    if danger.level is DangerLevel.DOUBTFUL and any(cue.sets.now is not None for cue in cues):
        return True
    return any(cue.begins for cue in cues)


@cache
def _unsafe_words() -> str:
    """What a tap on UNSAFE says, as messages are compared."""
    return fold(shipped_script().buttons[UNSAFE].words)


def words(value: str) -> str | None:
    """The text that a tap on one of these buttons stands for; None for any other button."""
    button = shipped_script().buttons.get(value)
    return button.words if button else None


def choice(value: str) -> Choice | None:
    """One of these buttons, labelled again; None for any other value."""
    button = shipped_script().buttons.get(value)
    return Choice(button.label, value) if button else None


def doubtful_line() -> str:
    """What stands under an answer when the message may also have meant danger to life; with the button UNSAFE."""
    return shipped_script().doubtful_line.say


def _beside(line: Line | None, state: CrisisState | None) -> CrisisOutcome:
    if line is None:
        return CrisisOutcome(crisis=state)
    return CrisisOutcome(crisis=state, line=line.say, choices=_choices([UNSAFE]))


def _may_answer(script: Script, state: CrisisState, folded: str, heard: Heard, *, asks_about_debt: bool) -> bool:
    """Whether a message in a talk that isn't happening now is a debt question, or what follows one."""
    said = set(heard.cues) - {DEBT}
    if opens(script, state, heard):
        return False
    if asks_about_debt:
        return not said or script.asks_of_debt(folded)
    return state.aside and not said


def _after(
    script: Script, state: CrisisState, heard: Heard, danger: DangerAssessment, *, asks_about_debt: bool, now: datetime
) -> CrisisOutcome:
    """When it is over: everything is answered as usual, and what is said of it, shortly."""
    told = [name for name in heard.cues if not script.hears[name].yields and name != DEBT]
    if told and not asks_about_debt and danger.level is DangerLevel.NONE:
        return _said(script, script.stage(state), replace(state, since=now), heard.cues)
    if danger.level is DangerLevel.DOUBTFUL:
        return _beside(script.doubtful_line, state)
    return _beside(script.debt_line if asks_about_debt else None, state)


def _spoken(
    script: Script,
    before: CrisisState | None,
    state: CrisisState,
    folded: str,
    danger: DangerAssessment,
    *,
    debt: bool = False,
) -> CrisisOutcome:
    heard = hear(script, state, folded, danger, debt=debt)
    after = learn(script, state, heard)
    stage = script.stage(after)
    if before is None:
        told = [name for name in heard.cues if script.hears[name].first and script.answers(stage, name)[1]]
        if told and not stage.urgent and after.happening is None and not after.gone:
            return _said(script, stage, after, told)
        return _first(script, stage, after, _kind(after))
    if after.over:
        ending = "denies" if {*heard.cues[:1]} & DENIALS else after.whose.value
        return _first(script, stage, replace(after, said=()), ending)
    places = [each.name for each in script.states]
    moved_up = after.whose is not before.whose or places.index(stage.name) < places.index(script.stage(before).name)
    new_kind = after.happening not in {None, before.happening}
    if (moved_up or new_kind) and f"{stage.name}.first.{_first_name(stage, after)}" not in after.said:
        return _first(script, stage, after, _kind(after))
    return _said(script, stage, after, heard.cues)


def _kind(state: CrisisState) -> str:
    return state.happening.value if state.happening else ANY


def _first_name(stage: Stage, state: CrisisState) -> str:
    kind = _kind(state)
    return kind if kind in stage.first else ANY


def _first(script: Script, stage: Stage, state: CrisisState, name: str) -> CrisisOutcome:
    """The first words of a state."""
    name = next(each for each in (name, ANY, *stage.first) if each in stage.first)
    lines = [*stage.first[name].lines]
    person = script.people.get(state.whom or "")
    if person is not None and person.age and state.age is None and stage.ask_age is not None:
        lines += stage.ask_age.lines
    return _reply(script, stage, state, f"{stage.name}.first.{name}", lines)


def _said(script: Script, stage: Stage, state: CrisisState, cues: Sequence[str]) -> CrisisOutcome:
    """The next line to what was heard; what is general when there is none."""
    heard = [(name, *script.answers(stage, name)) for name in cues]
    place, lines = next(((place, lines) for _, place, lines in heard if lines), ("", ()))
    fear = place.startswith(FEARS_PLACE)
    general = [(f"{stage.name}.goes_on:{number}", line) for number, line in enumerate(stage.goes_on)]
    listed = [(f"{place}:{number}", line) for number, line in enumerate(lines)]
    # A fear has its answer again each time that it is asked; of everything else no line comes twice before the others.
    key, line = _unsaid(listed if fear else [*listed, *general], state.said)
    begins = [stage.begins] if stage.urgent and fear else []
    return _reply(script, stage, state, key, [*begins, *line.lines])


def _unsaid(lines: Sequence[tuple[str, Line]], said: tuple[str, ...]) -> tuple[str, Line]:
    """The first that wasn't said; else the one said longest ago."""
    return next(
        ((key, line) for key, line in lines if key not in said),
        min(lines, key=lambda each: max((n for n, key in enumerate(said) if key == each[0]), default=-1)),
    )


def _reply(script: Script, stage: Stage, state: CrisisState, key: str, lines: Iterable[str]) -> CrisisOutcome:
    person = script.people.get(state.whom or "someone") or script.people["someone"]
    said = [line.replace("{whom}", person.say).replace("{他}", person.they) for line in lines]
    if state.both and ".first." in key:
        said += (script.both_other if state.whose is Whose.OTHER else script.both_own).lines
    if not any(number in line for number in NUMBERS for line in said):
        said += script.numbers.lines
    reply = Reply(
        Decision.ANSWER,
        tuple(Section((line,)) for line in said),
        intent=CRISIS,
        choices=_choices(stage.buttons),
    )
    return CrisisOutcome(reply, replace(state, said=(*state.said, key)[-REMEMBERED:]))


def _choices(values: Iterable[str]) -> tuple[Choice, ...]:
    buttons = shipped_script().buttons
    return tuple(Choice(buttons[value].label, value) for value in values)

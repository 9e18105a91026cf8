"""What a message makes known, and where the talk stands after it; pure functions."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.crisis.script import Facts, Script
from bot.crisis.state import Company, CrisisState, Happening, Whose
from intents.danger.detector import WORDING, DangerAssessment, DangerLevel, SignalKind

AGAIN = "again"
"""The cue of words of danger, which the detector hears."""

DEBT = "debt"
"""The cue of a question about debt, which the matcher hears."""

BODILY = frozenset({Happening.TOOK, Happening.HURT, Happening.AIR})
"""What goes on in the body wherever the person is: no other kind takes its place."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says, in the order in which it is answered."""

    cues: tuple[str, ...]
    plain: bool = False
    """The detector is sure of danger."""
    urgent: bool = False
    """And that it is happening now."""


def hear(script: Script, state: CrisisState, folded: str, danger: DangerAssessment, *, debt: bool) -> Heard:
    """What a message in such a talk says."""
    plain = danger.level is DangerLevel.PLAIN
    urgent = plain and danger.signal is not None and danger.signal.urgent
    found = [name for name in script.may_hear(folded) if _hears(script, name, state, folded)]
    if plain and any(_believed(script, state, name) for name in found):
        plain = urgent = False
    if state.child_grown:
        found = ["with" if name == "child_here" else name for name in found]
    if plain:
        found = [name for name in found if not script.hears[name].yields]
    if plain or (danger.level is DangerLevel.DOUBTFUL and not found):
        found.append(AGAIN)
    if debt and not found:
        found.append(DEBT)
    dropped = {each for name in found for each in script.hears[name].drops}
    if "safe" in found and "with" in found and "threat" not in found:
        dropped -= {"with"}
    elif state.threatened and "away" not in found:
        # Whoever is there may be the one who beats.
        dropped |= {"with", "home"}
    order = list(script.hears)
    return Heard(tuple(sorted((each for each in found if each not in dropped), key=order.index)), plain, urgent)


def _believed(script: Script, state: CrisisState, name: str) -> bool:
    """Whether a message that says only this is taken at its word, whatever the detector finds in it."""
    asked = [end.asked for end in script.ends if name in end.heard and end.asked]
    return script.hears[name].sure and (not asked or any(_asked(state, names) for names in asked))


def _hears(script: Script, name: str, state: CrisisState, folded: str) -> bool:
    cue = script.hears[name]
    if cue.whose not in {None, state.whose} or (cue.only == "threatened" and not state.threatened):
        return False
    return script.listeners[name](folded)


def opens(script: Script, state: CrisisState, heard: Heard) -> bool:
    """Whether there is danger in it that brings a talk back that was over."""
    known = [facts for name in heard.cues for facts in script.hears[name].facts(state.whose)]
    return heard.plain or any(facts.now is not None or facts.threatened for facts in known)


def turn(script: Script, state: CrisisState, folded: str, danger: DangerAssessment) -> CrisisState:
    """Whose life it is after this message; a relative's talk stays a relative's until they speak of themselves."""
    signal = danger.signal if danger.level is DangerLevel.PLAIN else None
    if state.whose is Whose.OWN:
        if signal is None or signal.kind is not SignalKind.RELATIVE or state.happening or state.threatened:
            return state
        return _other(script, state, folded)
    turning = next((n for n, cue in script.hears.items() if cue.turns and _hears(script, n, state, folded)), None)
    if turning is None:
        return state
    # What happens to the other goes on happening: the numbers stay first. Who found somebody dead is asked about themselves.
    happening = Happening.UNSAID if state.happening not in {None, Happening.STILL} else None
    return CrisisState(state.since, whom=state.whom, happening=happening, both=not state.gone, said=state.said)


def _other(script: Script, state: CrisisState, folded: str) -> CrisisState:
    whom = script.person(folded) or "someone"
    return CrisisState(state.since, Whose.OTHER, whom, both=bool(state.said), said=state.said)


def begin(script: Script, folded: str, danger: DangerAssessment, since: CrisisState) -> CrisisState:
    """Whose life it is, from the first message."""
    signal = danger.signal
    if signal is None:
        return since
    guessed = signal.pattern == WORDING and script.only_another(folded)
    return _other(script, since, folded) if signal.kind is SignalKind.RELATIVE or guessed else since


def learn(script: Script, state: CrisisState, heard: Heard) -> CrisisState:
    """The facts after a message, and whether it is over."""
    before, kinds, found_dead = state, False, False
    for name in heard.cues:
        for facts in script.hears[name].facts(state.whose):
            kinds = kinds or facts.now is not None
            found_dead = found_dead or bool(facts.gone)
            state = _knowing(state, facts)
    if heard.urgent and state.happening is None and not found_dead:
        # After somebody was found dead, new danger is another one's, and the numbers come first again.
        state = replace(state, happening=Happening.UNSAID, gone=False)
    if state.threatened and state.happening is Happening.UNSAID:
        # Then it is said: others are the danger.
        state = replace(state, happening=None)
    if heard.urgent or kinds:
        return replace(state, over=False)
    return _ended(script, before, state, heard)


def _knowing(state: CrisisState, facts: Facts) -> CrisisState:
    happening = state.happening
    if facts.now is not None and (happening is None or (facts.now is not Happening.UNSAID and happening not in BODILY)):
        happening = facts.now
    if facts.gone:
        happening = None
    return replace(
        state,
        happening=happening,
        gone=facts.gone or state.gone,
        company=facts.company or state.company,
        threatened=state.threatened if facts.threatened is None else facts.threatened,
        age=facts.age or state.age,
        child_grown=facts.child_grown or state.child_grown,
    )


def _ended(script: Script, before: CrisisState, state: CrisisState, heard: Heard) -> CrisisState:
    cues = _with_known(state, before, heard.cues)
    for end in script.ends:
        if not set(end.heard) <= cues or end.now not in {None, before.happening is not None or before.threatened}:
            continue
        if (end.kinds and before.happening not in end.kinds) or before.happening in end.but_kinds:
            continue
        if end.asked and not _asked(before, end.asked):
            continue
        if end.after == "over" and not heard.plain:
            return replace(state, happening=None, threatened=False, over=True)
        return state if end.after == "over" else replace(state, happening=None)
    return replace(state, over=False) if heard.plain else state


def _asked(state: CrisisState, names: Collection[str]) -> bool:
    """Whether the last line said was one of these."""
    return bool(state.said) and state.said[-1].rpartition(":")[0] in names


def _with_known(state: CrisisState, before: CrisisState, cues: Collection[str]) -> set[str]:
    """The cues, with the company that is known from before."""
    company = {"with", "by_them"} if before.company is Company.WITH and state.company is Company.WITH else set()
    return {*cues, *(company if {"safe", "eased"} & {*cues} and not before.threatened else ())}

"""script.yaml: what is heard, what moves the talk, and what is said, as data that is checked when it is read."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.crisis.hearing import Listener, listener, pattern
from bot.crisis.state import Age, Company, CrisisState, Happening, Whose

ANY = "any"
"""The name of a state's first words that don't depend on what is happening."""

_CONFIG = ConfigDict(extra="forbid", frozen=True)
_Listed = Annotated[tuple[str, ...], Field(default=())]


class Line(BaseModel):
    """Words, and why they are there."""

    model_config = _CONFIG
    say: str = Field(min_length=1)
    why: str = Field(min_length=1)

    @property
    def lines(self) -> tuple[str, ...]:
        """One paragraph each."""
        return tuple(line.strip() for line in self.say.splitlines() if line.strip())


class Facts(BaseModel):
    """What a message makes known."""

    model_config = _CONFIG
    now: Happening | None = None
    company: Company | None = None
    threatened: bool | None = None
    age: Age | None = None
    child_grown: bool | None = None
    gone: bool | None = None


class Cue(BaseModel):
    """One thing that a message may say."""

    model_config = _CONFIG
    title: str = Field(min_length=1)
    hears: str = ""
    but: str = ""
    whose: Whose | None = None
    """Only in such a talk."""
    only: Literal["threatened"] | None = None
    """Only while this is known."""
    sets: Facts = Facts()
    sets_other: Facts = Facts()
    """What it makes known in a talk about another."""
    turns: Whose | None = None
    """The talk is about this one from now on."""
    drops: _Listed
    """What isn't heard beside it."""
    yields: bool = False
    """Not believed in a message that also holds danger."""
    danger: bool = False
    """Heard by the detector, not by these words."""
    debt: bool = False
    """Heard by the matcher, not by these words."""
    begins: bool = False
    """Begins a talk by itself, even where the detector hears nothing."""
    first: bool = False
    """Answered in the first message too, where nothing is happening."""
    sure: bool = False
    """The whole message says only this: the detector isn't asked about it."""

    def facts(self, whose: Whose) -> tuple[Facts, ...]:
        """What it makes known in such a talk."""
        return (self.sets, self.sets_other) if whose is Whose.OTHER else (self.sets,)


class Person(BaseModel):
    """Somebody else that it may be about."""

    model_config = _CONFIG
    say: str
    they: Literal["他", "她"]
    hears: str
    age: Literal["ask"] | None = None
    """Ask whether they are of age."""
    own_child: bool = False


class End(BaseModel):
    """What makes it no longer happening."""

    model_config = _CONFIG
    heard: tuple[str, ...] = Field(min_length=1)
    kinds: tuple[Happening, ...] = ()
    """Only of these; empty: of all."""
    but_kinds: tuple[Happening, ...] = ()
    """Not of these."""
    asked: tuple[str, ...] = ()
    """Only when the line before asked this: names such as own_wish.denies."""
    now: bool | None = None
    """False: only when nothing is happening and nobody threatens; true: only when something is."""
    after: Literal["over", "calmer"]
    why: str = Field(min_length=1)


class When(BaseModel):
    """The facts of a state; what isn't given may be anything."""

    model_config = _CONFIG
    whose: Whose | None = None
    now: bool | tuple[Happening, ...] | None = None
    threatened: bool | None = None
    age: Age | None = None
    gone: bool | None = None
    over: bool = False

    def __call__(self, state: CrisisState) -> bool:
        """Whether the facts are these."""
        return (
            self.over == state.over
            and self.whose in {None, state.whose}
            and self.threatened in {None, state.threatened}
            and self.age in {None, state.age}
            and self.gone in {None, state.gone}
            and self._now(state.happening)
        )

    def _now(self, happening: Happening | None) -> bool:
        if self.now is None:
            return True
        return (happening is not None) is self.now if isinstance(self.now, bool) else happening in self.now


class Stage(BaseModel):
    """Where a talk can stand, and what is said there."""

    model_config = _CONFIG
    name: str
    title: str
    when: When
    urgent: bool = False
    """It is happening: everything begins with 120 or 110."""
    like: str | None = None
    """What isn't answered here is answered as there."""
    begins: str = ""
    """Said before the answer to a fear while it is happening."""
    first: Mapping[str, Line]
    ask_age: Line | None = None
    answers: Mapping[str, tuple[Line, ...]] = {}
    goes_on: tuple[Line, ...] = Field(min_length=1)
    buttons: tuple[str, ...] = Field(min_length=1)


class Button(BaseModel):
    """What it says, and the words that a tap stands for."""

    model_config = _CONFIG
    label: str = Field(min_length=1, max_length=12)
    words: str = Field(min_length=1)


class Script(BaseModel):
    """All of script.yaml."""

    model_config = _CONFIG
    words: Mapping[str, str]
    people: Mapping[str, Person]
    hears: Mapping[str, Cue]
    asking: str
    owing: str
    ends: tuple[End, ...]
    states: tuple[Stage, ...]
    fears: Mapping[str, tuple[Line, ...]]
    numbers: Line
    both_own: Line
    both_other: Line
    debt_line: Line
    doubtful_line: Line
    buttons: Mapping[str, Button]

    @cached_property
    def listeners(self) -> Mapping[str, Listener]:
        """What hears each cue, in the order in which they are answered."""
        return {name: listener(cue.hears, cue.but, self.words) for name, cue in self.hears.items()}

    def may_hear(self, folded: str) -> list[str]:
        """The cues whose characters a message holds, in their order; it says no other."""
        found = set(self._numbers_of_any)
        for character in self._numbers_by_character.keys() & folded:
            found |= self._numbers_by_character[character]
        names = [*self.hears]
        return [names[number] for number in sorted(found)]

    @cached_property
    def _numbers_of_any(self) -> frozenset[int]:
        """The positions of the cues that any message may say."""
        return frozenset(number for number, each in enumerate(self.listeners.values()) if each.cues is None)

    @cached_property
    def _numbers_by_character(self) -> Mapping[str, frozenset[int]]:
        """For each character the positions of the cues that it may say."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for number, each in enumerate(self.listeners.values()):
            for character in each.cues or ():
                found[character].add(number)
        return {character: frozenset(numbers) for character, numbers in found.items()}

    @cached_property
    def by_name(self) -> Mapping[str, Stage]:
        """The states by name."""
        return {stage.name: stage for stage in self.states}

    @cached_property
    def kinds(self) -> Mapping[Happening, str]:
        """The cue that makes each known, the first of several."""
        found: dict[Happening, str] = {}
        for name, cue in self.hears.items():
            for facts in cue.facts(Whose.OTHER):
                if facts.now is not None:
                    found.setdefault(facts.now, name)
        return found

    def stage(self, state: CrisisState) -> Stage:
        """Where a talk stands."""
        return next(stage for stage in self.states if stage.when(state))

    def answers(self, stage: Stage, cue: str) -> tuple[str, tuple[Line, ...]]:
        """What is said to this there, and under which name; empty when there is nothing."""
        if lines := stage.answers.get(cue):
            return f"{stage.name}.{cue}", lines
        if stage.like is not None:
            return self.answers(self.by_name[stage.like], cue)
        return f"fears.{cue}", self.fears.get(cue, ())

    def only_another(self, folded: str) -> bool:
        """Whether a message begins with a relative or friend and says nothing of whoever writes: 「我朋友在桥上」."""
        for person in self.people.values():
            named = pattern([f"我的{each}" for each in person.hears.split()] + person.hears.split(), self.words)
            if named is not None and (found := named.match(folded.removeprefix("我"))):
                return "我" not in folded.removeprefix("我")[found.end() :]
        return False

    def person(self, folded: str) -> str | None:
        """Which relative or friend is named first; None for nobody."""
        places: list[tuple[int, int, str]] = []
        for number, (name, person) in enumerate(self.people.items()):
            named = pattern(person.hears.split(), self.words)
            if named is not None and (found := named.search(folded)):
                # 他 and 她 may be anybody: whoever else is named counts.
                vague = found[0] in {"他", "她"}
                places.append((len(folded) + found.start() if vague else found.start(), number, name))
        return min(places)[2] if places else None

    @cached_property
    def _debt(self) -> tuple[Listener, Listener]:
        return listener(self.asking, "", self.words), listener(self.owing, "", self.words)

    def asks_of_debt(self, folded: str) -> bool:
        """Whether the words themselves are a question about debt."""
        return all(heard(folded) for heard in self._debt)

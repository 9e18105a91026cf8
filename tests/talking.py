"""Whole talks from tests/talks/**/*.yaml: read here, run through the conversation and through each channel.

A file is a list of talks; a talk has a `name` and `turns`. A turn has either `say` (what the person types) or `tap` (the label
of a choice of the reply before), and what must come back:

- `decision`: answer, clarify or fallback; `silent` where the bot says nothing;
- `intent`: the intent that is answered (any turn may leave it out);
- `choices`: labels that must be among the choices, in any order; `no_choices`: labels that must not be;
- `contains`: a piece of the reply's text; `starts`: its beginning, or one of several; `lacks`: one that must not be in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

FOLDER = Path(__file__).parent / "talks"
SHIPPED_FAQ = Path(__file__).parent.parent / "faq.yaml"


@dataclass(frozen=True)
class Turn:
    """What the person does, and what must come back."""

    say: str | None = None
    tap: str | None = None
    decision: str | None = None
    intent: str | None = None
    choices: tuple[str, ...] = ()
    no_choices: tuple[str, ...] = ()
    contains: str | None = None
    starts: tuple[str, ...] = ()
    lacks: str | None = None

    def __post_init__(self) -> None:
        if (self.say is None) == (self.tap is None):
            raise ValueError("a turn either says or taps")


@dataclass(frozen=True)
class Talk:
    """One conversation from its beginning."""

    name: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Seen:
    """What a person sees of a reply, in whatever channel; None as decision or intent where the channel doesn't show it."""

    text: str
    labels: tuple[str, ...]
    decision: str | None = None
    intent: str | None = None


@cache
def talks() -> Sequence[Talk]:
    """Every talk of every file, in this folder and below it."""
    several = TypeAdapter(tuple[Talk, ...])
    return [
        replace(talk, name=f"{path.stem}：{talk.name}")
        for path in sorted(FOLDER.rglob("*.yaml"))
        for talk in several.validate_python(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader))
    ]


def check(turn: Turn, seen: Seen | None, where: str) -> None:
    """Fail with the place in the talk when a reply isn't what the talk says."""
    if turn.decision == "silent":
        assert seen is None, f"{where}: {seen}"
        return
    assert seen is not None, f"{where}: silent"
    shown = f"{where}: {seen.decision} {seen.intent} {seen.labels}\n{seen.text}"
    for wanted, got in ((turn.decision, seen.decision), (turn.intent, seen.intent)):
        assert wanted is None or got is None or wanted == got, f"{wanted}\n{shown}"
    assert set(turn.choices) <= set(seen.labels), f"{set(turn.choices) - set(seen.labels)}\n{shown}"
    assert not set(turn.no_choices) & set(seen.labels), shown
    assert turn.contains is None or turn.contains in seen.text, f"{turn.contains}\n{shown}"
    assert not turn.starts or seen.text.startswith(turn.starts), f"{turn.starts}\n{shown}"
    assert turn.lacks is None or turn.lacks not in seen.text, f"{turn.lacks}\n{shown}"


def place(talk: Talk, number: int) -> str:
    """Where in a talk something went wrong."""
    turn = talk.turns[number]
    return f"{talk.name}, turn {number + 1}: {turn.say if turn.say is not None else f'[{turn.tap}]'}"

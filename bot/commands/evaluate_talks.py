"""`youshu eval --talks`: whole talks played through the conversation, by author."""

import asyncio
import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean

import click
from rich.console import Console
from rich.table import Table

from bot.choices import OpenTopic, decode
from bot.commands.second_opinion import learned_opinions
from bot.commands.unsaved_conversation import unsaved_conversation
from bot.messages import ChatIdentity, Incoming, Reply
from bot.settings import Settings
from bot.talk.second_opinion import SecondOpinions
from intents import Decision
from intents.errors import os_error_reason
from intents.knowledge import Knowledge
from intents.matching.corpus import CorpusError

OUTSIDE, ACKNOWLEDGES, THANKS = "none", "ack", "thanks"
"""The labels of a turn that is none of the bot's business, of one that only takes note, and the intent that may answer that too."""
_COLUMNS = {"talk", "turn", "text", "intent"}
_HEADINGS = ("后续句", "答对", "答对或给出", "第一句", "答对", "答对或给出", "整段", "句句答对或给出", "句句答对")


@dataclass(frozen=True, slots=True)
class LabeledTurn:
    """One message of a talk, and what should be answered to it there."""

    author: str
    talk: str
    number: int
    """From 1."""
    text: str
    intent: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A turn, and how it was answered."""

    turn: LabeledTurn
    got: str
    """The intent that was answered, or what was done instead."""
    right: bool
    """Answered outright with what was meant; small talk told that this isn't the place; a mere 「嗯」 answered in a word."""
    served: bool
    """The same, or the right intent offered to choose."""


@dataclass(frozen=True, slots=True)
class TalkMetrics:
    """How one author's talks fared; shares from 0 to 1."""

    later: int
    later_right: float
    later_served: float
    first: int
    first_right: float
    first_served: float
    talks: int
    talks_served: float
    """Every turn was served."""
    talks_right: float
    """Every turn was right."""

    @classmethod
    def of(cls, talks: Sequence[Sequence[PlayedTurn]]) -> "TalkMetrics":
        """The metrics of one author's talks."""
        later = [each for talk in talks for each in talk if each.turn.number > 1]
        first = [each for talk in talks for each in talk if each.turn.number == 1]
        return cls(
            *(len(later), _share([each.right for each in later]), _share([each.served for each in later])),
            *(len(first), _share([each.right for each in first]), _share([each.served for each in first])),
            len(talks),
            _share([all(each.served for each in talk) for talk in talks]),
            _share([all(each.right for each in talk) for talk in talks]),
        )


def read_talks(path: Path) -> list[list[LabeledTurn]]:
    """The talks of a file in their order; raises CorpusError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if not set(rows.fieldnames or ()) >= _COLUMNS:
                raise CorpusError(f"{path} 第一行要写列名，用 Tab 隔开，至少有 talk、turn、text 和 intent")
            turns = [_turn(path, rows.line_num, row) for row in rows]
    except OSError as error:
        raise CorpusError(f"{path} 打不开（{os_error_reason(error)}）；请检查路径") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} 不是 UTF-8 编码，请另存为 UTF-8") from error
    return [list(talk) for _, talk in groupby(turns, key=lambda each: (each.author, each.talk))]


def _turn(path: Path, line: int, row: Mapping[str, str | None]) -> LabeledTurn:
    talk, number, text, intent = (row.get(name) or "" for name in ("talk", "turn", "text", "intent"))
    if not (talk and number.isdecimal() and text and intent):
        raise CorpusError(f"{path}:{line} 缺了 talk、turn、text 或 intent，或 turn 不是数字；请检查这一行的 Tab")
    also = tuple((row.get("also") or "").replace(",", " ").split())
    return LabeledTurn(row.get("author") or path.stem, talk, int(number), text, intent, also)


async def play(
    knowledge: Knowledge, talks: Sequence[Sequence[LabeledTurn]], opinions: SecondOpinions | None = None
) -> list[list[PlayedTurn]]:
    """Every talk as one person's, each message answered before the next is said."""
    played: list[list[PlayedTurn]] = []
    async with unsaved_conversation(lambda: knowledge, opinions) as conversation:
        for number, talk in enumerate(talks):
            person = ChatIdentity("eval", str(number))
            answered = []
            for turn in talk:
                reply = await conversation.turn(Incoming(person, turn.text))
                answered.append(graded(turn, reply))
            played.append(answered)
    return played


def graded(turn: LabeledTurn, reply: Reply | None) -> PlayedTurn:
    """Whether a reply is what the turn asks for."""
    wanted = {turn.intent, *turn.also}
    if reply is None:
        return PlayedTurn(turn, "", right=False, served=False)
    answered = reply.decision is Decision.ANSWER
    right = answered and reply.intent in wanted
    if ACKNOWLEDGES in wanted:
        right = right or (answered and reply.intent in {None, THANKS})
    if OUTSIDE in wanted:
        right = right or reply.decision is Decision.FALLBACK
    choices = (decode(choice.value) for choice in reply.choices) if reply.decision is Decision.CLARIFY else ()
    offered = {choice.intent for choice in choices if isinstance(choice, OpenTopic)}
    got = (reply.intent or ACKNOWLEDGES) if answered else reply.decision.value
    return PlayedTurn(turn, got, right=right, served=right or bool(offered & wanted))


async def _play(
    settings: Settings, knowledge: Knowledge, talks: Sequence[Sequence[LabeledTurn]]
) -> list[list[PlayedTurn]]:
    async with learned_opinions(settings, knowledge) as opinions:
        return await play(knowledge, talks, opinions)


def run(
    console: Console,
    settings: Settings,
    knowledge: Knowledge,
    paths: Sequence[Path],
    *,
    as_json: bool,
    with_wrong: bool,
) -> None:
    """Play the talks of all files and print a row for each author."""
    talks = [talk for path in paths for talk in read_talks(path)]
    by_author: dict[str, list[list[PlayedTurn]]] = {}
    for talk in asyncio.run(_play(settings, knowledge, talks)):
        by_author.setdefault(talk[0].turn.author, []).append(talk)
    metrics = {author: TalkMetrics.of(played) for author, played in by_author.items()}
    if as_json:
        click.echo(json.dumps({author: asdict(found) for author, found in metrics.items()}, ensure_ascii=False))
        return
    console.print(_table(metrics))
    if with_wrong:
        wrong = (turn for played in by_author.values() for talk in played for turn in talk if not turn.right)
        for each in wrong:
            turn = each.turn
            mark = "·" if each.served else "×"
            line = f"{mark} {turn.author} {turn.talk}.{turn.number} {turn.text} → {each.got}，应为 {turn.intent}"
            console.print(line, highlight=False, markup=False)


def _table(rows: Mapping[str, TalkMetrics]) -> Table:
    """A row for each author; then the mean and the worst of each column."""
    table = Table("作者", *_HEADINGS, box=None)
    records = {author: [*asdict(found).values()] for author, found in rows.items()}
    for author, values in records.items():
        table.add_row(author, *map(_cell, values))
    if len(records) > 1:
        columns = list(zip(*records.values(), strict=True))
        table.add_row("平均", *(_cell(fmean(column)) if isinstance(column[0], float) else "" for column in columns))
        table.add_row("最差", *(_cell(min(column)) if isinstance(column[0], float) else "" for column in columns))
    return table


def _cell(value: float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _share(holds: Sequence[bool]) -> float:
    return sum(holds) / len(holds) if holds else 0.0

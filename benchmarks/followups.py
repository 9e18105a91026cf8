"""How well the second turn of a talk is understood in the light of the first; `--fit` looks for better weights.

    python -m benchmarks.followups [--fit]

Measured on tests/corpus/followups.tsv, from where the talk stands after the first turn. Beside it, how many messages that need no talk
are still understood when the talk was about something else: the fit may cost at most LOST of them. It tries each weight's VALUES in turn,
keeps what understands more, and prints the weights for bot/talk/followup.py.
"""

import argparse
import asyncio
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from rich.progress import track

from bot.messages import ChatIdentity, Incoming
from bot.store.store import Store
from bot.talk import followup
from bot.talk.conversation import Conversation
from bot.talk.followup import FITTED, Weights
from bot.talk.message import Message
from bot.talk.state import ConversationState
from intents import FAQ, Decision, Matcher
from intents.danger.detector import CRISIS
from intents.knowledge import Knowledge
from intents.matching.corpus import read_labeled_utterances

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
LOST = 0.05
SHORT = 24
ROUNDS = 2

VALUES: Mapping[str, Sequence[float]] = MappingProxyType(
    {
        "floor": (0.003, 0.005, 0.01, 0.02, 0.05),
        "topic": (2.5, 3.0, 3.5, 4.0, 5.0, 6.0),
        "related": (0.5, 1.0, 1.5, 2.0, 2.5, 3.0),
        "titled": (0.0, 0.1, 0.2, 0.3, 0.5, 0.8),
        "least": (0.0, 0.1, 0.2, 0.3, 0.4),
        "outside": (2.0, 3.0, 4.0, 5.0, 6.0),
        "answer": (0.2, 0.3, 0.4),
        "answer_whole": (0.5, 0.6, 0.7),
        "named_rest": (0.6, 0.7, 0.8),
        "elliptic": (0.4, 0.5, 0.6),
        "whole": (0.1, 0.2, 0.3, 0.4),
        "own_topic": (0.8, 0.85, 0.9, 0.95),
        "goes_on": (0.3, 0.6, 0.9),
    }
)


@dataclass(frozen=True, slots=True)
class Second:
    """A second message, where the talk stood before it, and what it may mean."""

    talk: ConversationState
    text: str
    right: frozenset[str]


class Remembering(Matcher):
    """A matcher that scores each text once, because a fit asks for the same ones again and again."""

    def __init__(self, faq: FAQ) -> None:
        super().__init__(faq)
        self.rank = cache(super().rank)  # type: ignore[method-assign]
        self.match = cache(super().match)  # type: ignore[method-assign]


async def seconds(knowledge: Knowledge) -> Sequence[Second]:
    """The second turns of the corpus, after the first was really said."""
    with (CORPUS / "followups.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = []
    async with Store("sqlite+aiosqlite://") as store:
        conversation = Conversation(lambda: knowledge, store)
        for row in rows:
            person = ChatIdentity("benchmark", row["id"])
            await conversation.turn(Incoming(person, row["first_text"]))
            talk = ConversationState.from_json((await store.turns.load(person)).state)
            found.append(Second(talk, row["second_text"], frozenset(row["second_intent"].split(","))))
    return found


def foreign(knowledge: Knowledge) -> Sequence[Second]:
    """Messages that are understood by themselves, each in a talk about another topic."""
    topics = [intent.id for intent in knowledge.faq.intents if intent.id != CRISIS]
    labelled = [*read_labeled_utterances(CORPUS / "personas_dev.tsv"), *read_labeled_utterances(CORPUS / "dev.tsv")]
    # The short ones are the easiest to mistake for following up, and most of what people type.
    sentences = [each for each in labelled if each.intent in topics and len(each.text) <= SHORT]
    understood = [each for each in sentences if knowledge.matcher.match(each.text).intent in {each.intent, *each.also}]
    return [
        Second(
            ConversationState(intent=topics[number * 7 % len(topics)]), each.text, frozenset((each.intent, *each.also))
        )
        for number, each in enumerate(understood)
    ]


def understood(knowledge: Knowledge, turns: Sequence[Second], weights: Weights) -> float:
    """The share of second turns whose first intent is right; none where it is out of scope."""

    def first(turn: Second) -> str:
        message = Message(turn.text, knowledge.matcher)
        reading = followup.interpret(knowledge.faq, turn.talk, message, weights=weights)
        return reading.intents[0] if reading.decision is not Decision.FALLBACK and reading.intents else "none"

    return sum(first(turn) in turn.right for turn in turns) / len(turns)


def fit(knowledge: Knowledge, talks: Sequence[Second], others: Sequence[Second]) -> Weights:
    """The weights that understand most within LOST, by coordinate search from those in force."""
    best, most = FITTED, understood(knowledge, talks, FITTED)
    for name in track([*VALUES] * ROUNDS, "试权重"):
        for value in VALUES[name]:
            tried = replace(best, **{name: value})
            share = understood(knowledge, talks, tried)
            if share > most and understood(knowledge, others, tried) >= 1 - LOST:
                best, most = tried, share
    return best


def main() -> None:
    """Print what is understood, and with --fit the best weights found."""
    parser = argparse.ArgumentParser(description="Second turns in the light of the first.")
    parser.add_argument("--fit", action="store_true")
    loaded = Knowledge.load(ROOT / "faq.yaml")
    knowledge = replace(loaded, matcher=Remembering(loaded.faq))
    talks, others = asyncio.run(seconds(knowledge)), foreign(knowledge)
    weights = fit(knowledge, talks, others) if parser.parse_args().fit else FITTED
    print(f"second turns {understood(knowledge, talks, weights):.3f} of {len(talks)}", end="; ")
    print(f"in a foreign talk {understood(knowledge, others, weights):.3f} of {len(others)}")
    for field in fields(Weights):
        if getattr(weights, field.name) != getattr(FITTED, field.name):
            print(f"{field.name}: {getattr(FITTED, field.name)} -> {getattr(weights, field.name)}")


if __name__ == "__main__":
    main()

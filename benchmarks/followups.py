"""How well the second message of a conversation is understood after the first; `--fit` looks for better weights.

    python -m benchmarks.followups [--fit]

Measured on tests/corpus/followups.tsv, with the conversation's state after the first message. Beside it, the share of self-contained messages
that are still understood after another topic: a fit may lose at most MAX_LOSS of them. The fit is a coordinate search over VALUES; it
prints the weights for bot/talk/followup.py.
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
MAX_LOSS = 0.05
SHORT = 24
"""Characters of a short message: the easiest to mistake for a follow-up, and most of what people type."""
ROUNDS = 2
"""How often the search goes through all weights."""

VALUES: Mapping[str, Sequence[float]] = MappingProxyType(
    {
        "floor": (0.002, 0.003, 0.005, 0.01, 0.02, 0.05),
        "topic": (2.5, 3.0, 3.5, 4.0, 5.0, 6.0),
        "related": (0.5, 1.0, 1.5, 2.0, 2.5, 3.0),
        "titled": (0.0, 0.1, 0.2, 0.3, 0.5, 0.8),
        "least": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4),
        "outside": (4.0, 6.0, 8.0, 10.0),
        "answer": (0.2, 0.3, 0.4),
        "answer_whole": (0.4, 0.5, 0.6, 0.7),
        "named_rest": (0.6, 0.7, 0.8),
        "elliptic": (0.2, 0.3, 0.4, 0.5, 0.6),
        "whole": (0.0, 0.05, 0.1, 0.2, 0.3, 0.4),
        "own_topic": (0.6, 0.7, 0.75, 0.8, 0.85, 0.9),
        "going_on": (0.0, 1.0, 2.0, 3.0, 4.0),
        "goes_on": (0.3, 0.6, 0.9),
    }
)


@dataclass(frozen=True, slots=True)
class SecondMessage:
    """A second message, the state of the conversation before it, and the intents that are right."""

    state: ConversationState
    text: str
    right: frozenset[str]
    """`none` where it is out of scope."""


class CachingMatcher(Matcher):
    """A matcher that scores each text once, because a fit asks for the same texts again and again."""

    def __init__(self, faq: FAQ) -> None:
        super().__init__(faq)
        self.rank = cache(super().rank)  # type: ignore[method-assign]
        self.match = cache(super().match)  # type: ignore[method-assign]


async def second_messages(knowledge: Knowledge) -> Sequence[SecondMessage]:
    """The second messages of the corpus, each after the bot has really answered the first."""
    with (CORPUS / "followups.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = []
    async with Store("sqlite+aiosqlite://") as store:
        conversation = Conversation(lambda: knowledge, store)
        for row in rows:
            person = ChatIdentity("benchmark", row["id"])
            await conversation.turn(Incoming(person, row["first_text"]))
            state = ConversationState.from_json((await store.turns.load(person)).state)
            found.append(SecondMessage(state, row["second_text"], frozenset(row["second_intent"].split(","))))
    return found


def self_contained_messages(knowledge: Knowledge) -> Sequence[SecondMessage]:
    """Short messages that are understood by themselves, each after another topic."""
    topics = [intent.id for intent in knowledge.faq.intents if intent.id != CRISIS]
    labelled = [*read_labeled_utterances(CORPUS / "personas_dev.tsv"), *read_labeled_utterances(CORPUS / "dev.tsv")]
    short = [each for each in labelled if each.intent in topics and len(each.text) <= SHORT]
    understood = [each for each in short if knowledge.matcher.match(each.text).intent in {each.intent, *each.also}]
    return [
        SecondMessage(
            ConversationState(intent=topics[number * 7 % len(topics)]), each.text, frozenset((each.intent, *each.also))
        )
        for number, each in enumerate(understood)
    ]


def accuracy(knowledge: Knowledge, messages: Sequence[SecondMessage], weights: Weights) -> float:
    """The share of messages whose best intent is right."""

    def best(second: SecondMessage) -> str:
        message = Message(second.text, knowledge.matcher)
        meaning = followup.interpret(knowledge.faq, second.state, message, weights=weights)
        return meaning.intents[0] if meaning.decision is not Decision.FALLBACK and meaning.intents else "none"

    return sum(best(second) in second.right for second in messages) / len(messages)


def fit(knowledge: Knowledge, follow_ups: Sequence[SecondMessage], self_contained: Sequence[SecondMessage]) -> Weights:
    """The weights that understand most follow-ups within MAX_LOSS, by coordinate search from those in force."""
    best, most = FITTED, accuracy(knowledge, follow_ups, FITTED)
    for name in track([*VALUES] * ROUNDS, "试权重"):
        for value in VALUES[name]:
            tried = replace(best, **{name: value})
            share = accuracy(knowledge, follow_ups, tried)
            if share > most and accuracy(knowledge, self_contained, tried) >= 1 - MAX_LOSS:
                best, most = tried, share
    return best


def main() -> None:
    """Print what is understood, and with --fit the best weights found."""
    parser = argparse.ArgumentParser(description="How well follow-ups are understood.")
    parser.add_argument("--fit", action="store_true")
    loaded = Knowledge.load(ROOT / "faq.yaml")
    knowledge = replace(loaded, matcher=CachingMatcher(loaded.faq))
    follow_ups, self_contained = asyncio.run(second_messages(knowledge)), self_contained_messages(knowledge)
    weights = fit(knowledge, follow_ups, self_contained) if parser.parse_args().fit else FITTED
    print(f"follow-ups {accuracy(knowledge, follow_ups, weights):.3f} of {len(follow_ups)}", end="; ")
    print(f"self-contained {accuracy(knowledge, self_contained, weights):.3f} of {len(self_contained)}")
    for field in fields(Weights):
        if getattr(weights, field.name) != getattr(FITTED, field.name):
            print(f"{field.name}: {getattr(FITTED, field.name)} -> {getattr(weights, field.name)}")


if __name__ == "__main__":
    main()

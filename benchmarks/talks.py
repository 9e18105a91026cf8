"""Learns how the talk counts, from whole talks; measures it on authors that were left out.

    python -m benchmarks.talks [--fit]

Talks stand in tests/corpus/*_talks.tsv, single turns with the topic before them in followups.tsv and talk_turns.tsv, small talk in
the lists of SAID. Every message is seen by a matcher that learned nothing from its author, in the state in which a faultless talk would be;
whoever is measured is left out of the weights too. What the bot really answers in whole talks is measured by `youshu eval --talks`. `--fit` writes
bot/talk/context_weights.tsv. Needs scipy (as scikit-learn brings it): L-BFGS over the penalised log-likelihood.
"""

import argparse
import asyncio
import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from bot.commands.evaluate_by_author import question_authors
from bot.commands.evaluate_talks import LabeledTurn, read_talks
from bot.messages import ChatIdentity, Incoming
from bot.store.store import Store
from bot.talk.answers import COURTESIES
from bot.talk.context_features import ACKNOWLEDGES, NUMBERS, OUTSIDE, Talked, numbers, readings, runs
from bot.talk.context_model import WORDED
from bot.talk.conversation import Conversation
from bot.talk.followup import spoken_of
from bot.talk.message import Message
from bot.talk.state import TRAIL, ConversationState
from intents import FAQ
from intents.danger.detector import CRISIS
from intents.knowledge import Knowledge
from intents.matching.by_author import Authors, without
from intents.matching.corpus import read_labeled_utterances
from intents.matching.evaluate import RANDOM
from intents.matching.matcher import Matcher

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
WEIGHTS = ROOT / "bot" / "talk" / "context_weights.tsv"
SAID = ("strangers.tsv", "third_strangers.tsv", "fourth_strangers.tsv")
"""Where small talk is learned from."""
WRITTEN = {"followups": 0.7, "talk_turns": 0.7}
"""How much a turn counts that was written to learn from."""
SMALL_TALK = 0.1
"""How much a message of small talk counts that stands in a talk only by chance."""
PLAYED = 0.5
"""How much a turn counts once more, in the state in which the bot was with the weights of before."""
LONGEST_SMALL_TALK = 40
RIDGE_NUMBERS, RIDGE_RUNS, RIDGE_PASSAGES = 1.0, 0.3, 1.0
"""How strongly the weights are held back."""
START = 0.7
"""What the weight of the share begins with and is held to."""
ROUNDS = 80
RARE = 2
"""A run of characters in fewer turns is left out."""
SMALL = 0.03
"""A weight below this isn't kept."""


@dataclass(frozen=True)
class Case:
    """A later turn of a talk, with what was spoken of before."""

    author: str
    text: str
    right: frozenset[str]
    talked: Talked
    weight: float = 1.0


@dataclass(frozen=True)
class Learned:
    """The weights as arrays."""

    numbers: NDArray[np.float64]
    runs: NDArray[np.float64]
    passages: NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Cases as arrays."""

    numbers: NDArray[np.float64]
    right: NDArray[np.bool_]
    topic: NDArray[np.int64]
    words: list[tuple[tuple[str, ...], float]]
    weight: NDArray[np.float64]
    author: NDArray[np.str_]


def whole_talks() -> list[list[LabeledTurn]]:
    """All talks to learn from."""
    return [talk for path in sorted(CORPUS.glob("*strangers*_talks.tsv")) for talk in read_talks(path)]


def cases(faq: FAQ) -> Iterator[Case]:
    """Every turn to learn from."""
    for talk in whole_talks():
        yield from _later(talk)
    with (CORPUS / "followups.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["first_intent"] != "none":
                right = frozenset(row["second_intent"].split(","))
                yield Case("followups", row["second_text"], right, Talked(row["first_intent"]), WRITTEN["followups"])
    with (CORPUS / "talk_turns.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            right = frozenset((row["intent"], *row["also"].split()))
            yield Case("talk_turns", row["text"], right, Talked(row["topic"]), WRITTEN["talk_turns"])
    topics = [each.id for each in faq.intents if each.id not in {CRISIS, *COURTESIES}]
    said_by_hands = (said for name in SAID for said in read_labeled_utterances(CORPUS / name))
    for number, said in enumerate(said_by_hands):
        if said.style in RANDOM and len(said.text) < LONGEST_SMALL_TALK:
            topic = Talked(topics[number * 7 % len(topics)])
            yield Case(said.author, said.text, frozenset((OUTSIDE,)), topic, SMALL_TALK)


async def played(knowledge: Knowledge, talks: Sequence[Sequence[LabeledTurn]]) -> list[Case]:
    """The later turns of talks in the states in which the bot really was: it must find back from its own mistakes."""
    found = []
    async with Store("sqlite+aiosqlite://", call_seconds=60) as store:
        conversation = Conversation(lambda: knowledge, store)
        for number, talk in enumerate(talks):
            person, talked = ChatIdentity("benchmark", str(number)), None
            for turn in talk:
                if talked is not None:
                    found.append(Case(turn.author, turn.text, frozenset((turn.intent, *turn.also)), talked, PLAYED))
                await conversation.turn(Incoming(person, turn.text))
                state = ConversationState.from_json((await store.turns.load(person)).state)
                talked = spoken_of(knowledge.faq, state) if state.crisis is None else None
    return found


def _later(talk: Sequence[LabeledTurn]) -> Iterator[Case]:
    """The later turns of a talk in which every answer before was the right one."""
    topic: str | None = None
    earlier: tuple[str, ...] = ()
    outside = False
    for turn in talk:
        if topic is not None and turn.number > 1:
            yield Case(turn.author, turn.text, frozenset((turn.intent, *turn.also)), Talked(topic, earlier, outside))
        outside = turn.intent == OUTSIDE
        if turn.intent in {OUTSIDE, ACKNOWLEDGES, CRISIS, *COURTESIES}:
            continue
        if topic is not None and topic != turn.intent:
            earlier = (*(each for each in earlier if each != topic), topic)[-TRAIL:]
        topic = turn.intent


def see(faq: FAQ, authors: Authors, found: Sequence[Case]) -> Seen:
    """The cases as matchers see them that never met their authors."""
    order = sorted(range(len(found)), key=lambda number: found[number].author)
    rows: dict[int, NDArray[np.float32]] = {}
    matcher, known = Matcher(faq), ""
    names = (*matcher.intent_ids, OUTSIDE, ACKNOWLEDGES)
    for number in order:
        case = found[number]
        if case.author != known:
            own = frozenset(text for text, author in authors.items() if author == case.author)
            matcher, known = Matcher(without(faq, own) if own else faq), case.author
        message = Message(case.text, matcher)
        assert readings(message) == names
        rows[number] = numbers(faq, case.talked, message)
    return Seen(
        np.stack([rows[number] for number in range(len(found))]).astype(np.float64),
        np.array([[name in case.right and name != CRISIS for name in names] for case in found]),
        np.array([names.index(case.talked.topic) for case in found]),
        [runs(Message(case.text, matcher).folded) for case in found],
        np.array([case.weight for case in found]),
        np.array([case.author for case in found]),
    )


def words(seen: Seen, vocabulary: dict[str, int], rows: NDArray[np.bool_]) -> csr_matrix:
    """The runs of the chosen rows, by row and run."""
    entries = [
        (at, vocabulary[run], share)
        for at, number in enumerate(np.flatnonzero(rows))
        for run in seen.words[number][0]
        if run in vocabulary
        for share in (seen.words[number][1],)
    ]
    row, column, value = zip(*entries, strict=True)
    return csr_matrix((value, (row, column)), shape=(int(rows.sum()), len(vocabulary)))


def worded(names: Sequence[str], topic: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The column of each of WORDED, by row."""
    return [topic, *(np.full(len(topic), names.index(each)) for each in WORDED[1:])]


def learn(names: Sequence[str], seen: Seen, rows: NDArray[np.bool_], vocabulary: dict[str, int]) -> Learned:
    """The weights under which the right readings of these rows are likeliest, held back by the ridges."""
    # In single precision it takes a third of the time, to the same weights.
    given, right, topic = seen.numbers[rows].astype(np.float32), seen.right[rows], seen.topic[rows]
    weight, of_runs = seen.weight[rows].astype(np.float32), words(seen, vocabulary, rows).astype(np.float32)
    by_topic = csr_matrix((np.ones(len(topic), np.float32), (topic, np.arange(len(topic)))), (len(names), len(topic)))
    transposed = of_runs.T.tocsr()
    columns, each = worded(names, topic), np.arange(len(topic))
    shapes = ((len(NUMBERS),), (len(vocabulary), len(WORDED)), (len(names), len(names)))
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    penalty = np.concatenate(
        [
            np.full(int(np.prod(shape)), ridge)
            for shape, ridge in zip(shapes, (RIDGE_NUMBERS, RIDGE_RUNS, RIDGE_PASSAGES), strict=True)
        ]
    )
    start = np.zeros(ends[-1])
    start[NUMBERS.index("share")] = START

    def parts(values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return [part.reshape(shape) for part, shape in zip(np.split(values, ends[:-1]), shapes, strict=True)]

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        single = Learned(*parts(values.astype(np.float32)))
        probability = softened(score(single, given, of_runs, topic, columns))
        hit = np.where(right, probability, 0)
        total = hit.sum(1, keepdims=True) + 1e-12
        error = (probability - hit / total) * weight[:, None]
        gradient = np.concatenate(
            [
                error.ravel() @ given.reshape(-1, len(NUMBERS)),
                (transposed @ np.stack([error[each, column] for column in columns], 1)).ravel(),
                (by_topic @ error).ravel(),
            ]
        ).astype(np.float64)
        away = values - start
        return float(
            -(weight * np.log(total[:, 0])).sum() + (penalty * away * away).sum() / 2
        ), gradient + penalty * away

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    return Learned(*parts(found.x))


def score(
    learned: Learned,
    given: NDArray[np.float64] | NDArray[np.float32],
    of_runs: csr_matrix,
    topic: NDArray[np.int64],
    columns: Sequence[NDArray[np.int64]],
) -> NDArray[np.float64]:
    """The score of each reading, by row."""
    scores: NDArray[np.float64] = given @ learned.numbers + learned.passages[topic]
    wording, each = of_runs @ learned.runs, np.arange(len(topic))
    for number, column in enumerate(columns):
        scores[each, column] += wording[:, number]
    return scores


def softened(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores as probabilities, by row."""
    raised = np.exp(scores - scores.max(1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(1, keepdims=True)
    return shares


def vocabulary_of(seen: Seen, rows: NDArray[np.bool_]) -> dict[str, int]:
    """The runs that these rows have often enough, by their column."""
    counts = Counter(run for number in np.flatnonzero(rows) for run in seen.words[number][0])
    return {run: number for number, run in enumerate(sorted(run for run, count in counts.items() if count >= RARE))}


def left_out(names: Sequence[str], seen: Seen, author: str) -> float:
    """The share of one author's turns that the others' weights read rightly."""
    others = (seen.author != author) & seen.right.any(1)
    own = (seen.author == author) & seen.right.any(1) & (seen.weight >= 1)
    vocabulary = vocabulary_of(seen, others)
    learned = learn(names, seen, others, vocabulary)
    topic = seen.topic[own]
    scores = score(learned, seen.numbers[own], words(seen, vocabulary, own), topic, worded(names, topic))
    scores[:, names.index(CRISIS)] = -np.inf
    best = scores.argmax(1)
    hit = seen.right[own][np.arange(len(best)), best]
    # 「谢谢」 is a kind answer to who only takes note.
    polite = seen.right[own][:, names.index(ACKNOWLEDGES)] & (best == names.index("thanks"))
    return float((hit | polite).mean())


def as_tsv(names: Sequence[str], vocabulary: dict[str, int], learned: Learned) -> str:
    """The text of context_weights.tsv."""
    lines = [f"number\t{name}\t{value:.3f}" for name, value in zip(NUMBERS, learned.numbers, strict=True)]
    for run, number in vocabulary.items():
        values = learned.runs[number]
        if np.abs(values).max() >= SMALL:
            lines.append("\t".join(["run", run, *(f"{value:.2f}" for value in values)]))
    for name, row in zip(names, learned.passages, strict=True):
        lines += [
            f"passage\t{name}\t{to}\t{value:.2f}" for to, value in zip(names, row, strict=True) if abs(value) >= SMALL
        ]
    return "\n".join([*lines, ""])


def main() -> None:
    """Print what is read rightly of each author left out; with --fit write the weights of all."""
    parser = argparse.ArgumentParser(description="How the talk counts.")
    parser.add_argument("--fit", action="store_true", help="write bot/talk/context_weights.tsv instead of measuring")
    parser.add_argument("--without", action="append", default=[], help="an author to leave out of the weights")
    options = parser.parse_args()
    knowledge = Knowledge.load(ROOT / "faq.yaml")
    faq, names = knowledge.faq, (*knowledge.matcher.intent_ids, OUTSIDE, ACKNOWLEDGES)
    found = [*cases(faq), *asyncio.run(played(knowledge, whole_talks()))]
    seen = see(faq, question_authors(ROOT / "faq.yaml"), found)
    if options.fit:
        rows = seen.right.any(1) & ~np.isin(seen.author, options.without)
        vocabulary = vocabulary_of(seen, rows)
        WEIGHTS.write_text(as_tsv(names, vocabulary, learn(names, seen, rows, vocabulary)), encoding="utf-8")
        print(f"{int(rows.sum())} turns")
        return
    authors = list(dict.fromkeys(case.author for case in found if case.weight >= 1))
    shares = {author: left_out(names, seen, author) for author in authors}
    for author, share in shares.items():
        print(f"{author} {share:.3f}")
    print(f"mean {np.mean([*shares.values()]):.3f}, worst {min(shares.values()):.3f}")


if __name__ == "__main__":
    main()

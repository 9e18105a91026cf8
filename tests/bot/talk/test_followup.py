"""What a message means in the light of the talk, on the shipped FAQ and through the conversation."""

import csv
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from typing_extensions import override

from bot.messages import ChatIdentity, Incoming, Part, Reply
from bot.store.store import Store
from bot.talk.context_features import Talked
from bot.talk.context_model import ContextModel
from bot.talk.conversation import Conversation
from bot.talk.ellipsis import asks, corrects, ellipsis, goes_on, returns
from bot.talk.followup import Interpretation, interpret, plain, spoken_of
from bot.talk.message import Message
from bot.talk.state import ConversationState
from intents import FAQ, Decision, Match, Matcher
from intents.knowledge import Knowledge
from intents.matching.decide import Candidate, DecisionReason
from tests.bot.talk.test_conversation import LITTLE

MATCHER = Matcher(LITTLE)
TOPIC = ConversationState(intent="home_visit")
CORPUS = Path(__file__).parents[2] / "corpus"
LEAST = 0.81
"""Share of second turns whose first intent is right; the weights of bot.talk.followup were fitted on the same talks (0.827)."""
LOST = 0.05
"""At most so much of what is right by itself may a foreign topic cost a message that needs none."""


def lines(name: str) -> list[dict[str, str]]:
    with (CORPUS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture
async def conversation(shipped: Knowledge) -> AsyncIterator[Conversation]:
    async with Store("sqlite+aiosqlite://", call_seconds=20) as store:
        yield Conversation(lambda: shipped, store)


async def second(conversation: Conversation, person: str, first: str, then: str) -> Reply:
    """The reply to the second of two messages; a first one like `i:home_visit` is tapped."""
    tapped = first.startswith("i:")
    await conversation.turn(Incoming(ChatIdentity("test", person), "" if tapped else first, first if tapped else None))
    reply = await conversation.turn(Incoming(ChatIdentity("test", person), then))
    assert reply is not None
    return reply


async def test_second_turns_are_understood_in_the_light_of_the_first(conversation: Conversation) -> None:
    wrong = []
    talks = lines("followups.tsv")
    for row in talks:
        reply = await second(conversation, row["id"], row["first_text"], row["second_text"])
        meant = reply.intent if reply.decision is not Decision.FALLBACK else None
        if (meant or "none") not in row["second_intent"].split(","):
            wrong.append(f"{row['first_intent']}：{row['second_text']} {row['second_intent']}, not {meant}")
    assert 1 - len(wrong) / len(talks) >= LEAST, "\n".join(wrong)


@pytest.mark.proof
async def test_a_message_that_needs_no_context_is_hardly_touched_by_a_foreign_topic(
    conversation: Conversation, shipped: Knowledge
) -> None:
    rows = [row for row in lines("personas_dev.tsv") if row["intent"] not in {"none", "crisis"}]
    topics = [each.id for each in shipped.faq.intents if each.id != "crisis"]
    alone = in_talk = 0
    for number, row in enumerate(rows):
        right = {row["intent"], *row["also"].split(",")}
        alone += shipped.matcher.match(row["text"]).intent in right
        topic = topics[number * 7 % len(topics)]
        in_talk += (await second(conversation, str(number), f"i:{topic}", row["text"])).intent in right
    assert in_talk >= alone - LOST * len(rows)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("那我有什么权利", Part.RIGHTS),
        ("我能要求他们做什么", Part.RIGHTS),
        ("法律保护我吗", Part.RIGHTS),
        ("具体怎么做", Part.STEPS),
        ("一步一步怎么弄", Part.STEPS),
        ("那怎么办", Part.STEPS),
        ("流程说一下", Part.STEPS),
        ("我该怎么说", Part.SCRIPT),
        ("给个话术", Part.SCRIPT),
        ("有没有可以照抄的", Part.SCRIPT),
        ("依据呢", Part.BASIS),
        ("哪条法律规定的", Part.BASIS),
        ("民法典第几条", Part.BASIS),
        ("会有什么后果", Part.CONSEQUENCES),
        ("最坏会怎样", Part.CONSEQUENCES),
        ("那會有什麼壞處", Part.CONSEQUENCES),
    ],
)
async def test_a_part_is_asked_for_in_words(conversation: Conversation, said: str, wanted: Part) -> None:
    reply = await second(conversation, said, "i:home_visit", said)
    assert (reply.intent, reply.part) == ("home_visit", wanted)


async def test_a_part_of_another_topic_is_not_taken_for_this_ones(conversation: Conversation) -> None:
    reply = await second(conversation, "x", "i:home_visit", "信用卡被银行起诉了会有什么后果")
    assert reply.intent == "lawsuit"


@pytest.mark.parametrize("said", ["红烧肉怎么做", "今天天气怎么样", "推荐一部电影给我"])
async def test_what_is_out_of_scope_stays_so_inside_a_talk(conversation: Conversation, said: str) -> None:
    assert (await second(conversation, said, "i:home_visit", said)).decision is Decision.FALLBACK


@pytest.mark.parametrize(
    ("topic", "said"), [("extension", "到期日是二十号"), ("late_fees", "一共9200块"), ("guarantor", "去年签的")]
)
async def test_a_fact_told_after_an_answer_is_the_topics(conversation: Conversation, topic: str, said: str) -> None:
    assert (await second(conversation, said, f"i:{topic}", said)).intent == topic


async def test_a_harmless_follow_up_is_no_danger_to_life(conversation: Conversation) -> None:
    harmless = (row for row in lines("followups.tsv") if "crisis" not in row["second_intent"].split(","))
    talks = [row for row in harmless if row["first_intent"] != "none"]
    replies = [await second(conversation, row["id"], f"i:{row['first_intent']}", row["second_text"]) for row in talks]
    alarmed = [row["second_text"] for row, reply in zip(talks, replies, strict=True) if reply.intent == "crisis"]
    assert alarmed == []


@pytest.mark.proof
async def test_danger_to_life_is_never_passed_over_in_the_middle_of_a_talk(conversation: Conversation) -> None:
    # Each message is a whole talk: every third, which keeps to a quarter of a minute.
    danger = [row["text"] for row in lines("danger.tsv") if row["level"] == "plain"][::3]
    assert len(danger) > 800
    found = [text for text in danger if conversation.danger.is_danger(text)]
    assert len(found) > len(danger) / 2
    replies = [await second(conversation, text, "i:home_visit", text) for text in found]
    # Where the wording leaves it open whether it is a follow-up, the numbers to call stand under its answer.
    numbered = [reply.intent == "crisis" or "12356" in reply.text for reply in replies]
    assert [text for text, known in zip(found, numbered, strict=True) if not known] == []
    crisis = sum(reply.intent == "crisis" for reply in replies)
    assert crisis >= 0.9 * len(found)


def test_a_message_leaves_out_the_more_the_shorter_it_is_and_the_plainer_it_goes_on() -> None:
    assert ellipsis("那借呗呢") == 1.0
    assert ellipsis("催收天天打电话给我爸妈我该怎么办才好") == 0.0
    assert goes_on("那借呗呢") == 1.0
    assert goes_on("要准备什么材料") > 0.5
    assert goes_on("红烧肉要炖多久") < 0.2


@pytest.mark.parametrize(
    ("folded", "share"),
    [
        ("甲" * 16, 0.0),
        ("甲" * 15, 0.1),
        ("甲" * 7, 0.9),
        ("甲" * 6, 1.0),
        ("甲" * 3, 1.0),
        ("甲" * 15 + "他", 0.15),
        ("甲" * 15 + "呢", 0.2),
        ("还" + "甲" * 15, 0.3),
        ("那个" + "甲" * 13 + "呢", 0.65),
    ],
)
def test_how_much_is_left_out_adds_up_from_length_first_word_what_it_points_at_and_the_last(
    folded: str, share: float
) -> None:
    assert ellipsis(folded) == pytest.approx(share)


@pytest.mark.parametrize(
    ("folded", "share"), [("", 1.0), ("甲", 0.0), ("甲乙丙什么", 0.0), ("甲什么什么", 0.6), ("什么", 1.0)]
)
def test_what_goes_with_any_topic_goes_on_the_more_the_greater_its_part(folded: str, share: float) -> None:
    assert goes_on(folded) == pytest.approx(share)


def test_questions_corrections_and_ways_back_are_known_by_their_words() -> None:
    assert [asks("甲吗"), asks("甲多久乙"), asks("甲"), asks("吗甲")] == [True, True, False, False]
    assert [corrects("不是甲"), corrects("我说的是甲"), corrects("甲")] == [True, True, False]
    assert [returns("回到甲"), returns("甲")] == [True, False]


# --- what is done about readings, on both sides of each limit ---------------------------------------------------------


@dataclass(frozen=True)
class Foretold(ContextModel):
    """A model whose probabilities are given."""

    found: Mapping[str, float] = field(default_factory=dict)

    @override
    def probabilities(self, faq: FAQ, talked: Talked, message: Message) -> Mapping[str, float]:
        return dict(sorted(self.found.items(), key=lambda pair: -pair[1]))


def alone(decision: Decision, intent: str = "lawsuit", score: float = 0.5, *, exact: bool = False) -> Match:
    """What a message means by itself."""
    candidates = (Candidate(intent, score), Candidate("bare", 0.1))
    reason = DecisionReason.EXACT if exact else DecisionReason.SURE
    return Match("", decision, None if decision is Decision.FALLBACK else intent, score, candidates, reason=reason)


def meant(
    match: Match,
    found: Mapping[str, float] | None = None,
    text: str = "甲",
    talk: ConversationState = TOPIC,
    *,
    ellipsis: float = 1.0,
    goes_on: float = 0.5,
) -> Interpretation:
    """What a message is taken for that means this by itself, and in the talk with these probabilities; it leaves out so much."""
    message = Message(text, MATCHER)
    vars(message).update(match=match, ellipsis=ellipsis, goes_on=goes_on)
    return interpret(LITTLE, talk, message, context=Foretold({}, {}, {}, found or {"bare": 1.0}))


ANSWERED, ASKED_BACK, FOREIGN = alone(Decision.ANSWER), alone(Decision.CLARIFY), alone(Decision.FALLBACK)
NOTHING = Interpretation(Decision.FALLBACK)
NOTED = Interpretation(Decision.ANSWER, acknowledges=True)
VISIT, BARE, LAWSUIT = (Interpretation(Decision.ANSWER, (each,)) for each in ("home_visit", "bare", "lawsuit"))


@pytest.mark.parametrize(
    ("match", "found", "taken_for"),
    [
        # What would be answered by itself needs less.
        (ANSWERED, {"home_visit": 0.5, "lawsuit": 0.35, "bare": 0.2}, replace(LAWSUIT, beside="home_visit")),
        (ANSWERED, {"none": 0.4, "lawsuit": 0.35, "ack": 0.2, "bare": 0.15}, replace(LAWSUIT, beside="bare")),
        (ANSWERED, {"lawsuit": 0.8, "bare": 0.1499}, LAWSUIT),
        (ANSWERED, {"home_visit": 0.5, "lawsuit": 0.3499}, replace(VISIT, beside="lawsuit")),
        (ASKED_BACK, {"home_visit": 0.5, "lawsuit": 0.45}, replace(VISIT, beside="lawsuit")),
        # The likeliest reading is answered, the second named beneath.
        (ASKED_BACK, {"home_visit": 0.3, "lawsuit": 0.15}, replace(VISIT, beside="lawsuit")),
        (ASKED_BACK, {"home_visit": 0.3, "lawsuit": 0.1499}, VISIT),
        (ASKED_BACK, {"home_visit": 0.2999, "lawsuit": 0.0499}, VISIT),
        (
            ASKED_BACK,
            {"home_visit": 0.2999, "lawsuit": 0.2, "bare": 0.05, "greeting": 0.049},
            Interpretation(Decision.CLARIFY, ("home_visit", "lawsuit", "bare")),
        ),
        (
            ASKED_BACK,
            {"home_visit": 0.2, "lawsuit": 0.15, "bare": 0.14, "greeting": 0.13},
            Interpretation(Decision.CLARIFY, ("home_visit", "lawsuit", "bare")),
        ),
        (ASKED_BACK, {"home_visit": 0.0499, "lawsuit": 0.04}, NOTHING),
        # Small talk, agreement and what is none of ours.
        (ASKED_BACK, {"none": 0.5, "home_visit": 0.3}, NOTHING),
        (ASKED_BACK, {"ack": 0.5, "home_visit": 0.3}, NOTED),
        (ASKED_BACK, {"none": 0.4999, "home_visit": 0.3}, VISIT),
        (ASKED_BACK, {"ack": 0.4999, "home_visit": 0.3, "none": 0.2}, VISIT),
        (ASKED_BACK, {"none": 0.4, "home_visit": 0.2999}, NOTHING),
        (ASKED_BACK, {"ack": 0.4}, NOTED),
        # What is foreign by itself.
        (FOREIGN, {"home_visit": 0.8499, "none": 0.05}, VISIT),
        (FOREIGN, {"lawsuit": 0.4, "none": 0.05}, LAWSUIT),
    ],
)  # fmt: skip
def test_readings_are_answered_named_offered_or_refused_by_how_likely_they_are(
    match: Match, found: Mapping[str, float], taken_for: Interpretation
) -> None:
    assert meant(match, found) == taken_for


@pytest.mark.parametrize(
    ("text", "topic", "none", "goes_on", "taken_for"),
    [
        ("甲吗", 0.8499, 0.05, 0.2999, NOTHING),
        ("甲吗", 0.85, 0.05, 0.2999, VISIT),
        ("甲吗", 0.8499, 0.0499, 0.2999, VISIT),
        ("甲吗", 0.8499, 0.05, 0.3, VISIT),
        ("甲", 0.65, 0.3, 0.2999, NOTHING),
        ("甲", 0.65, 0.2999, 0.2999, VISIT),
    ],
)
def test_what_is_foreign_by_itself_stays_so_unless_it_goes_on_or_is_plainly_the_topics(
    text: str, topic: float, none: float, goes_on: float, taken_for: Interpretation
) -> None:
    assert meant(FOREIGN, {"home_visit": topic, "none": none}, text, goes_on=goes_on) == taken_for


TWO = replace(ANSWERED, also_asked=("bare",), beside="crisis")
LONG = "甲" * 30


@pytest.mark.parametrize(
    ("match", "text", "ellipsis", "goes_on", "alone_is_enough"),
    [
        (TWO, "甲", 0.4999, 0.5, True),
        (TWO, "甲", 0.5, 0.5, False),
        (ANSWERED, "甲", 0.4999, 0.5, False),
        (alone(Decision.ANSWER, exact=True), "甲", 0.4999, 0.5, True),
        (alone(Decision.ANSWER, exact=True), "甲", 0.5, 0.5, False),
        (alone(Decision.ANSWER, "greeting", exact=True), "甲", 1.0, 0.5, True),
        (alone(Decision.ANSWER, "greeting", 0.9), "甲", 1.0, 0.5, False),
        # A whole story.
        (alone(Decision.ANSWER, score=0.8), LONG, 0.0, 0.5999, True),
        (alone(Decision.ANSWER, score=0.8), LONG[1:], 0.0, 0.5999, False),
        (alone(Decision.ANSWER, score=0.8), LONG, 0.0, 0.6, False),
        (alone(Decision.ANSWER, score=0.7999), LONG, 0.0, 0.5999, False),
        (alone(Decision.CLARIFY, score=0.8), LONG, 0.0, 0.5999, False),
        (alone(Decision.ANSWER, score=0.8), f"{LONG}怎么办", 0.0, 0.5999, False),
        # A sentence that the operator has put out of scope.
        (alone(Decision.FALLBACK, exact=True), "甲", 1.0, 0.5999, True),
        (alone(Decision.FALLBACK, exact=True), "甲", 1.0, 0.6, False),
    ],
)  # fmt: skip
def test_what_says_its_whole_meaning_is_read_by_itself_in_a_talk_too(
    match: Match, text: str, ellipsis: float, goes_on: float, alone_is_enough: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    assert meant(match, text=text, ellipsis=ellipsis, goes_on=goes_on) == (plain(match) if alone_is_enough else BARE)


@pytest.mark.parametrize(
    ("match", "text", "ellipsis", "of_the_topic"),
    [
        (alone(Decision.ANSWER, score=0.8), "权利", 0.5, True),
        (alone(Decision.ANSWER, score=0.8), "权利", 0.4999, False),
        (alone(Decision.ANSWER, score=0.7999), "权利", 0.4999, True),
        (alone(Decision.ANSWER, "home_visit", 0.9), "权利", 0.0, True),
        # What is said besides names a topic, though it is none that is known.
        (alone(Decision.ANSWER, score=0.7), "甲乙丙的权利", 1.0, False),
        (alone(Decision.ANSWER, score=0.6999), "甲乙丙的权利", 1.0, True),
        (alone(Decision.ANSWER, "home_visit", 0.9), "甲乙丙的权利", 1.0, True),
        (alone(Decision.ANSWER, score=0.7), "甲乙权利", 1.0, True),
        (alone(Decision.ANSWER, score=0.7), "甲乙丙权利", 1.0, False),
        (alone(Decision.ANSWER, score=0.7), "甲那个时候权利", 1.0, True),
        (alone(Decision.ANSWER, score=0.7), "甲丙那个时候权利", 1.0, False),
        # Asked for by a question that may ask for something else.
        (FOREIGN, "甲乙怎么办", 1.0, True),
        (FOREIGN, "甲乙丙怎么办", 1.0, False),
        (FOREIGN, "他们到时候怎么办", 1.0, False),
    ],
)  # fmt: skip
def test_a_part_is_the_topics_unless_what_is_said_besides_is_another_matter(
    match: Match, text: str, ellipsis: float, of_the_topic: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    part = Part.RIGHTS if "权利" in text else Part.STEPS
    assert meant(match, text=text, ellipsis=ellipsis) == (replace(VISIT, part=part) if of_the_topic else BARE)


def test_a_part_that_another_reading_goes_with_is_not_that_readings() -> None:
    assert meant(FOREIGN, {"home_visit": 0.9}, "甲乙丙怎么办") == replace(VISIT, part=Part.STEPS)
    assert meant(FOREIGN, {"home_visit": 0.9}, "甲乙丙") == VISIT
    assert meant(FOREIGN, {"lawsuit": 0.9}, "甲乙丙怎么办") == LAWSUIT


@pytest.mark.parametrize(
    ("match", "ellipsis", "goes_on", "lost"),
    [
        (alone(Decision.ANSWER, score=0.7999), 0.5, 0.6, True),
        (alone(Decision.ANSWER, score=0.7999), 0.5, 0.5999, False),
        (alone(Decision.ANSWER, score=0.7999), 0.4999, 0.6, False),
        (alone(Decision.ANSWER, score=0.8), 0.5, 0.6, False),
        (alone(Decision.CLARIFY), 1.0, 0.5999, False),
        (alone(Decision.CLARIFY), 1.0, 0.6, True),
    ],
)
def test_what_goes_on_after_something_foreign_is_foreign_too(
    match: Match, ellipsis: float, goes_on: float, lost: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    outside = ConversationState(outside=True)
    assert meant(match, talk=outside, ellipsis=ellipsis, goes_on=goes_on) == (NOTHING if lost else plain(match))


@pytest.mark.parametrize(
    ("match", "text", "of_what"),
    [
        (alone(Decision.ANSWER, score=0.7999), "我有什么权利", True),
        (alone(Decision.ANSWER, score=0.8), "我有什么权利", False),
        (alone(Decision.CLARIFY, score=0.9), "我有什么权利", True),
        (ASKED_BACK, "怎么办", False),
        (ASKED_BACK, "甲乙丙的权利", False),
    ],
)
def test_a_part_asked_for_in_a_first_message_is_of_what_is_not_said(
    match: Match, text: str, of_what: bool  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    taken_for = Interpretation(Decision.CLARIFY) if of_what else plain(match)
    assert meant(match, text=text, talk=ConversationState()) == taken_for


def test_whoever_types_on_while_being_asked_goes_on_with_the_likeliest() -> None:
    talk = replace(TOPIC, asked=("lawsuit", "bare"), trail=("greeting",), outside=True)
    assert spoken_of(LITTLE, talk) == Talked("lawsuit", ("greeting", "bare"), outside=True)
    assert spoken_of(LITTLE, replace(talk, asked=("gone", "bare"))) == Talked("home_visit", ("greeting", "bare"), True)  # noqa: FBT003
    assert spoken_of(LITTLE, ConversationState("gone", trail=("bare",))) is None


def test_read_by_itself_a_message_is_answered_asked_back_or_refused() -> None:
    assert plain(replace(TWO, beside="greeting")) == Interpretation(
        Decision.ANSWER, ("lawsuit",), also_asked=("bare",), beside="greeting"
    )
    assert plain(ASKED_BACK) == Interpretation(Decision.CLARIFY, ("lawsuit", "bare"))
    assert plain(FOREIGN) == plain(replace(ANSWERED, candidates=())) == NOTHING

"""What a message means in the light of the talk, on the shipped FAQ and through the conversation."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import ChatIdentity, Incoming, Part, Reply
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.ellipsis import ellipsis, goes_on
from intents import Decision
from intents.knowledge import Knowledge

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

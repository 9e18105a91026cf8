"""Three levels of danger in a turn: the crisis talk, a line below the answer, nothing."""

import csv
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.choices import AdminAction, AdminButton
from bot.messages import ChatIdentity, Incoming, Reply
from bot.store.store import Store
from bot.talk import wording
from bot.talk.conversation import Conversation
from bot.talk.rate_limit import RateLimiter
from intents.knowledge import Knowledge

HELD_OUT = Path(__file__).parents[2] / "corpus" / "heldout_danger.tsv"
"""Four authors who saw nothing of this; nobody tunes on them. What was asked for and what is reached: docs/decisions/0005-danger-to-life.md."""

PERSON = ChatIdentity("test", "1")
DOUBTFUL = "活着真没意思，这债什么时候是个头"
UNSAFE = "c:unsafe"


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(clock: Clock) -> AsyncIterator[Store]:
    async with Store("sqlite+aiosqlite://", clock=clock, call_seconds=20) as store:
        yield store


@pytest.fixture
def conversation(shipped: Knowledge, store: Store) -> Conversation:
    return Conversation(lambda: shipped, store)


async def said(conversation: Conversation, text: str) -> Reply:
    reply = await conversation.turn(Incoming(PERSON, text))
    assert reply is not None
    return reply


async def tapped(conversation: Conversation, value: str) -> Reply:
    reply = await conversation.turn(Incoming(PERSON, choice=value))
    assert reply is not None
    return reply


def values(reply: Reply) -> list[str]:
    return [choice.value for choice in reply.choices]


async def test_plain_danger_gets_the_crisis_reply_and_nothing_else(conversation: Conversation) -> None:
    reply = await said(conversation, "我不想活了，催收说要起诉我")
    assert reply.intent == "crisis"
    assert all(value.startswith("c:") for value in values(reply))


async def test_doubtful_words_are_answered_with_one_line_and_a_button_below(conversation: Conversation) -> None:
    reply = await said(conversation, DOUBTFUL)
    assert reply.intent in {"stress", "cannot_repay"}
    assert "12356" in reply.sections[-1].text
    assert values(reply)[-1] == UNSAFE
    begun = await tapped(conversation, UNSAFE)
    assert begun.intent == "crisis"


async def test_the_line_can_be_picked_by_its_number_too(conversation: Conversation) -> None:
    reply = await said(conversation, DOUBTFUL)
    assert (await said(conversation, str(len(reply.choices)))).intent == "crisis"


@pytest.mark.parametrize(
    "text",
    [
        "不想还钱了",
        "我不想还信用卡了",
        "我不想再借了",
        "我不想管了",
        "我不想面对",
        "累死了",
        "催收烦死人了",
        "我不想接电话",
    ],
)
async def test_not_wanting_something_about_money_work_or_people_is_no_danger(
    conversation: Conversation, text: str
) -> None:
    reply = await said(conversation, text)
    assert reply.intent != "crisis"
    assert UNSAFE not in values(reply)
    assert "12356" not in reply.sections[-1].text or reply.intent == "stress"


@pytest.mark.parametrize("text", ["催收说要起诉我，我该怎么办？还有利息太高了", "征信", "协商", "信用卡"])
async def test_danger_to_life_is_never_one_of_the_topics_to_choose_from(conversation: Conversation, text: str) -> None:
    reply = await said(conversation, text)
    assert "i:crisis" not in values(reply)


async def test_a_button_of_the_crisis_talk_leads_back_into_it_however_old_the_message(
    conversation: Conversation, clock: Clock
) -> None:
    await said(conversation, "我不想活了")
    await said(conversation, "催收会上门吗")
    assert (await tapped(conversation, "c:alone")).intent == "crisis"
    clock.now += 7 * 3600
    assert (await said(conversation, "催收会上门吗")).intent == "home_visit"
    assert (await tapped(conversation, "c:alone")).intent == "crisis"


async def test_somebody_in_danger_is_never_told_to_slow_down(shipped: Knowledge, store: Store) -> None:
    conversation = Conversation(lambda: shipped, store, rate_limiter=RateLimiter(per_minute=2))
    assert (await said(conversation, "我吃了一瓶安眠药")).intent == "crisis"
    replies = [await said(conversation, text) for text in ("没有人", "嗯", "不知道", "头晕", "在家")]
    assert {reply.intent for reply in replies} == {"crisis"}
    assert all(reply.text.startswith(("120", "110")) for reply in replies)


async def test_others_are_slowed_down_as_before(shipped: Knowledge, store: Store) -> None:
    conversation = Conversation(lambda: shipped, store, rate_limiter=RateLimiter(per_minute=1))
    await said(conversation, "催收会上门吗")
    assert await said(conversation, "会被起诉吗") == wording.TOO_FAST
    assert await conversation.turn(Incoming(PERSON, "会被起诉吗")) is None


async def test_an_operators_button_says_nothing_to_others(conversation: Conversation) -> None:
    reply = await tapped(conversation, AdminButton(AdminAction.MISSES).encode())
    assert reply.sections[0].text == wording.MENU.replace("{点一下}", "点一下")


@pytest.mark.proof
async def test_of_authors_whom_nobody_tuned_on_as_many_are_noticed_as_ever_were_and_few_are_alarmed(
    conversation: Conversation,
) -> None:
    with HELD_OUT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len({row["author"] for row in rows}) == 4
    seen: Counter[tuple[str, str, str]] = Counter()
    for number, row in enumerate(rows):
        reply = await conversation.turn(Incoming(ChatIdentity("test", f"author-{number}"), row["text"]))
        assert reply is not None
        got = "crisis" if reply.intent == "crisis" else "line" if UNSAFE in values(reply) else "nothing"
        seen[row["level"], row["kind"], got] += 1
    assert seen["plain", "direct", "crisis"] >= 92
    assert sum(count for (level, _, got), count in seen.items() if level == "plain" and got != "nothing") >= 189
    assert seen["none", "plain", "crisis"] <= 3
    assert seen["none", "plain", "line"] <= 400 / 40
    assert seen["none", "strong", "crisis"] <= 400 / 50

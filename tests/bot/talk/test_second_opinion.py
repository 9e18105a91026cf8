"""A second opinion in the conversation: heard in doubt only, never waited for beyond the limit, never about danger to life."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.messages import ChatIdentity, Incoming
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.second_opinion import SecondOpinions
from intents import Decision, Matcher
from intents.errors import ExpectedError
from intents.knowledge import Knowledge
from intents.matching.features import FloatArray
from intents.matching.kept_embeddings import untold
from tests.bot.talk.test_conversation import LITTLE, VISIT, WANG, Talking
from tests.opinions import ThingsEmbedder

DOUBTFUL = "会上我家的门么"
"""Asked back about by the core; of LITTLE's home visit to ThingsEmbedder."""
PATIENCE = 60
KNOWLEDGE = Knowledge(LITTLE, Matcher(LITTLE), "first")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@dataclass
class Blocked(ThingsEmbedder):
    """Embeds only when let go."""

    let_go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    @override
    def embed(self, text: str) -> FloatArray:
        self.begun.set()
        self.let_go.wait(PATIENCE)
        return super().embed(text)


@dataclass
class Broken(ThingsEmbedder):
    """Fails at the message, not at the questions."""

    @override
    def embed(self, text: str) -> FloatArray:
        if text == DOUBTFUL:
            raise OSError(f"secret {text}")
        return super().embed(text)


@asynccontextmanager
async def talking(opinions: SecondOpinions, knowledge: Knowledge = KNOWLEDGE) -> AsyncIterator[Talking]:
    async with Store("sqlite+aiosqlite://", call_seconds=PATIENCE) as store:
        try:
            yield Talking(Conversation(lambda: knowledge, store, opinions=opinions))
        finally:
            await opinions.close()


async def learned(embedder: ThingsEmbedder, limit_seconds: float = PATIENCE) -> SecondOpinions:
    opinions = SecondOpinions(lambda: embedder, limit_seconds)
    await opinions.learn(KNOWLEDGE, untold)
    embedder.given.clear()
    return opinions


async def test_in_doubt_it_decides_with_the_matcher() -> None:
    assert KNOWLEDGE.matcher.match(DOUBTFUL).decision is Decision.CLARIFY
    async with talking(await learned(ThingsEmbedder())) as wang:
        reply = await wang.say(DOUBTFUL)
        assert (reply.decision, reply.intent) == (Decision.ANSWER, "home_visit")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(VISIT, id="sure"),
        pytest.param("我不想活了", id="danger"),
        pytest.param(f"{DOUBTFUL}，我不想活了", id="danger in a part"),
        pytest.param(f"{DOUBTFUL}，撑不下去了", id="doubtful danger"),
        pytest.param("菜单", id="command"),
        pytest.param("！！", id="no words"),
        pytest.param(f"{DOUBTFUL}，" * 20, id="long"),
    ],
)
async def test_it_isn_t_asked_about(text: str) -> None:
    embedder = ThingsEmbedder()
    async with talking(await learned(embedder)) as wang:
        await wang.say(text)
        assert embedder.given == []


async def test_in_a_talk_and_on_a_tap_it_isn_t_asked() -> None:
    embedder = ThingsEmbedder()
    async with talking(await learned(embedder)) as wang:
        first = await wang.say(VISIT)
        await wang.say(DOUBTFUL)
        await wang.tap_value(first.choices[0].value)
        assert embedder.given == []


async def test_beyond_the_limit_the_matcher_s_own_decision_goes_out_and_is_logged_once() -> None:
    embedder = Blocked()
    embedder.let_go.set()
    opinions = await learned(embedder, limit_seconds=0.001)
    embedder.let_go.clear()
    with capture_logs() as lines:
        async with talking(opinions) as wang:
            replies = [await wang.say(DOUBTFUL)]
            wang.person = ChatIdentity("test", "other")
            replies.append(await wang.say(DOUBTFUL))
            embedder.let_go.set()
    assert [reply.decision for reply in replies] == [Decision.CLARIFY, Decision.CLARIFY]
    assert [line["event"] for line in lines if line["event"].startswith("second_opinion")] == ["second_opinion_late"]


async def test_a_fault_of_the_library_is_one_line_without_the_message_and_the_matcher_goes_on() -> None:
    with capture_logs() as lines:
        async with talking(await learned(Broken())) as wang:
            assert (await wang.say(DOUBTFUL)).decision is Decision.CLARIFY
            wang.person = ChatIdentity("test", "other")
            assert (await wang.say(DOUBTFUL)).decision is Decision.CLARIFY
            wang.person = ChatIdentity("test", "a third")
            assert (await wang.say("会不会来上我家的门")).decision is Decision.ANSWER
    failed = [line for line in lines if line["event"] == "second_opinion_failed"]
    assert len(failed) == 1
    assert DOUBTFUL not in str({name: value for name, value in failed[0].items() if name != "exc_info"})


async def test_while_it_is_learned_the_matcher_answers_and_then_it_is_heard() -> None:
    embedder = Blocked()
    opinions = SecondOpinions(lambda: embedder, PATIENCE)
    async with talking(opinions) as wang:
        opinions.follow(KNOWLEDGE)
        assert (await wang.say(DOUBTFUL)).decision is Decision.CLARIFY
        embedder.let_go.set()
        await opinions.settled()
        wang.person = ChatIdentity("test", "other")
        assert (await wang.say(DOUBTFUL)).decision is Decision.ANSWER


async def test_of_another_version_of_the_faq_it_says_nothing_and_the_new_one_is_learned() -> None:
    opinions = await learned(ThingsEmbedder())
    later = Knowledge(LITTLE, KNOWLEDGE.matcher, "second")
    assert await opinions.scores(later, DOUBTFUL) is None
    opinions.follow(KNOWLEDGE)
    opinions.follow(later)
    await opinions.settled()
    assert opinions.of(later) is not None
    assert await opinions.scores(later, DOUBTFUL) is not None
    await opinions.close()


async def test_a_stop_leaves_off_learning() -> None:
    embedder = Blocked()
    opinions = SecondOpinions(lambda: embedder, PATIENCE)
    opinions.follow(KNOWLEDGE)
    opinions.follow(KNOWLEDGE)
    embedder.let_go.set()
    await opinions.close()
    assert opinions.of(KNOWLEDGE) is None
    assert len(embedder.given) <= 2


async def test_an_embedder_that_can_t_be_loaded_is_told_in_one_line() -> None:
    def missing() -> ThingsEmbedder:
        raise ExpectedError("这台机器的处理器没有 AVX2")

    opinions = SecondOpinions(missing, PATIENCE)
    with capture_logs() as lines:
        opinions.follow(KNOWLEDGE)
        await opinions.settled()
    await opinions.close()
    assert [(line["event"], line["reason"]) for line in lines] == [
        ("second_opinion_not_learned", "这台机器的处理器没有 AVX2")
    ]


async def test_an_incoming_topic_is_the_talk_s() -> None:
    embedder = ThingsEmbedder()
    async with talking(await learned(embedder)) as wang:
        await wang.conversation.turn(Incoming(WANG, DOUBTFUL, topic="lawsuit"))
        assert embedder.given == []

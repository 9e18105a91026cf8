"""One account that several processes serve: a proxy sends each of WeChat's tries, and each message, to any of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.channels.wechat import wording
from bot.channels.wechat.intake import TAKEN_OVER
from bot.messages import ChatIdentity, Choice, Incoming, Reply
from bot.talk.wording import text_reply
from tests.fakes.wechat import Delivery
from tests.wechat_account import PACE, Account, options, talking

SENTENCE = "这是一句说得很清楚的话。"
CHOICES = (Choice("后果", "p:a:consequences"), Choice("权利", "p:a:rights"))


@dataclass
class Talk:
    """What both processes' conversations hear."""

    heard: list[str] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def turn(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming.text)
        if incoming.text == "长":
            return text_reply(*(SENTENCE * 20 for _ in range(8)), choices=CHOICES)
        if incoming.text == "慢":
            await self.ready.wait()
        return text_reply(f"答：{incoming.text or incoming.choice}", choices=CHOICES)


@dataclass
class Both:
    """Two processes behind a proxy."""

    talk: Talk
    processes: list[Account]

    async def says(self, number: int, text: str) -> str:
        """What somebody reads who writes to one of the processes."""
        return (await self.processes[number].wechat.says("o1", text)).text or ""

    async def delivered(self, text: str, on_try: Callable[[int], None] = lambda _: None) -> Delivery:
        """A message whose tries go to the first process, the second, and so on."""
        wechat = self.processes[0].wechat
        urls = [each.wechat.url for each in self.processes]

        def turned(number: int) -> None:
            wechat.url = urls[(number - 1) % len(urls)]
            on_try(number)

        wechat.on_try = turned
        delivery = await wechat.says("o1", text)
        wechat.url, wechat.on_try = urls[0], lambda _: None
        return delivery


@asynccontextmanager
async def serving_both(folder: Path) -> AsyncIterator[Both]:
    talk = Talk()
    account = options(pace=replace(PACE, beat=0.1), several=True)
    async with (
        talking(folder, turn=talk.turn, pace=PACE, account=account) as one,
        talking(folder, turn=talk.turn, pace=PACE, account=account) as other,
    ):
        yield Both(talk, [one, other])
        talk.ready.set()


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    async with serving_both(tmp_path) as served:
        yield served


async def test_a_long_answer_is_read_on_at_the_other_process(both: Both) -> None:
    texts = [await both.says(0, "长")]
    while texts[-1].endswith(wording.CONTINUE):
        texts.append(await both.says(len(texts) % 2, "0"))
    assert len(texts) > 2
    assert "".join(texts).count(SENTENCE) == 20 * 8
    assert both.talk.heard == ["长"]
    assert (await both.says(1, "0")).startswith("答：0")


async def test_tries_at_two_processes_are_one_turn_and_get_its_answer(both: Both) -> None:
    delivery = await both.delivered("慢", lambda number: both.talk.ready.set() if number == 2 else None)
    assert (delivery.text or "").startswith("答：慢")
    assert delivery.tries == 2
    assert both.talk.heard == ["慢"]
    # A try whose answer the network has lost gets the same again, wherever it is made.
    wechat, other = (each.wechat for each in both.processes)
    message = wechat.text("o1", "您好")
    bodies = [wechat.read((await each.post(message)).content, message) for each in (wechat, other, wechat, other)]
    assert set(bodies) == {bodies[0]}
    assert both.talk.heard == ["慢", "您好"]


async def test_an_answer_that_was_late_at_one_process_is_read_at_the_other(both: Both) -> None:
    assert await both.delivered("慢") == Delivery(wording.WAIT, 3)
    asked = asyncio.create_task(both.says(1, "1"))
    both.talk.ready.set()
    assert (await asked).startswith("答：慢")
    # From here on 1 is the first choice of what was shown.
    await both.says(0, "1")
    assert both.talk.heard == ["慢", ""]


async def test_a_message_that_a_dead_process_has_claimed_is_answered_by_another(both: Both) -> None:
    wechat, store = both.processes[1].wechat, both.processes[1].store
    message = wechat.text("o1", "您好")
    assert await store.claims.claim("wechat", f"{message['ToUserName']}:{message['MsgId']}")
    for _ in range(2):
        assert ((await wechat.deliver(message)).text or "").startswith("答：您好")
    assert both.processes[1].counted.by_kind[TAKEN_OVER] == 1
    assert both.talk.heard == ["您好"]


async def test_what_waited_for_somebody_forgotten_is_gone_at_all(both: Both) -> None:
    await both.says(0, "长")
    await both.processes[1].store.forget(ChatIdentity("wechat", "o1"))
    for number in (1, 0):
        assert (await both.says(number, "0")).startswith("答：0")

"""Every channel as a person meets it, over its vendor's HTTP: what test_contract runs the same tests over.

A new channel is a Person that speaks the vendor's protocol, a function here that opens the channel, and a line in PLACES.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Protocol

import httpx

from bot.channels.channel import Channel
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.sending import texts as telegram_texts
from bot.channels.web.channel import WebChannel
from bot.channels.wechat import wording as wechat_wording
from bot.channels.wechat.channel import WeChatChannel
from bot.channels.wechat.intake import HELD
from bot.channels.wecom import wording as wecom_wording
from bot.channels.wecom.channel import WeComChannel
from bot.channels.wecom.sending import outgoing as wecom_messages
from bot.http.app import FaqStatus, build_app
from bot.http.metrics import Metrics
from bot.messages import ChatIdentity, Choice, Incoming, Reply
from bot.observe import request_id
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.wording import text_reply
from tests.fakes.botapi import DEADLINE, PLAIN, BotAPI, labels
from tests.fakes.botapi_rules import JSON
from tests.fakes.wechat import Mode, WeChat
from tests.fakes.wecom import Sent, WeCom, wecom_server
from tests.job_running import local_jobs, running
from tests.telegram_bot import Counts, reaching
from tests.webserver import serving
from tests.wechat_account import options as wechat_options
from tests.wecom_account import options as wecom_options

LONG = "超长"
"""To this word the answer is longer than any channel's message."""
SENTENCE = "这是一句说得很清楚的话。"
SENTENCES = 450
BROKEN = "坏消息"
"""At this word the conversation fails."""

STICKER = {
    "file_id": "s", "file_unique_id": "s", "type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False
}  # fmt: skip

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Shown:
    """All that came back in a channel to one message."""

    texts: tuple[str, ...]
    """Each message's or page's, without markup."""
    labels: tuple[str, ...] = ()
    """Of the choices, as they can be taken there."""
    decision: str | None = None
    intent: str | None = None
    """Where the channel doesn't show them, as the conversation had them."""

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.texts)


class Person(Protocol):
    """Somebody who talks with the bot through one channel."""

    @property
    def identity(self) -> ChatIdentity:
        """As the bot knows them."""
        ...

    async def says(self, text: str) -> Shown | None:
        """Write, and read all that comes back; an empty text is something without words. None where the bot is silent."""
        ...

    async def says_in_lines(self, lines: Sequence[str]) -> Shown | None:
        """Write a thought in several messages, one right after the other, and read the one reply to them."""
        ...

    async def takes(self, label: str) -> Shown | None:
        """Take a choice of the reply before as one does there, and read all that comes back."""
        ...

    async def again(self) -> None:
        """The vendor delivers the last message once more."""
        ...

    async def hears(self) -> str:
        """The next message that nobody asked for."""
        ...


@dataclass
class World:
    """The conversation behind a channel, and what it said to whom."""

    store: Store
    conversation: Conversation
    turns: dict[str, int] = field(default_factory=dict)
    """How many messages reached the conversation, by user."""
    requests: list[str] = field(default_factory=list)
    """What each turn is called in the log."""
    replies: dict[str, asyncio.Queue[Reply | None]] = field(default_factory=dict)

    async def turn(self, incoming: Incoming) -> Reply | None:
        """The conversation's, and beside it what the tests ask for by a word."""
        user = incoming.person.user
        self.turns[user] = self.turns.get(user, 0) + 1
        self.requests.append(request_id())
        if incoming.text.startswith(BROKEN):
            raise ValueError(incoming.text)
        reply = text_reply(SENTENCE * SENTENCES) if incoming.text == LONG else await self.conversation.turn(incoming)
        self.replies.setdefault(user, asyncio.Queue()).put_nowait(reply)
        return reply

    async def reply_to(self, user: str) -> Reply | None:
        """The next reply to somebody."""
        return await asyncio.wait_for(self.replies.setdefault(user, asyncio.Queue()).get(), DEADLINE)


@dataclass(frozen=True)
class Place:
    """A channel that runs, and people who come to it."""

    name: str
    channel: Channel
    world: World
    person: Callable[[], Person]
    """Somebody new."""
    repeats: bool = True
    """Whether its vendor delivers a message again that it takes for lost."""


def _ignored(_: str) -> None:
    """What the channels count is looked at in their own tests."""


@asynccontextmanager
async def _running(channel: Channel) -> AsyncIterator[None]:
    run = asyncio.create_task(channel.run())
    await asyncio.wait_for(channel.connected.wait(), DEADLINE)
    yield
    await channel.stop(5)
    await asyncio.wait_for(run, DEADLINE)


@asynccontextmanager
async def _served(channel: Channel) -> AsyncIterator[str]:
    """The channel running, and the URL of its routes."""
    app = build_app(lambda: FaqStatus("0", 0), [], Metrics(), channel.routes())
    async with serving(app) as url, _running(channel):
        yield url


# --- the page -----------------------------------------------------------------------------------------------------


@dataclass
class PageVisitor:
    """Speaks the page's API."""

    client: httpx.AsyncClient
    identity: ChatIdentity
    _choices: list[dict[str, str]] = field(default_factory=list)

    async def says(self, text: str) -> Shown | None:
        return await self._post({"text": text})

    async def says_in_lines(self, lines: Sequence[str]) -> Shown | None:
        raise AssertionError(
            f"the page posts {len(lines)} messages one after the other, each when the one before is answered"
        )

    async def takes(self, label: str) -> Shown | None:
        return await self._post({"choice": next(each["value"] for each in self._choices if each["label"] == label)})

    async def again(self) -> None:
        raise AssertionError("nobody repeats what the page posts")

    async def hears(self) -> str:
        raise AssertionError("the page shows only replies")

    async def _post(self, body: dict[str, str]) -> Shown | None:
        answer = await self.client.post("/api/messages", json={"session": self.identity.user, **body})
        if answer.is_server_error:
            return Shown((answer.json()["error"],))
        said = answer.raise_for_status().json()
        reply, labels = said["reply"], tuple(each["label"] for each in said["reply"]["choices"])
        self._choices = reply["choices"] or self._choices
        return Shown((reply["text"],), labels, said["decision"], said["intent"]) if reply["text"] else None


@asynccontextmanager
async def web(world: World) -> AsyncIterator[Place]:
    """The chat page."""
    channel = WebChannel(world.turn, tuple, retention_days=30)
    async with (
        _served(channel) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client,
    ):
        yield Place(
            "web",
            channel,
            world,
            lambda: PageVisitor(client, ChatIdentity("web", f"visitor-{next(_NUMBERS)}")),
            repeats=False,
        )


# --- Telegram -----------------------------------------------------------------------------------------------------


@dataclass
class TelegramUser:
    """Writes and taps in Telegram."""

    server: BotAPI
    world: World
    user: JSON
    _last: JSON = field(default_factory=dict)
    _update: JSON = field(default_factory=dict)

    @property
    def identity(self) -> ChatIdentity:
        return ChatIdentity("telegram", str(self.user["id"]))

    async def says(self, text: str) -> Shown | None:
        said = self.server.says(self.user, text) if text else self.server.says(self.user, sticker=STICKER)
        self._update = {"message": await said}
        return await self._read(failing=text.startswith(BROKEN))

    async def says_in_lines(self, lines: Sequence[str]) -> Shown | None:
        for line in lines:
            await self.server.says(self.user, line)
        return await self._read()

    async def takes(self, label: str) -> Shown | None:
        if label not in labels(self._last):
            # Under an answer stand at most eight buttons; what else was offered is taken by its name.
            return await self.says(label)
        await self.server.taps(self._last, label, self.user)
        return await self._read()

    async def again(self) -> None:
        number = self.server.last_update
        await self.server.push(self._update, number=number)
        await self.server.settled()

    async def hears(self) -> str:
        return str((await self.server.next_message(self.user))["text"])

    async def _read(self, *, failing: bool = False) -> Shown | None:
        if failing:
            return Shown(((await self.server.next_message(self.user))["text"],))
        reply = await self.world.reply_to(self.identity.user)
        if reply is None:
            return None
        messages = [await self.server.next_message(self.user) for _ in telegram_texts(reply)]
        self._last = messages[-1]
        texts = tuple(each["text"] for each in messages)
        named = (choice.label for choice in reply.choices)  # also those that stand under no button
        taken = tuple(dict.fromkeys([*labels(messages[-1]), *named]))
        return Shown(texts, taken, reply.decision.value, reply.intent)


@asynccontextmanager
async def telegram(world: World, join_seconds: float = 0) -> AsyncIterator[Place]:
    """A bot that polls."""
    async with BotAPI() as server:
        channel = TelegramChannel(
            reaching(server, join_seconds=join_seconds),
            turn=world.turn,
            search=lambda _, __: (),
            claims=world.store.claims,
            count=_ignored,
        )
        async with _running(channel):
            yield Place("telegram", channel, world, lambda: TelegramUser(server, world, server.user()))


# --- WeChat -------------------------------------------------------------------------------------------------------


@dataclass
class WeChatFollower:
    """Writes, taps and answers with numbers in an official account."""

    wechat: WeChat
    world: World
    identity: ChatIdentity
    by_link: bool
    counted: Counts
    _fields: JSON = field(default_factory=dict)
    _choices: Sequence[Choice] = ()

    async def says(self, text: str) -> Shown | None:
        return await self._send(self.wechat.text(self.identity.user, text or "[微笑]"), failing=text.startswith(BROKEN))

    async def says_in_lines(self, lines: Sequence[str]) -> Shown | None:
        held = self.counted[HELD]
        *first, last = (self.wechat.text(self.identity.user, line) for line in lines)
        deliveries = []
        for number, fields in enumerate(first, held + 1):
            deliveries.append(asyncio.create_task(self.wechat.deliver(fields)))
            await self.counted.reaches(HELD, number)
        shown = await self._send(last, failing=False)
        assert {(each.text, each.fault) for each in await asyncio.gather(*deliveries)} == {(None, None)}
        return shown

    async def takes(self, label: str) -> Shown | None:
        number, choice = next((n, each) for n, each in enumerate(self._choices, 1) if each.label == label)
        by_link = {"bizmsgmenuid": choice.value} if self.by_link else {}
        return await self._send(self.wechat.text(self.identity.user, label if by_link else str(number), **by_link))

    async def again(self) -> None:
        assert (await self.wechat.deliver(self._fields)).fault is None

    async def hears(self) -> str:
        raise AssertionError("an account that isn't verified only replies")

    async def _send(self, fields: JSON, *, failing: bool = False) -> Shown | None:
        self._fields = fields
        delivery = await self.wechat.deliver(fields)
        assert delivery.fault is None
        if failing:
            return Shown((delivery.text or "",))
        reply = await self.world.reply_to(self.identity.user)
        if reply is None or delivery.text is None:
            return None
        texts = [delivery.text]
        while texts[-1].endswith(wechat_wording.CONTINUE):
            texts[-1] = texts[-1].removesuffix(wechat_wording.CONTINUE)
            texts.append((await self.wechat.says(self.identity.user, "0")).text or "")
        self._choices = reply.choices or self._choices
        bare = tuple(re.sub(r"<[^>]*>", "", text) for text in texts)
        shown = [each.label for n, each in enumerate(reply.choices, 1) if f"{n} {each.label}" in bare[-1]]
        return Shown(bare, tuple(shown), reply.decision.value, reply.intent)


@asynccontextmanager
async def wechat(world: World, mode: Mode, join_seconds: float = 0) -> AsyncIterator[Place]:
    """An official account."""
    counted = Counts()
    channel = WeChatChannel(
        wechat_options(mode, join_seconds=join_seconds),
        turn=world.turn,
        forget=world.conversation.forget,
        claims=world.store.claims,
        count=counted.add,
        states=world.store.channel_states,
        last_heard=world.store.turns.last_heard,
    )
    async with _served(channel) as url:
        account = WeChat(url, mode)

        def follower() -> Person:
            identity = ChatIdentity("wechat", f"o-follower-{next(_NUMBERS)}")
            return WeChatFollower(account, world, identity, by_link=mode == "aes", counted=counted)

        yield Place("wechat", channel, world, follower)


# --- WeCom --------------------------------------------------------------------------------------------------------


@dataclass
class Customer:
    """Writes, taps and answers with numbers in 微信客服."""

    wecom: WeCom
    world: World
    identity: ChatIdentity
    by_tap: bool
    _message: JSON = field(default_factory=dict)
    _last: Sent | None = None

    async def says(self, text: str) -> Shown | None:
        user = self.identity.user
        self._message = self.wecom.message(user, "text", {"content": text or "[微笑]"})
        await self.wecom.brings(self._message)
        return await self._read(failing=text.startswith(BROKEN))

    async def says_in_lines(self, lines: Sequence[str]) -> Shown | None:
        for line in lines:
            await self.wecom.brings(self.wecom.message(self.identity.user, "text", {"content": line}))
        return await self._read(failing=False)

    async def takes(self, label: str) -> Shown | None:
        assert self._last is not None
        lines = [each.partition(" ") for each in self._last.text.split("\n")]
        number = next(number for number, _, words in lines if words == label)
        if not self.by_tap or f"{number} {label}" not in self._last.items:
            return await self.says(number)
        await self.wecom.taps(self.identity.user, label)
        return await self._read()

    async def again(self) -> None:
        await self.wecom.brings(self._message)

    async def hears(self) -> str:
        return (await self.wecom.reads(self.identity.user))[0].text

    async def _read(self, *, failing: bool = False) -> Shown | None:
        if failing:
            return Shown((await self.hears(),))
        reply = await self.world.reply_to(self.identity.user)
        if reply is None:
            return None
        texts: list[str] = []
        for _ in wecom_messages(reply):
            [self._last] = await self.wecom.reads(self.identity.user)
            texts.append(self._last.text.removesuffix(wecom_wording.CONTINUE))
            if self._last.text != texts[-1]:
                await self.wecom.says(self.identity.user, "0")
        lines = self._last.text.split("\n") if self._last is not None else []
        labels = tuple(each.label for n, each in enumerate(reply.choices, 1) if f"{n} {each.label}" in lines)
        return Shown(tuple(texts), labels, reply.decision.value, reply.intent)


@asynccontextmanager
async def wecom(world: World, join_seconds: float = 0) -> AsyncIterator[Place]:
    """A company's customer service."""
    async with wecom_server() as server:
        jobs = local_jobs(world.store)
        channel = WeComChannel(
            wecom_options(server, join_seconds=join_seconds),
            turn=world.turn,
            has_topic=lambda topic: topic in world.conversation.knowledge().faq.by_id,
            pulls=world.store.pulls,
            states=world.store.channel_states,
            jobs=jobs,
            count=_ignored,
        )
        by_tap = itertools.cycle([True, False])
        async with running(jobs), _served(channel) as server.callback_url:
            yield Place(
                "wecom",
                channel,
                world,
                lambda: Customer(server, world, ChatIdentity("wecom", f"wm-customer-{next(_NUMBERS)}"), next(by_tap)),
            )


JOINING: Mapping[str, Callable[[World], AbstractAsyncContextManager[Place]]] = MappingProxyType(
    {
        "telegram": partial(telegram, join_seconds=1000),
        "wechat": partial(wechat, mode="plain", join_seconds=1000),
        "wecom": partial(wecom, join_seconds=1000),
    }
)
"""The channels in which what looks unfinished waits for the next message; on the page each is answered before the next is sent."""

PLACES: Mapping[str, Callable[[World], AbstractAsyncContextManager[Place]]] = MappingProxyType(
    {
        "web": web,
        "telegram": telegram,
        "wechat": partial(wechat, mode="plain"),
        "wechat, encrypted": partial(wechat, mode="aes"),
        "wecom": wecom,
    }
)
"""Every channel; those of the same name are one channel set up in several ways."""

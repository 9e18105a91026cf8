"""People of three channels who ask, go on from the answer, and note what became of each message; vendors that send again what wasn't taken.

Telegram posts an update until it gets a 200; WeChat tries a message three times, each for five seconds; the page sends a message
again under the id that it had.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol
from uuid import uuid4

import aiohttp

from tests.fakes.botapi import BotAPI
from tests.fakes.botapi_rules import JSON
from tests.fakes.wechat import TRIES, WeChat
from tests.nginx import HOST, Nginx

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "home_visit": "催收会上门吗",
        "lawsuit": "会被起诉吗",
        "credit": "征信花了怎么办",
        "calls": "爆通讯录合法吗",
        "fees": "违约金怎么算",
        "jail": "会坐牢吗",
        "school": "会影响孩子上学吗",
        "job": "会告诉我单位吗",
    }
)
GOING_ON: Sequence[tuple[str, str]] = (("", "的简要回答"), ("我有什么权利", "的权利一"), ("怎么做", "的第一步"))
"""What is said of a topic in turn, the question first, and what the answer holds behind the topic's name."""
PATIENCE_SECONDS = 15.0
"""After so long without an answer a message counts as lost."""
WECHAT_SECONDS = 5.0
PAGE_SECONDS = 20.0
"""How long the page waits for an answer (bot/channels/web/page/post.js)."""
PAUSE_SECONDS = 0.5
"""Before somebody at the page tries again."""


@dataclass
class Said:
    """One message and what became of it."""

    text: str
    wanted: str
    """What its answer holds."""
    at: float
    """Monotonic seconds."""
    answer: str | None = None
    tries: int = 1
    statuses: list[int] = field(default_factory=list)
    """What the tries were answered with, where they were answered on their connection."""
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Whether it was answered from where the talk stood."""
        return self.answer is not None and self.wanted in self.answer


class Person(Protocol):
    """Somebody in one channel."""

    async def say(self, said: Said) -> None:
        """Send a message and wait for its answer; notes it, and how often it was sent."""
        ...

    def unread(self) -> Sequence[str]:
        """What came beyond the answers."""
        ...


@dataclass
class TelegramPerson:
    """Somebody with a private chat."""

    server: BotAPI
    user: JSON = field(init=False)

    def __post_init__(self) -> None:
        self.user = self.server.user()

    async def say(self, said: Said) -> None:
        """Write; the answer comes by itself."""
        await self.server.says(self.user, said.text)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said.answer = str((await self.server.next_message(self.user))["text"])
        except TimeoutError:
            return

    def unread(self) -> Sequence[str]:
        """What the bot sent beside."""
        return [str(message["text"]) for message in self.server.unread(self.user)]


@dataclass
class WeChatPerson:
    """Somebody who follows an official account."""

    session: aiohttp.ClientSession
    wechat: WeChat
    number: int

    async def say(self, said: Said) -> None:
        """Write; WeChat shows what the first try brings that is answered in time."""
        fields = self.wechat.text(f"o{self.number:027d}", said.text)
        for said.tries in range(1, TRIES + 1):
            query, body = self.wechat.request(fields)
            try:
                async with self.session.post(
                    "/wechat",
                    params=query,
                    data=body,
                    headers={"Content-Type": "text/xml"},
                    timeout=_within(WECHAT_SECONDS),
                ) as answer:
                    content = await answer.read()
                    said.statuses.append(answer.status)
            except (aiohttp.ClientError, TimeoutError):
                continue
            if answer.status == 200 and content not in {b"", b"success"}:
                said.answer = self.wechat.read(content, fields)
                return

    def unread(self) -> Sequence[str]:
        """Nothing: there are only replies."""
        return ()


@dataclass
class PagePerson:
    """Somebody at the page."""

    session: aiohttp.ClientSession
    name: str

    async def say(self, said: Said) -> None:
        """Send, and again under the same id until there is an answer."""
        body = {"session": self.name, "text": said.text, "id": uuid4().hex}
        while time.monotonic() - said.at < PATIENCE_SECONDS:
            try:
                async with self.session.post("/api/messages", json=body, timeout=_within(PAGE_SECONDS)) as answer:
                    said.statuses.append(answer.status)
                    if answer.status == 200:
                        said.answer = str((await answer.json())["reply"]["text"])
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            said.tries += 1
            await asyncio.sleep(PAUSE_SECONDS)

    def unread(self) -> Sequence[str]:
        """Nothing: there are only replies."""
        return ()


def _within(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)


def client(before: Nginx) -> aiohttp.ClientSession:
    """A client that calls nginx by the name of the guide."""
    connector = aiohttp.TCPConnector(ssl=before.trust, limit=0)
    return aiohttp.ClientSession(before.url, connector=connector, headers={"Host": HOST})


@dataclass
class Talk:
    """What one person said."""

    channel: str
    person: Person
    said: list[Said] = field(default_factory=list)

    async def go_on(self, ended: Callable[[], bool], pause: float, chance: random.Random) -> None:
        """Ask for one topic after another, each with what follows from it, until it is over; a message that is lost is said again."""
        topics = [*TOPICS]
        chance.shuffle(topics)
        await asyncio.sleep(chance.uniform(0, pause))
        number = 0
        while not ended():
            topic = topics[number % len(topics)]
            number += 1
            for text, behind in GOING_ON:
                await self._until_answered(text or TOPICS[topic], f"{topic}{behind}")
                await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)

    async def _until_answered(self, text: str, wanted: str) -> None:
        answered = False
        while not answered:
            said = Said(text, wanted, time.monotonic())
            self.said.append(said)
            await self.person.say(said)
            said.seconds = time.monotonic() - said.at
            answered = said.answer is not None
            if not answered:
                await asyncio.sleep(PAUSE_SECONDS)

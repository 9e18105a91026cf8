"""What the service relies on in every channel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.routing import Mount, Route

from bot.channels.channel import Channel
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.web.channel import WebChannel
from bot.channels.wechat.channel import WeChatChannel
from bot.messages import ChatIdentity, SendError
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.wording import text_reply
from tests.fakes.botapi import BotAPI
from tests.telegram_bot import reaching, small_faq
from tests.wechat_account import options as wechat_options

SECRET = SecretStr("secret")


@pytest.fixture
async def channels(server: BotAPI, tmp_path: Path) -> AsyncIterator[dict[str, Channel]]:
    """Every channel by its name; none is running."""
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}") as store:
        conversation = Conversation(small_faq, store)
        several: list[Channel] = [
            WebChannel(conversation.turn, tuple, retention_days=30),
            TelegramChannel(
                reaching(server, webhook_url="https://example.org/telegram", webhook_secret=SECRET),
                turn=conversation.turn,
                forget=conversation.forget,
                search=lambda _, __: (),
                claims=store.claims,
                count=lambda _: None,
            ),
            WeChatChannel(
                wechat_options(),
                turn=conversation.turn,
                forget=conversation.forget,
                claims=store.claims,
                count=lambda _: None,
                states=store.channel_states,
            ),
        ]
        yield {channel.name: channel for channel in several}


@asynccontextmanager
async def running(channel: Channel) -> AsyncIterator[None]:
    run = asyncio.create_task(channel.run())
    await asyncio.wait_for(channel.connected.wait(), 10)
    yield
    await channel.stop(5)
    await asyncio.wait_for(run, 5)


@pytest.mark.parametrize("name", ["web", "telegram", "wechat"])
async def test_it_is_well_once_it_is_connected_and_ends_when_it_is_stopped(
    channels: dict[str, Channel], name: str
) -> None:
    assert not channels[name].connected.is_set()
    async with running(channels[name]):
        assert await channels[name].health() is None


@pytest.mark.parametrize("name", ["web", "telegram", "wechat"])
async def test_what_does_not_arrive_is_an_error_that_names_nobody(channels: dict[str, Channel], name: str) -> None:
    async with running(channels[name]):
        with pytest.raises(SendError) as caught:
            await channels[name].send(ChatIdentity(name, "7999999999"), text_reply("今晚维护"))
    assert "7999999999" not in str(caught.value)


async def test_a_proactive_channel_reaches_a_person_who_has_not_just_written(
    channels: dict[str, Channel], server: BotAPI
) -> None:
    user = server.user()
    [channel] = [each for each in channels.values() if each.limits.proactive]
    async with running(channel):
        await channel.send(ChatIdentity(channel.name, str(user["id"])), text_reply("今晚维护"))
    assert (await server.next_message(user))["text"] == "今晚维护"


async def test_channels_share_no_path(channels: dict[str, Channel]) -> None:
    routes = [route for channel in channels.values() for route in channel.routes()]
    paths = [route.path for route in routes if isinstance(route, Route | Mount)]
    assert len(paths) == len(routes) == len(set(paths))

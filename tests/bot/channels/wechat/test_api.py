"""A verified account: its token, its menu, what may be sent to whom, and what WeChat's refusals mean."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.channels.wechat import wording
from bot.channels.wechat.api import WeChatAPI
from bot.channels.wechat.errors import APIError
from bot.channels.wechat.limits import MENU_NAME_BYTES, TEXT_BYTES, text_bytes
from bot.channels.wechat.quota import Quotas
from bot.channels.wechat.startup import menu
from bot.channels.wx.api import NETWORK
from bot.messages import ChatIdentity, Choice, Incoming, Reply, SendError
from bot.operators.handoff import Handoffs
from bot.talk.answers import group_choices
from bot.talk.conversation import Conversation
from bot.talk.wording import text_reply
from tests.fakes.wechat import APP_ID, APP_SECRET, WeChatServer, wechat_server
from tests.telegram_bot import small_faq
from tests.wechat_account import Account, options, talking

PERSON = ChatIdentity("wechat", "o1")


class Clock:
    """A clock that goes as the test likes."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def server() -> AsyncIterator[WeChatServer]:
    async with wechat_server() as server:
        yield server


@pytest.fixture
async def api(server: WeChatServer) -> AsyncIterator[WeChatAPI]:
    api = WeChatAPI(APP_ID, SecretStr(APP_SECRET), server.url, clock=Clock())
    yield api
    await api.close()


@pytest.fixture
async def account(server: WeChatServer, tmp_path: Path) -> AsyncIterator[Account]:
    """A verified account whose menu is set."""
    verified = options(app_secret=SecretStr(APP_SECRET), base_url=server.url)
    async with talking(tmp_path, account=verified) as account:
        await asyncio.wait_for(account.channel.connected.wait(), 5)
        yield account


async def test_one_token_serves_many_calls_at_once(api: WeChatAPI, server: WeChatServer) -> None:
    await asyncio.gather(*(api.send_text("o1", f"第{number}句") for number in range(5)))
    assert len(server.calls["stable_token"]) == 1
    assert sorted(text for _, text in server.texts) == [f"第{number}句" for number in range(5)]


async def test_the_token_is_refreshed_before_it_ends(api: WeChatAPI, server: WeChatServer) -> None:
    assert isinstance(api.clock, Clock)
    await api.token()
    api.clock.now += 6899
    await api.token()
    assert len(server.calls["stable_token"]) == 1
    api.clock.now += 2
    await api.token()
    assert [call["force_refresh"] for call in server.calls["stable_token"]] == [False, False]


async def test_a_token_that_another_process_has_ended_is_replaced_once_for_all(
    api: WeChatAPI, server: WeChatServer
) -> None:
    await api.token()
    server.void()
    await asyncio.gather(*(api.send_text("o1", "好") for _ in range(4)))
    assert len(server.texts) == 4
    assert len(server.calls["stable_token"]) == 2


async def test_a_token_that_comes_back_although_refused_is_forced_anew(api: WeChatAPI, server: WeChatServer) -> None:
    await api.token()
    server.errors["message/custom/send"] = [(42001, "access_token expired")]
    await api.send_text("o1", "好")
    assert [call["force_refresh"] for call in server.calls["stable_token"]] == [False, False, True]


async def test_a_busy_server_is_asked_once_more(api: WeChatAPI, server: WeChatServer) -> None:
    server.errors["message/custom/send"] = [(-1, "system error")]
    await api.send_text("o1", "好")
    server.errors["message/custom/send"] = [(-1, "system error")] * 2
    with pytest.raises(APIError, match="errcode_-1"):
        await api.send_text("o1", "好")
    assert len(server.texts) == 1


async def test_no_secret_stands_in_an_error(server: WeChatServer) -> None:
    for base_url, secret in (
        (server.url, "f" * 32),
        ("http://127.0.0.1:9", APP_SECRET),
        (f"{server.url}/elsewhere", APP_SECRET),
    ):
        api = WeChatAPI(APP_ID, SecretStr(secret), base_url)
        with pytest.raises(APIError) as caught:
            await api.send_text("o1", "好")
        await api.close()
        told = f"{caught.value!r} {caught.value.remedy} {api!r}"
        assert secret not in told
        assert "token-" not in told


def test_an_address_that_is_not_on_the_list_is_explained_in_one_line() -> None:
    error = APIError(40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1")
    assert "IP 203.0.113.7 不在白名单" in error.remedy
    assert "\n" not in error.remedy
    assert "错 99999" in APIError(99999).remedy
    assert "网络" in APIError(NETWORK).remedy


async def test_the_menu_has_the_faqs_groups(account: Account, server: WeChatServer) -> None:
    await server.called("menu/create")
    [made] = server.calls["menu/create"]
    topics, about = made["button"]
    assert [(each["name"], each["key"]) for each in topics["sub_button"]] == [
        (each.label, each.value) for each in group_choices()
    ]
    assert all(text_bytes(each["name"]) <= MENU_NAME_BYTES for each in (topics, about))
    for button in (*topics["sub_button"], *about["sub_button"]):
        delivery = await account.wechat.deliver(account.wechat.event("o1", "CLICK", button["key"]))
        assert delivery.text


async def test_somebody_who_has_written_can_be_written_to_five_times(account: Account, server: WeChatServer) -> None:
    await account.wechat.says("o1", "催收会上门吗")
    for number in range(5):
        await account.channel.send(PERSON, text_reply(f"第{number}句"))
    with pytest.raises(SendError, match="quota"):
        await account.channel.send(PERSON, text_reply("第六句"))
    assert len(server.texts) == 5
    assert account.counted["quota"] == 1
    await account.wechat.says("o1", "在")
    await account.channel.send(PERSON, text_reply("又可以了"))


async def test_what_needs_more_messages_than_are_left_is_not_sent_in_part(
    account: Account, server: WeChatServer
) -> None:
    await account.wechat.says("o1", "催收会上门吗")
    long = text_reply(*("很长的一段话。" * 90 for _ in range(6)))
    with pytest.raises(SendError, match="quota"):
        await account.channel.send(PERSON, long)
    assert server.texts == []
    await account.channel.send(PERSON, text_reply(*long.sections[0].lines, *long.sections[1].lines))
    assert all(text_bytes(text) <= TEXT_BYTES for _, text in server.texts)


async def test_a_tap_allows_three_messages_within_a_minute() -> None:
    clock = Clock()
    quotas = Quotas(clock=clock)
    assert await quotas.left("o1") is None
    quotas.after_tap("o1")
    assert await quotas.left("o1") == 3
    quotas.after_message("o1")
    assert await quotas.left("o1") == 8
    for _ in range(2):
        quotas.spend("o1")  # of those that end first
    clock.now += 61
    assert await quotas.left("o1") == 5
    quotas.spend("o1")
    clock.now += 48 * 3600
    assert await quotas.left("o1") == 0
    quotas.spend("o1")
    quotas.forget("o1")
    assert await quotas.left("o1") is None


@pytest.mark.parametrize("code", [45015, 45047, 48001, 40003])
async def test_a_refusal_is_an_error_that_names_nobody(
    account: Account, server: WeChatServer, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.errors["message/custom/send"] = [(code, "refused for openid o_secret")]
    with pytest.raises(SendError, match=f"errcode_{code}"):
        await account.channel.send(ChatIdentity("wechat", "o_secret"), text_reply("好"))
    assert account.counted[f"errcode_{code}"] == 1
    assert "o_secret" not in "".join(capsys.readouterr())


async def test_without_the_address_on_the_list_people_are_answered_and_the_operator_is_told(
    server: WeChatServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.errors["stable_token"] = [(40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist")]
    verified = options(app_secret=SecretStr(APP_SECRET), base_url=server.url)
    async with talking(tmp_path, account=verified) as account:
        await asyncio.wait_for(account.channel.connected.wait(), 5)
        problem = await account.channel.health()
        assert "home_visit的简要回答" in ((await account.wechat.says("o1", "催收会上门吗")).text or "")
    assert problem is not None
    assert "203.0.113.7" in problem
    assert "203.0.113.7" in "".join(capsys.readouterr())


async def test_an_unverified_account_only_replies(tmp_path: Path) -> None:
    async with talking(tmp_path) as account:
        assert not account.channel.limits.proactive
        assert await account.channel.health() is None
        with pytest.raises(SendError, match="reply_only"):
            await account.channel.send(PERSON, text_reply("好"))


def test_every_word_of_the_menu_fits() -> None:
    assert [each["name"] for each in menu([])] == [wording.MENU_ABOUT]
    assert len(menu([Choice("字" * 21, "g:x"), Choice("短", "g:y")])) == 2


async def test_an_operator_is_told_why_a_message_did_not_go_out(account: Account, server: WeChatServer) -> None:
    admin = ChatIdentity("telegram", "1")
    told: list[str] = []

    async def tell_admin(_: ChatIdentity, reply: Reply) -> None:
        told.append(reply.text)

    senders = {"wechat": account.channel.send, "telegram": tell_admin}
    handoffs = Handoffs(account.store, frozenset({admin}), senders)
    conversation = Conversation(small_faq, account.store, handoffs)
    await account.wechat.says("o1", "催收会上门吗")
    assert "已接手" in (await handoffs.take(admin, "wechat:o1")).text
    for number in range(4):
        assert await conversation.turn(Incoming(admin, f"第{number}句")) is None
    refused = await conversation.turn(Incoming(admin, "第五句"))
    assert refused is not None
    assert "只剩 0 条" in refused.text
    await account.wechat.says("o1", "在")
    server.errors["message/custom/send"] = [(45015, "response out of time limit")]
    refused = await conversation.turn(Incoming(admin, "第六句"))
    assert refused is not None
    assert "48 小时没有说话" in refused.text
    assert len(server.texts) == 5

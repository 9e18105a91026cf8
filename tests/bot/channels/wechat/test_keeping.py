"""What waits for people, and what was sent to them, outlives a restart, and goes with the person."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.channels.wechat import keeping, waiting, wording
from bot.channels.wechat.keeping import CHANNEL, Keeper
from bot.channels.wechat.quota import Quotas
from bot.channels.wechat.waiting import Answer, Waiting, WaitingRoom
from bot.messages import ChatIdentity, Choice, Incoming, Reply, SendError
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.talk.wording import text_reply
from tests.fakes.wechat import APP_SECRET, WeChatServer, wechat_server
from tests.stores import Clock
from tests.wechat_account import PACE, Account, options, talking

PERSON = ChatIdentity(CHANNEL, "o1")
SENTENCE = "这是一句说得很清楚的话。"
CHOICES = (Choice("后果", "p:a:consequences"), Choice("权利", "p:a:rights"))


async def long_turn(incoming: Incoming) -> Reply | None:
    if incoming.text == "长":
        return text_reply(*(SENTENCE * 20 for _ in range(8)), choices=CHOICES)
    return text_reply(f"答：{incoming.text or incoming.choice}")


async def kept(account: Account) -> list[tuple[str, str]]:
    """What the store has of everybody's waiting, once it is written."""
    for keeper in account.channel._keepers:
        await keeper.finish(10)
    return [*await account.store.channel_states.load(CHANNEL, waiting.KIND, 0)]


async def test_the_rest_of_a_long_answer_is_there_after_a_restart(tmp_path: Path) -> None:
    async with talking(tmp_path, turn=long_turn) as account:
        texts = [(await account.wechat.says("o1", "长")).text or ""]
        texts.append((await account.wechat.says("o1", "0")).text or "")
    while texts[-1].endswith(wording.CONTINUE):
        async with talking(tmp_path, turn=long_turn) as account:
            texts.append((await account.wechat.says("o1", "0")).text or "")
    assert "".join(texts).count(SENTENCE) == 20 * 8
    async with talking(tmp_path, turn=long_turn) as account:
        assert (await account.wechat.says("o1", "2")).text == "答：2"  # by the choices that the talk knows
        assert (await account.wechat.says("o1", "0")).text == "答：0"
        assert await kept(account) == []


async def test_an_answer_that_was_late_is_there_after_a_restart(tmp_path: Path) -> None:
    ready = asyncio.Event()

    async def slow(incoming: Incoming) -> Reply | None:
        await ready.wait()
        return text_reply(f"答：{incoming.text}")

    async with talking(tmp_path, turn=slow, pace=PACE) as account:
        assert (await account.wechat.says("o1", "慢")).text == wording.WAIT
        ready.set()
    async with talking(tmp_path, turn=slow) as account:
        assert (await account.wechat.says("o1", "1")).text == "答：慢"
        assert await kept(account) == []


async def test_of_an_answer_that_was_not_ready_at_the_end_it_is_said_that_there_is_none() -> None:
    never: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
    busy = Waiting()
    busy.wait_for(never)
    again = Waiting.from_json(busy.to_json())
    assert again.told_to_wait
    assert (await again.next_late()).pages == (wording.NOTHING_LATE,)


async def test_what_was_heard_of_somebody_is_not_kept(tmp_path: Path) -> None:
    ready = asyncio.Event()

    async def slow(_: Incoming) -> Reply | None:
        await ready.wait()
        return text_reply(*(SENTENCE * 20 for _ in range(8)))

    async with talking(tmp_path, turn=slow, pace=PACE) as account:
        fields = account.wechat.message("o1", "voice", MediaId="m", Recognition="我叫王小明")
        assert (await account.wechat.deliver(fields)).text == wording.WAIT
        ready.set()
        await account.channel._intake.finish(10)
        [(_, data)] = await kept(account)
        assert SENTENCE in data
        assert "王小明" not in data
        assert "王小明" in ((await account.wechat.says("o1", "1")).text or "")
        [(_, data)] = await kept(account)
        assert "王小明" not in data


@pytest.mark.parametrize("how", ["删除我的数据", "unsubscribe"])
async def test_forgetting_somebody_forgets_what_waits_for_them(tmp_path: Path, how: str) -> None:
    async def turn(incoming: Incoming) -> Reply | None:
        if incoming.text == how:
            await account.conversation.forget(incoming.person)
            return text_reply("删了")
        return await long_turn(incoming)

    async with talking(tmp_path, turn=turn) as account:
        await account.wechat.says("o1", "长")
        assert len(await kept(account)) == 1
        event = account.wechat.event("o1", how) if how == "unsubscribe" else account.wechat.text("o1", how)
        await account.wechat.deliver(event)
        assert await kept(account) == []
        assert (await account.wechat.says("o1", "0")).text == "答：0"


async def test_what_waits_goes_with_all_else_that_is_kept_of_a_person_and_in_time() -> None:
    clock = Clock()
    async with Store("sqlite+aiosqlite://", clock) as store:
        await store.channel_states.save(PERSON, waiting.KIND, "{}")
        assert await store.forget(PERSON) == 1
        await store.channel_states.save(PERSON, waiting.KIND, "{}")
        clock.now += 30 * 24 * 3600 + 1
        assert await store.delete_expired(30) == 1
        assert await store.channel_states.load(CHANNEL, waiting.KIND, 0) == []


class Away:
    """States whose database doesn't answer until it is back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.back = False

    async def save(self, person: ChatIdentity, kind: str, data: str | None) -> None:
        if not self.back:
            raise StoreError("OperationalError")
        await self.store.channel_states.save(person, kind, data)

    async def read(self, person: ChatIdentity, kind: str) -> str | None:
        if not self.back:
            raise StoreError("OperationalError")
        return await self.store.channel_states.read(person, kind)

    async def load(self, channel: str, kind: str, since: int) -> list[tuple[str, str]]:
        if not self.back:
            raise StoreError("OperationalError")
        return [*await self.store.channel_states.load(channel, kind, since)]


async def test_with_the_store_away_it_waits_in_memory(capsys: pytest.CaptureFixture[str]) -> None:
    async with Store("sqlite+aiosqlite://") as store:
        away = Away(store)
        room = WaitingRoom(Keeper(away, waiting.KIND))
        with pytest.raises(StoreError):
            await room.restore()
        await room.refresh("o1")
        assert room.restored.is_set()
        room.of("o1").show(Answer(("一", "二")))
        room.keep("o1")
        assert room.keeper is not None
        await room.keeper.finish(10)
        away.back = True
        assert room.of("o1").next_page().pages == ("二",)
    assert "state_not_kept" in "".join(capsys.readouterr())


async def test_something_of_another_version_is_nothing() -> None:
    async with Store("sqlite+aiosqlite://") as store:
        for kind in (waiting.KIND, "quota"):
            await store.channel_states.save(PERSON, kind, '{"x": 1}')
        room, quotas = (
            WaitingRoom(Keeper(store.channel_states, waiting.KIND)),
            Quotas(Keeper(store.channel_states, "quota")),
        )
        await room.restore()
        await quotas.restore()
        assert room.of("o1").empty
        assert await quotas.left("o1") is None


@pytest.fixture
async def server() -> AsyncIterator[WeChatServer]:
    async with wechat_server() as server:
        yield server


async def test_how_many_messages_may_still_be_sent_is_known_after_a_restart(
    tmp_path: Path, server: WeChatServer
) -> None:
    verified = options(app_secret=SecretStr(APP_SECRET), base_url=server.url)
    async with talking(tmp_path, account=verified) as account:
        await account.wechat.says("o1", "催收会上门吗")
        await account.channel.send(PERSON, text_reply("一"))
        await account.channel.send(PERSON, text_reply("二"))
    async with talking(tmp_path, account=verified) as account:
        for text in "三四五":
            await account.channel.send(PERSON, text_reply(text))
        with pytest.raises(SendError, match="quota"):
            await account.channel.send(PERSON, text_reply("六"))
        await account.wechat.says("o1", "会被起诉吗")
    async with talking(tmp_path, account=verified) as account:
        assert await account.channel._quotas.left("o1") == 5


async def test_who_wrote_before_a_restart_and_was_not_written_to_has_all_five(
    tmp_path: Path, server: WeChatServer
) -> None:
    verified = options(app_secret=SecretStr(APP_SECRET), base_url=server.url)
    async with talking(tmp_path, account=verified) as account:
        await account.wechat.says("o1", "催收会上门吗")
    async with talking(tmp_path, account=verified) as account:
        assert await account.channel._quotas.left("o1") == 5
        assert await account.channel._quotas.left("o_of_nobody") is None


def test_the_channel_is_named_once() -> None:
    assert keeping.CHANNEL == "wechat"

"""Pulling: all pages, every message once, history passed over, and nothing lost whatever fails between."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pytest

from bot.channels.wecom.handlers import CLOCK_SECONDS
from bot.messages import Incoming, Reply
from bot.store.errors import StoreError
from bot.store.pulls import PulledPage
from bot.store.store import Store
from bot.talk.wording import text_reply
from tests.fakes.wecom import ACCOUNT, WeCom
from tests.stores import sqlite_url
from tests.wecom_account import options, talking

OTHER = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3R"


class Listener:
    """A conversation that says what it heard; over 慢 it takes as long as the test likes."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.hearing = asyncio.Event()
        self.ready = asyncio.Event()

    async def __call__(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming.text)
        if incoming.text.startswith("慢"):
            self.hearing.set()
            await self.ready.wait()
        return text_reply(f"答：{incoming.text}")


@pytest.fixture
def listener() -> Listener:
    return Listener()


def texts(wecom: WeCom, *several: str, person: str = "wm1", ago: float = 0) -> None:
    """These were written, and nobody was told."""
    wecom.keep(*(wecom.message(person, "text", {"content": text}, ago=ago) for text in several))


async def test_the_first_start_passes_over_history_and_answers_what_comes_after(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    wecom.page_size = 2
    texts(wecom, "一", "二", "三", "四", "五", ago=CLOCK_SECONDS + 60)
    async with talking(wecom, tmp_path, turn=listener) as company:
        await company.counted.reaches("history", 5)
        await wecom.says("wm1", "新的")
        assert [each.text for each in await wecom.reads("wm1")] == ["答：新的"]
        cursors = [call.get("cursor") for call in wecom.calls["kf/sync_msg"]]
        assert cursors == [None, "c2", "c4", "c5"]
    assert listener.heard == ["新的"]


async def test_without_a_list_of_accounts_the_first_message_is_answered_and_what_was_before_it_is_not(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    wecom.may_list_accounts = False
    texts(wecom, "旧的", ago=3600)
    async with talking(wecom, tmp_path, turn=listener, connected=False) as company:
        await asyncio.wait_for(company.channel.connected.wait(), 10)
        await wecom.says("wm1", "新的")
        await wecom.reads("wm1")
    assert listener.heard == ["新的"]


async def test_a_first_start_that_is_cut_off_passes_over_the_rest_of_history_too(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    wecom.page_size = 2
    texts(wecom, "一", "二", "三", "四", "五", ago=3600)
    wecom.errors["kf/sync_msg"] = []
    async with talking(wecom, tmp_path, turn=listener, connected=False):
        await wecom.until(lambda: len(wecom.calls["kf/sync_msg"]) == 1)
        wecom.pause("kf/sync_msg")
    wecom.resume("kf/sync_msg")
    async with talking(wecom, tmp_path, turn=listener) as company:
        await company.counted.reaches("history", 5)
    assert listener.heard == []


async def test_all_pages_are_pulled_also_behind_empty_ones(wecom: WeCom, tmp_path: Path, listener: Listener) -> None:
    async with talking(wecom, tmp_path, turn=listener) as company:
        wecom.page_size, wecom.empty_pages = 2, 2
        texts(wecom, "一", "二", "三", person="wm2")
        await wecom.says("wm1", "四")
        await wecom.says("wm2", "五")
        await wecom.reads("wm1")
        await wecom.reads("wm2", 4)
        assert company.counted["repeat"] == 0
    assert sorted(listener.heard) == sorted("一二三四五")
    assert [text for text in listener.heard if text != "四"] == ["一", "二", "三", "五"]


async def test_after_a_restart_what_came_meanwhile_is_answered_and_nothing_again(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    async with talking(wecom, tmp_path, turn=listener):
        await wecom.says("wm1", "之前")
        await wecom.reads("wm1")
    texts(wecom, "不在的时候", ago=600)
    async with talking(wecom, tmp_path, turn=listener) as company:
        assert [each.text for each in await wecom.reads("wm1")] == ["答：不在的时候"]
        assert company.counted["history"] == 0
    assert listener.heard == ["之前", "不在的时候"]


async def test_what_comes_twice_is_answered_once(wecom: WeCom, tmp_path: Path, listener: Listener) -> None:
    async with talking(wecom, tmp_path, turn=listener) as company:
        message = wecom.message("wm1", "text", {"content": "一次"})
        await wecom.brings(message, message)
        await wecom.brings(message)
        await company.counted.reaches("repeat")
        await wecom.says("wm1", "下一句")
        assert [each.text for each in await wecom.reads("wm1", 2)] == ["答：一次", "答：下一句"]
    assert listener.heard == ["一次", "下一句"]


async def test_one_persons_messages_are_answered_in_order_and_others_do_not_wait(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    async with talking(wecom, tmp_path, turn=listener):
        await wecom.says("wm1", "慢")
        await wecom.says("wm1", "快")
        await wecom.says("wm2", "别人")
        await wecom.reads("wm2")
        assert wecom.unread("wm1") == []
        listener.ready.set()
        assert [each.text for each in await wecom.reads("wm1", 2)] == ["答：慢", "答：快"]


async def test_what_cannot_be_pulled_now_is_pulled_later(wecom: WeCom, tmp_path: Path, listener: Listener) -> None:
    async with talking(wecom, tmp_path, turn=listener) as company:
        wecom.errors["kf/sync_msg"] = [(45009, "reach max api daily quota limit"), (-1, "busy"), (-1, "busy")]
        wecom.garbled["kf/sync_msg"] = 0
        await wecom.says("wm1", "在吗")
        await wecom.reads("wm1")
        assert company.counted["errcode_45009"] == 1
        assert await company.channel.health() is None


async def test_while_nothing_can_be_pulled_health_says_why(wecom: WeCom, tmp_path: Path, listener: Listener) -> None:
    async with talking(wecom, tmp_path, turn=listener) as company:
        wecom.errors["kf/sync_msg"] = [(48002, "api forbidden")] * 10_000
        await wecom.says("wm1", "在吗")
        await company.counted.reaches("errcode_48002", 2)
        assert "可调用接口的应用" in (await company.channel.health() or "")
        wecom.errors["kf/sync_msg"].clear()
        await wecom.reads("wm1")
        assert await company.channel.health() is None


async def test_an_expired_callback_token_is_left_out(wecom: WeCom, tmp_path: Path, listener: Listener) -> None:
    async with talking(wecom, tmp_path, turn=listener) as company:
        wecom.pause("kf/sync_msg")
        await wecom.says("wm1", "在吗")
        wecom.expire_callback_tokens()
        wecom.resume("kf/sync_msg")
        await wecom.reads("wm1")
        assert company.counted["errcode_95007"] == 1


async def test_an_account_that_is_gone_does_not_stop_the_others(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    async with talking(wecom, tmp_path, turn=listener) as company:
        await wecom.callback("wkGone")
        await company.counted.reaches("errcode_95000")
        await wecom.says("wm1", "在吗")
        await wecom.reads("wm1")
        assert await company.channel.health() is None


async def test_each_account_has_a_cursor_of_its_own(wecom: WeCom, tmp_path: Path, listener: Listener) -> None:
    wecom.accounts = [ACCOUNT, OTHER]
    async with talking(wecom, tmp_path, turn=listener) as company:
        await wecom.says("wm1", "一")
        await wecom.says("wm1", "二", account=OTHER)
        assert {each.account: each.text for each in await wecom.reads("wm1", 2)} == {ACCOUNT: "答：一", OTHER: "答：二"}
        assert set(await company.store.pulls.accounts("wecom")) == {ACCOUNT, OTHER}


class Flaky:
    """The store's pulls, which fail while the test says so."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.away = False

    def _there(self) -> None:
        if self.away:
            raise StoreError("OperationalError")

    async def cursor(self, channel: str, account: str) -> str | None:
        self._there()
        return await self.store.pulls.cursor(channel, account)

    async def accounts(self, channel: str) -> Sequence[str]:
        self._there()
        return await self.store.pulls.accounts(channel)

    async def take(self, channel: str, page: PulledPage) -> frozenset[str]:
        self._there()
        return await self.store.pulls.take(channel, page)

    async def finish(self, channel: str, message_ids: Collection[str]) -> None:
        self._there()
        await self.store.pulls.finish(channel, message_ids)

    async def take_lost(self, channel: str, seconds: int = 0) -> Mapping[str, int]:
        self._there()
        return await self.store.pulls.take_lost(channel, seconds)


async def test_with_the_store_away_all_are_answered_once_and_the_cursor_follows_later(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    async with Store(sqlite_url(tmp_path, "pulls.db")) as store:
        pulls = Flaky(store)
        async with talking(wecom, tmp_path, turn=listener, pulls=pulls):
            await wecom.says("wm1", "一")
            await wecom.reads("wm1")
            kept = await store.pulls.cursor("wecom", ACCOUNT)
            pulls.away = True
            for text in ("二", "三"):
                await wecom.says("wm1", text)
                await wecom.reads("wm1")
            assert await store.pulls.cursor("wecom", ACCOUNT) == kept
            pulls.away = False
            await wecom.says("wm1", "四")
            await wecom.reads("wm1")
        assert await store.pulls.cursor("wecom", ACCOUNT) == "c4"
        assert await store.pulls.take_lost("wecom") == {}
    assert listener.heard == ["一", "二", "三", "四"]


async def test_a_start_with_the_store_away_answers_what_is_new_and_the_rest_when_it_is_back(
    wecom: WeCom, tmp_path: Path, listener: Listener
) -> None:
    async with Store(sqlite_url(tmp_path, "pulls.db")) as store:
        pulls = Flaky(store)
        async with talking(wecom, tmp_path, turn=listener, pulls=pulls):
            await wecom.says("wm1", "一")
            await wecom.reads("wm1")
        texts(wecom, "停机时", person="wm2", ago=600)
        pulls.away = True
        async with talking(wecom, tmp_path, turn=listener, pulls=pulls):
            await wecom.says("wm1", "新的")
            await wecom.reads("wm1")
            assert wecom.unread("wm2") == []
            pulls.away = False
            await wecom.reads("wm2")
    # What was answered a moment before the restart is worked on again, but WeCom delivers nothing twice under one id.
    assert sorted(each.text for each in wecom.sent) == sorted(["答：一", "答：新的", "答：停机时"])


async def test_what_is_in_work_at_the_end_is_finished(wecom: WeCom, tmp_path: Path, listener: Listener) -> None:
    async with talking(wecom, tmp_path, turn=listener) as company:
        await wecom.says("wm1", "慢")
        await listener.hearing.wait()
        stopping = asyncio.create_task(company.channel.stop(5))
        listener.ready.set()
        await wecom.reads("wm1")
        await stopping
        assert await company.store.pulls.take_lost("wecom") == {}


async def test_what_a_crash_has_cut_off_is_counted_and_logged_by_kind(
    wecom: WeCom, tmp_path: Path, listener: Listener, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Store(sqlite_url(tmp_path)) as store:
        work = {"1": "text", "2": "text", "3": "voice"}
        await store.pulls.take("wecom", PulledPage(ACCOUNT, "", "c0", work))
    async with talking(wecom, tmp_path, turn=listener) as company:
        assert (company.counted["lost_text"], company.counted["lost_voice"]) == (2, 1)
    [line] = [line for line in capsys.readouterr().out.splitlines() if "wecom_messages_lost" in line]
    assert "warning" in line
    assert "text=2" in line
    assert "voice=1" in line


async def test_a_wrong_secret_is_told_once_in_one_line_and_callbacks_are_acknowledged(
    wecom: WeCom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "w" * 43
    async with talking(wecom, tmp_path, account=options(wecom, wrong), connected=False) as company:
        await company.counted.reaches("errcode_40001")
        assert (await wecom.callback()).status_code == 200
        assert "YOUSHU_WECOM_KF_SECRET" in (await company.channel.health() or "")
        assert not company.channel.connected.is_set()
    written = "".join(capsys.readouterr())
    assert written.count("wecom_api_refused") == 1
    assert wrong not in written

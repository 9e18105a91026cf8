"""faq.yaml changed under a running service: answered anew, told to everyone who should know, never down."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from bot.messages import ChatIdentity, Reply, SendError, SendFailure
from bot.operators.handoff import Handoffs
from bot.operators.reload_notices import notify_on_reload
from bot.service import faq_status
from bot.store.store import Store
from intents.load import check_text
from intents.reload import Reloader
from tests.fakes.botapi import PLAIN
from tests.faqs import faq_text, intent, write_faq
from tests.processes import Service, command, environment, free_port, running

DEADLINE_SECONDS = 20
HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"])
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"])
T = TypeVar("T")
FAR = "蓝色信封要不要拆开看"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT], out_of_scope={"questions": ["花呗怎么开通"]})
    return tmp_path


@asynccontextmanager
async def talking(folder: Path) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    async with (
        running(folder, free_port(), LOG_FORMAT="json") as service,
        httpx.AsyncClient(base_url=service.url, trust_env=False, verify=PLAIN) as client,
    ):
        yield service, client


async def until(ask: Callable[[], Awaitable[T]], fits: Callable[[T], bool]) -> T:
    """Ask again and again until the answer fits."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not fits(answer := await ask()):  # noqa: ASYNC110  # the other end is a process of its own
            await asyncio.sleep(0.05)
    return answer


async def test_a_question_taught_is_answered_by_the_running_service(folder: Path) -> None:
    async with talking(folder) as (service, _):
        before = await service.say("session-1", FAR)
        teaching = await asyncio.create_subprocess_exec(
            *command("teach", "lawsuit", FAR), env=environment(folder, {}), stdout=asyncio.subprocess.DEVNULL
        )
        assert await teaching.wait() == 0
        after = await until(lambda: service.say("session-2", FAR), lambda answer: answer["intent"] == "lawsuit")
        assert before["intent"] != after["intent"]
        assert after["decision"] == "answer"


async def test_a_broken_save_is_told_and_costs_nothing_until_it_is_mended(folder: Path) -> None:
    good = (folder / "faq.yaml").read_text("utf-8")
    async with talking(folder) as (service, client):

        async def ready() -> dict[str, object]:
            return dict((await client.get("/readyz")).json()["faq"])

        first = await ready()
        assert first["reload_error"] is None
        (folder / "faq.yaml").write_text(good.replace("title:", "titel:", 1), encoding="utf-8")
        broken = await until(ready, lambda faq: faq["reload_error"] is not None)
        assert broken["hash"] == first["hash"]
        assert "E-UNKNOWN-KEY" in str(broken["reload_error"])
        assert (await service.say("session-1", "催收真的会上门吗"))["intent"] == "home_visit"
        metrics = (await client.get("/metrics")).text
        assert 'youshu_faq_reloads_total{result="refused"} 1.0' in metrics
        assert 'youshu_faq_problems{severity="error"} 0.0' not in metrics

        (folder / "faq.yaml").write_text(good + "# 备注\n", encoding="utf-8")
        mended = await until(ready, lambda faq: faq["reload_error"] is None)
        assert mended["hash"] != first["hash"]
        metrics = (await client.get("/metrics")).text
        assert 'youshu_faq_reloads_total{result="taken"} 1.0' in metrics
        assert 'youshu_faq_problems{severity="error"} 0.0' in metrics
        await service.stop()
        assert "faq_refused" in service.log
        assert "faq_loaded" in service.log


async def test_a_storm_of_broken_saves_leaves_the_service_answering(folder: Path) -> None:
    good = (folder / "faq.yaml").read_text("utf-8")
    async with talking(folder) as (service, client):
        for number in range(0, len(good), len(good) // 40):
            (folder / "faq.yaml").write_text(good[:number], encoding="utf-8")
            assert (await service.say(f"session-{number}", "催收真的会上门吗"))["intent"] == "home_visit"
        (folder / "faq.yaml").write_text(good + "# 备注\n", encoding="utf-8")

        async def in_force() -> str:
            return str((await client.get("/readyz")).json()["faq"]["hash"])

        await until(in_force, lambda digest: digest == check_text(good + "# 备注\n").digest)
        assert await service.stop() == 0
        assert "Traceback" not in service.log


async def test_sighup_reloads_and_the_service_goes_on(folder: Path) -> None:
    async with talking(folder) as (service, client):
        service.process.send_signal(signal.SIGHUP)

        async def metrics() -> str:
            return (await client.get("/metrics")).text

        await until(metrics, lambda text: 'youshu_faq_reloads_total{result="taken"} 1.0' in text)
        assert (await service.say("session-1", "催收真的会上门吗"))["intent"] == "home_visit"
        assert await service.stop() == 0


async def test_operators_are_told_in_chat_and_one_who_cannot_be_reached_stops_nothing(folder: Path) -> None:
    told: list[tuple[ChatIdentity, str]] = []
    news = asyncio.Event()

    async def send(person: ChatIdentity, reply: Reply) -> None:
        if person.user == "1":
            raise SendError(SendFailure.BLOCKED)
        told.append((person, reply.text))
        news.set()

    reachable, blocked = ChatIdentity("telegram", "2"), ChatIdentity("telegram", "1")
    handoffs = Handoffs(
        Store("sqlite+aiosqlite://"), frozenset({reachable, blocked, ChatIdentity("wechat", "3")}), {"telegram": send}
    )
    reloader = Reloader.load(folder / "faq.yaml")
    notify_on_reload(reloader, handoffs)
    async with reloader.watching(), asyncio.timeout(DEADLINE_SECONDS):
        (folder / "faq.yaml").write_text(faq_text([HOME_VISIT]), encoding="utf-8")
        await news.wait()
        assert told == [(reachable, told[0][1])]
        assert f"已载入，版本 {reloader.current.digest}" in told[0][1]
        assert "out_of_scope 里的问法全没了" in told[0][1]
        assert "少了 1 个话题：“lawsuit标题”（lawsuit）" in told[0][1]
        news.clear()
        twice = [{**HOME_VISIT, "titel": "x"}, {**LAWSUIT, "ower": "y"}]
        (folder / "faq.yaml").write_text(faq_text(twice), encoding="utf-8")
        await news.wait()
        text = told[1][1]
        assert "没有载入" in text
        assert "titel" in text
        assert "ower" in text
        assert str(folder) not in text
    assert faq_status(reloader).reload_error == reloader.status.last_error


async def test_of_several_processes_on_one_folder_all_take_a_change_and_operators_hear_of_it_once(folder: Path) -> None:
    told: list[str] = []

    async def send(_: ChatIdentity, reply: Reply) -> None:
        told.append(reply.text)

    url = f"sqlite+aiosqlite:///{folder / 'youshu.db'}"
    async with Store(url) as one, Store(url) as other:
        reloaders = [Reloader.load(folder / "faq.yaml") for _ in range(2)]
        for reloader, store in zip(reloaders, (one, other), strict=True):
            handoffs = Handoffs(store, frozenset({ChatIdentity("telegram", "7")}), {"telegram": send})
            notify_on_reload(reloader, handoffs, store.claims)
        for content in ([HOME_VISIT], [HOME_VISIT, LAWSUIT], [HOME_VISIT]):
            write_faq(folder, content)
            assert [await reloader.reload() is not None for reloader in reloaders] == [True, True]
            for reloader in reloaders:
                await asyncio.gather(*reloader._tasks)
        assert len({reloader.status.digest for reloader in reloaders}) == 1
        # The third is the same content as the first, and yet a change of its own.
        assert len(told) == 3
        (folder / "faq.yaml").write_text("version: [", "utf-8")
        for reloader in reloaders:
            await reloader.reload()
            await asyncio.gather(*reloader._tasks)
        assert len(told) == 4
        assert "没有载入" in told[-1]

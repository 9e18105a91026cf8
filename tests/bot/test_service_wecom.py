"""`youshu serve` as a real process with 微信客服: kills between pull and send, restarts, settings."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import pytest

from bot.settings import SettingsError, load_settings
from tests.fakes.botapi import PLAIN
from tests.fakes.wecom import AES_KEY, CORP_ID, SECRET, TOKEN, WeCom, wecom_server
from tests.faqs import intent, write_faq
from tests.processes import Service, free_port, running

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], title="上门催收")
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"], title="被起诉")
COMPANY = {"WECOM_CORP_ID": CORP_ID, "WECOM_KF_SECRET": SECRET, "WECOM_TOKEN": TOKEN, "WECOM_AES_KEY": AES_KEY}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    return tmp_path


@pytest.fixture
async def wecom() -> AsyncIterator[WeCom]:
    async with wecom_server() as server:
        yield server


@asynccontextmanager
async def serving(folder: Path, wecom: WeCom) -> AsyncIterator[Service]:
    """A service that WeCom knows the address of, once it has looked for what came meanwhile."""
    pulled = len(wecom.calls["kf/sync_msg"])
    async with running(folder, free_port(), WECOM_API_URL=wecom.url, **COMPANY) as service:
        wecom.callback_url = service.url
        await wecom.until(lambda: len(wecom.calls["kf/sync_msg"]) > pulled)
        yield service


async def events(service: Service) -> dict[str, float]:
    """What the metrics say of WeCom, by kind."""
    async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
        lines = (await client.get(f"{service.url}/metrics")).text.splitlines()
    named = [line.removeprefix('youshu_wecom_events_total{kind="') for line in lines if "wecom_events_total{" in line]
    return {line.partition('"')[0]: float(line.rpartition(" ")[2]) for line in named}


async def _talk_is_kept(folder: Path) -> None:
    """Wait for what is kept behind the answer."""

    def talks() -> int:
        with closing(sqlite3.connect(folder / "youshu.db")) as connection:
            return int(connection.execute("SELECT count(*) FROM talks").fetchone()[0])

    async with asyncio.timeout(40):
        while not await asyncio.to_thread(talks):
            pass


@pytest.mark.proof
async def test_a_person_is_answered_and_the_talk_outlives_a_kill(folder: Path, wecom: WeCom) -> None:
    async with serving(folder, wecom) as service:
        assert (await wecom.verify("1616")).text == "1616"
        await wecom.says("wm-secret", "催收会上门吗")
        assert "home_visit的简要回答" in (await wecom.reads("wm-secret"))[0].text
        await _talk_is_kept(folder)
        await service.stop(signal.SIGKILL)
    wecom.keep(wecom.message("wm-secret", "text", {"content": "2"}))
    async with serving(folder, wecom) as service:
        assert "home_visit的权利二" in (await wecom.reads("wm-secret"))[0].text
        assert await service.stop() == 0
    assert len(wecom.sent) == 2
    for secret in ("wm-secret", "催收会上门吗", SECRET, TOKEN, AES_KEY):
        assert secret not in service.log


@pytest.mark.proof
async def test_killed_between_pull_and_send_nothing_is_repeated_and_what_is_lost_is_counted(
    folder: Path, wecom: WeCom
) -> None:
    async with serving(folder, wecom) as service:
        await wecom.says("wm1", "催收会上门吗")
        await wecom.reads("wm1")
        wecom.pause("kf/send_msg")
        sends = len(wecom.calls["kf/send_msg"])
        await wecom.says("wm1", "2")
        await wecom.says("wm2", "会被起诉吗")
        await wecom.until(lambda: len(wecom.calls["kf/send_msg"]) == sends + 2)
        await service.stop(signal.SIGKILL)
    wecom.resume("kf/send_msg")  # the server finishes what it was asked: these two may still arrive
    arrived = len(wecom.sent)
    async with serving(folder, wecom) as service:
        assert (await events(service))["lost_text"] == 2
        await wecom.says("wm3", "会被起诉吗")
        await wecom.reads("wm3")
        assert await service.stop() == 0
    assert "wecom_messages_lost" in service.log
    assert [each.person for each in wecom.sent[arrived:] if each.person == "wm3"] == ["wm3"]
    assert len([each for each in wecom.sent if each.person in {"wm1", "wm2"}]) <= 3
    async with serving(folder, wecom) as service:
        assert "lost_text" not in await events(service)


@pytest.mark.proof
async def test_killed_before_a_page_is_claimed_it_is_pulled_again(folder: Path, wecom: WeCom) -> None:
    async with serving(folder, wecom) as service:
        await wecom.says("wm1", "催收会上门吗")
        await wecom.reads("wm1")
        wecom.pause("kf/sync_msg")
        pulled = len(wecom.calls["kf/sync_msg"])
        await wecom.says("wm1", "2")
        await wecom.until(lambda: len(wecom.calls["kf/sync_msg"]) > pulled)
        await service.stop(signal.SIGKILL)
    wecom.resume("kf/sync_msg")
    async with serving(folder, wecom) as service:
        assert "home_visit的权利二" in (await wecom.reads("wm1"))[0].text
        assert "lost_text" not in await events(service)
        assert await service.stop() == 0


async def test_readyz_says_what_wecom_refuses(folder: Path, wecom: WeCom) -> None:
    wecom.errors["gettoken"] = [(60020, "not allow to access from your ip, hint: [1], from ip: 203.0.113.7")] * 100
    async with (
        running(folder, free_port(), WECOM_API_URL=wecom.url, **COMPANY) as service,
        httpx.AsyncClient(trust_env=False, verify=PLAIN) as client,
    ):
        while (ready := await client.get(f"{service.url}/readyz")).is_success:
            pass
    assert ready.status_code == 503
    assert "203.0.113.7" in ready.json()["wecom"]
    assert "企业可信IP" in ready.json()["wecom"]
    assert SECRET not in service.log + ready.text


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"wecom_corp_id": CORP_ID}, {"WECOM_KF_SECRET", "WECOM_TOKEN", "WECOM_AES_KEY"}),
        ({"wecom_kf_secret": SECRET}, {"WECOM_KF_SECRET"}),
        ({"wecom_token": TOKEN, "wecom_aes_key": AES_KEY}, {"WECOM_TOKEN", "WECOM_AES_KEY"}),
        ({"wecom_corp_id": "1000002"}, {"WECOM_CORP_ID"}),
        ({"kf_secret": "short"}, {"WECOM_KF_SECRET"}),
        ({"token": "a-b"}, {"WECOM_TOKEN"}),
        ({"token": "a" * 33}, {"WECOM_TOKEN"}),
        ({"aes_key": "a" * 42}, {"WECOM_AES_KEY"}),
        ({"wecom_api_url": "qyapi.weixin.qq.com"}, {"WECOM_API_URL"}),
        ({"wecom_api_url": "https://qyapi.weixin.qq.com/cgi-bin"}, {"WECOM_API_URL"}),
    ],
)
def test_what_is_wrong_with_the_settings_is_said_at_once_by_name_in_chinese(
    settings: dict[str, str], wrong: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    right = {name.lower(): value for name, value in COMPANY.items()}
    given = {
        name: value
        for each, value in settings.items()
        for name, value in ({each: value} if each.startswith("wecom") else {**right, f"wecom_{each}": value}).items()
    }
    with pytest.raises(SettingsError) as caught:
        load_settings(**given)
    lines = str(caught.value).splitlines()
    assert {line.partition("：")[0] for line in lines} == {f"YOUSHU_{name}" for name in wrong}
    assert all(any("一" <= character <= "鿿" for character in line) for line in lines)
    assert all(value not in str(caught.value) for value in given.values())


def test_a_company_of_four_settings_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    given = {name.lower(): value for name, value in COMPANY.items()}
    settings = load_settings(**given, wecom_api_url="http://127.0.0.1:1/")
    assert settings.wecom_api_url == "http://127.0.0.1:1"
    assert all(secret not in repr(settings) for secret in (SECRET, TOKEN, AES_KEY))

"""`youshu serve` as a real process with an official account: kills, restarts, settings, the QR command."""

import asyncio
import contextlib
import json
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from bot.channels.wechat import wording
from bot.settings import SettingsError, load_settings
from tests.fakes.botapi import PLAIN
from tests.fakes.wechat import AES_KEY, APP_ID, APP_SECRET, TOKEN, WeChat, WeChatServer, wechat_server
from tests.faqs import BASIS, intent, write_faq
from tests.processes import Service, command, environment, free_port, running
from tests.waiting import eventually, steps

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], title="上门催收")
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"], title="被起诉")
ACCOUNT = {"WECHAT_TOKEN": TOKEN, "WECHAT_APP_ID": APP_ID, "WECHAT_AES_KEY": AES_KEY}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    return tmp_path


@pytest.fixture
async def server() -> AsyncIterator[WeChatServer]:
    async with wechat_server() as server:
        yield server


@asynccontextmanager
async def serving(folder: Path, api: str = "") -> AsyncIterator[tuple[Service, WeChat]]:
    """A service with an account; a verified one where its API is given."""
    verified = {"WECHAT_APP_SECRET": APP_SECRET, "WECHAT_BASE_URL": api} if api else {}
    async with running(folder, free_port(), **ACCOUNT, **verified) as service:
        yield service, WeChat(service.url, "aes")


@pytest.mark.proof
async def test_killed_while_a_message_is_open_it_answers_the_next_try(folder: Path) -> None:
    async with serving(folder) as (service, wechat):
        assert (await wechat.verify()).status_code == 200
        assert "home_visit的简要回答" in ((await wechat.says("o1", "催收会上门吗")).text or "")
        await _kept(folder / "youshu.db", "talks")
        fields = wechat.text("o1", "2")
        service.process.send_signal(signal.SIGSTOP)
        tries = [asyncio.create_task(wechat.post(fields)) for _ in range(2)]
        await steps()
        await service.stop(signal.SIGKILL)
        cut_off = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(each, httpx.TransportError) for each in cut_off)
    async with serving(folder) as (service, wechat):
        assert "home_visit的权利二" in ((await wechat.deliver(fields)).text or "")
        assert await service.stop() == 0


@pytest.mark.proof
async def test_after_a_kill_the_talk_goes_on_and_a_message_that_was_claimed_is_answered_to_who_still_waits(
    folder: Path,
) -> None:
    async with serving(folder) as (service, wechat):
        fields = wechat.text("o1", "催收会上门吗")
        assert "home_visit的简要回答" in ((await wechat.deliver(fields)).text or "")
        await service.stop(signal.SIGKILL)
    async with serving(folder) as (service, wechat):
        assert "home_visit的简要回答" in ((await wechat.deliver(fields)).text or "")
        assert "home_visit的权利二" in ((await wechat.says("o1", "2")).text or "")
        old = {**fields, "CreateTime": str(int(fields["CreateTime"]) - 3600)}
        assert (await wechat.deliver(old)).text is not None  # the tries of one message are one, whatever else they say
        assert await service.stop() == 0
    assert "催收会上门吗" not in service.log
    assert TOKEN not in service.log


@pytest.mark.proof
async def test_after_a_kill_the_rest_of_a_long_answer_is_still_there(tmp_path: Path) -> None:
    lines = [f"这是第{number}条很长的后果，" + "要说清楚的话有很多很多，" * 12 + "就是这样。" for number in range(8)]
    answer = {"summary": "很长的回答。", "consequences": lines, "rights": ["权利一。"], "basis": [BASIS]}
    write_faq(tmp_path, [intent("home_visit", ["催收会上门吗", "会不会来我家"], answer=answer), LAWSUIT])
    async with serving(tmp_path) as (service, wechat):
        await wechat.says("o1", "催收会上门吗")
        first = (await wechat.says("o1", "后果")).text or ""
        assert first.endswith(wording.CONTINUE)
        await _kept(tmp_path / "youshu.db", "channel_states")
        await service.stop(signal.SIGKILL)
    async with serving(tmp_path) as (service, wechat):
        rest = ""
        while not rest or rest.endswith(wording.CONTINUE):
            rest = rest.removesuffix(wording.CONTINUE) + ((await wechat.says("o1", "0")).text or "")
        assert [number for number in range(8) if f"第{number}条" not in first + rest] == []


async def _kept(database: Path, table: str) -> None:
    """Wait until the service has kept something there, which it does behind its reply."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        await eventually(lambda: connection.execute(f"SELECT 1 FROM {table}").fetchone() is not None)  # noqa: S608


@pytest.mark.long
async def test_with_a_slow_database_the_answer_comes_within_the_tries(folder: Path) -> None:
    async with serving(folder) as (_, wechat):
        assert (await wechat.says("o1", "会被起诉吗")).text
        with locked(folder / "youshu.db"):
            delivery = await wechat.says("o1", "催收会上门吗")
    assert "home_visit的简要回答" in (delivery.text or "")


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the database's one lock for writing."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


async def test_a_verified_account_has_a_menu_and_its_health_is_asked(folder: Path, server: WeChatServer) -> None:
    server.errors["stable_token"] = [(40164, "invalid ip 203.0.113.7, not in whitelist")]
    async with serving(folder, server.url) as (service, _), httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
        async with asyncio.timeout(40):
            while (ready := await client.get(f"{service.url}/readyz")).is_success:
                pass
    assert ready.status_code == 503
    assert "白名单" in ready.json()["wechat"]
    assert APP_SECRET not in service.log + ready.text
    async with serving(folder, server.url):
        await server.called("menu/create")
        assert json.dumps(server.calls["menu/create"], ensure_ascii=False).count(wording.MENU_TOPICS) == 1


def youshu(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(folder, settings), cwd=folder, capture_output=True, text=True, check=False
    )


async def test_a_qr_code_is_printed_or_saved(folder: Path, server: WeChatServer) -> None:
    verified = {**ACCOUNT, "WECHAT_APP_SECRET": APP_SECRET, "WECHAT_BASE_URL": server.url}
    printed = await asyncio.to_thread(youshu, folder, "wechat", "qr", "home_visit", **verified)
    assert printed.returncode == 0, printed.stderr
    assert "█" in printed.stdout
    saved = await asyncio.to_thread(youshu, folder, "wechat", "qr", "home_visit", "--out", "a.png", **verified)
    assert saved.returncode == 0, saved.stderr
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    scenes = [call["action_info"]["scene"]["scene_str"] for call in server.calls["qrcode/create"]]
    assert scenes == ["home_visit", "home_visit"]


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        (("nobody",), {}, "没有话题“nobody”"),
        (("home_visit",), {}, "要认证过的公众号"),
        (("home_visit", "--out", "a.gif"), {}, ".png 或 .svg"),
    ],
)
def test_why_there_is_no_qr_code_is_one_line(
    folder: Path, arguments: tuple[str, ...], settings: dict[str, str], told: str
) -> None:
    refused = youshu(folder, "wechat", "qr", *arguments, **ACCOUNT, **settings)
    assert refused.returncode != 0
    assert told in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"wechat_token": "a-b"}, {"WECHAT_TOKEN"}),
        ({"wechat_token": "ab"}, {"WECHAT_TOKEN"}),
        ({"wechat_token": TOKEN, "wechat_app_id": "gh_0123456789ab"}, {"WECHAT_APP_ID"}),
        ({"wechat_token": TOKEN, "wechat_app_id": APP_ID, "wechat_aes_key": "a" * 42}, {"WECHAT_AES_KEY"}),
        ({"wechat_token": TOKEN, "wechat_aes_key": AES_KEY}, {"WECHAT_AES_KEY"}),
        ({"wechat_app_id": APP_ID, "wechat_aes_key": AES_KEY}, {"WECHAT_AES_KEY"}),
        ({"wechat_token": TOKEN, "wechat_app_id": APP_ID, "wechat_app_secret": "x"}, {"WECHAT_APP_SECRET"}),
        ({"wechat_token": TOKEN, "wechat_app_secret": APP_SECRET}, {"WECHAT_APP_SECRET"}),
        ({"wechat_base_url": "api.weixin.qq.com"}, {"WECHAT_BASE_URL"}),
        ({"wechat_base_url": "https://api.weixin.qq.com/cgi-bin"}, {"WECHAT_BASE_URL"}),
        (
            {"wechat_token": "?", "wechat_app_id": "?", "wechat_aes_key": "?"},
            {"WECHAT_TOKEN", "WECHAT_APP_ID", "WECHAT_AES_KEY"},
        ),
    ],
)
def test_what_is_wrong_with_the_settings_is_said_at_once_by_name_in_chinese(
    settings: dict[str, str], wrong: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as caught:
        load_settings(**settings)
    lines = str(caught.value).splitlines()
    assert {line.partition("：")[0] for line in lines} == {f"YOUSHU_{name}" for name in wrong}
    assert all(any("一" <= character <= "鿿" for character in line) for line in lines)
    for value in settings.values():
        assert value in {"?", "x"} or value not in str(caught.value)


def test_an_account_of_three_settings_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        wechat_token=TOKEN, wechat_app_id=APP_ID, wechat_aes_key=AES_KEY, wechat_base_url="http://127.0.0.1:1/"
    )
    assert settings.wechat_base_url == "http://127.0.0.1:1"
    assert TOKEN not in repr(settings)
    assert AES_KEY not in repr(settings)

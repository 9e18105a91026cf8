"""The service: as a real process it starts, answers and stops; where it can't start it says in one line why."""

import contextlib
import signal
import socket
import sqlite3
from pathlib import Path

import httpx
import pytest

from bot.service import database_check
from bot.store.store import Store
from tests.fakes.botapi import PLAIN
from tests.faqs import intent, write_faq
from tests.processes import free_port, running
from tests.terminal import OperatorTerminal

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"])
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    return tmp_path


@pytest.fixture
def youshu(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    return OperatorTerminal(folder, monkeypatch, capsys)


async def test_a_button_still_works_after_sigkill_and_sigterm_ends_it_with_exit_code_0(folder: Path) -> None:
    port = free_port()
    async with running(folder, port) as service:
        body = await service.say("session-1", "催收会上门吗")
        assert body["intent"] == "home_visit"
        await service.stop(signal.SIGKILL)
    async with running(folder, port) as service:
        tapped = await service.tap("session-1", "p:home_visit:rights")
        assert tapped["intent"] == "home_visit"
        assert "home_visit的权利二" in str(tapped["reply"])
        by_number = await service.say("session-1", "1")
        assert by_number["intent"] == "home_visit"
        assert await service.stop(signal.SIGTERM) == 0
        with pytest.raises(httpx.ConnectError):
            await service.say("session-1", "催收会上门吗")


async def test_no_log_level_shows_what_was_written_and_ctrl_c_ends_without_a_traceback(folder: Path) -> None:
    async with running(folder, free_port(), LOG_LEVEL="DEBUG", LOG_FORMAT="json") as service:
        await service.say("session-geheim-1", "催收会上门吗我住在幸福路八号")
        assert await service.stop(signal.SIGINT) == 0
        for private in ("幸福路", "上门", "session-geheim", "Traceback"):
            assert private not in service.log


def test_a_missing_faq_is_one_line_and_exit_code_1(youshu: OperatorTerminal) -> None:
    youshu.faq.unlink()
    code, _, error = youshu("serve", "--port", str(free_port()))
    assert code == 1
    assert "E-FILE" in error
    assert len(error.splitlines()) == 1


def test_a_broken_faq_names_the_line_and_exit_code_1(youshu: OperatorTerminal) -> None:
    youshu.faq.write_text("version: 1\nintents:\n\t- id: x\n", encoding="utf-8")
    code, _, error = youshu("serve", "--port", str(free_port()))
    assert code == 1
    assert "faq.yaml:3:1: error E-TAB" in error


def test_a_port_in_use_is_one_line_and_exit_code_1(youshu: OperatorTerminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, error = youshu("serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "端口" in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("host", ["203.0.113.7", "nowhere.invalid"], ids=["not this machine's", "no such name"])
def test_an_address_that_is_not_ours_is_not_blamed_on_the_port(youshu: OperatorTerminal, host: str) -> None:
    code, _, error = youshu("serve", "--host", host, "--port", str(free_port()))
    assert code == 1
    assert "YOUSHU_HOST" in error
    assert "端口" not in error
    assert "YOUSHU_PORT" not in error
    assert len(error.splitlines()) == 1


def test_all_wrong_settings_are_named_at_once_without_their_values(
    youshu: OperatorTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {
        "LOG_FORMAT": "purple",
        "LOG_LEVEL": "loud",
        "RETENTION_DAYS": "900",
        "PUBLIC_URL": "home",
        "TELEGRAM_TAKE_OVER": "purple",
        "TELEGRAM_TOKEN": "purple",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(f"YOUSHU_{name}", value)
    code, _, error = youshu("serve", "--port", str(free_port()))
    assert code == 1
    assert sorted(error.splitlines()) == [
        "YOUSHU_LOG_FORMAT：只能写 'console'、'json'",
        "YOUSHU_LOG_LEVEL：只能写 'DEBUG'、'INFO'、'WARNING'、'ERROR'",
        "YOUSHU_PUBLIC_URL：请写成 https://主机名 这样，后面不带路径",
        "YOUSHU_RETENTION_DAYS：最大是 365",
        "YOUSHU_TELEGRAM_TAKE_OVER：请写 true 或 false",
        "YOUSHU_TELEGRAM_TOKEN：不像 BotFather 给的令牌，应当是“数字:字母数字”，前后不能有空格和引号",
    ]


async def test_a_database_that_is_away_costs_the_memory_but_not_the_answer(folder: Path) -> None:
    away = f"sqlite+aiosqlite:///{folder / 'no-such-folder' / 'youshu.db'}"
    async with running(folder, free_port(), DATABASE_URL=away) as service:
        body = await service.say("session-1", "催收会上门吗")
        assert body["intent"] == "home_visit"
        async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
            assert (await client.get(f"{service.url}/healthz")).status_code == 200
            assert (await client.get(f"{service.url}/readyz")).status_code == 503


def test_a_database_of_a_newer_version_is_refused_in_one_line(youshu: OperatorTerminal) -> None:
    file = youshu.folder / "youshu.db"
    with contextlib.closing(sqlite3.connect(file)) as newer, newer:
        newer.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        newer.execute("INSERT INTO alembic_version VALUES ('0999')")
    code, _, error = youshu("serve", "--port", str(free_port()))
    assert code == 1
    (line,) = error.splitlines()
    assert "数据库的版本是 0999" in line
    assert "备份" in line


async def test_the_database_check_asks_the_real_database(tmp_path: Path) -> None:
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}") as store:
        assert await database_check(store).probe() is None
    away = Store(f"sqlite+aiosqlite:///{tmp_path / 'no-such-folder' / 'youshu.db'}")
    assert await database_check(away).probe() is not None

"""The service as a real process: starts, answers, stops, and says in one line why it can't."""

import asyncio
import signal
import socket
from pathlib import Path

import httpx
import pytest

from bot.service import database_check
from bot.store.store import Store
from tests.faqs import intent, write_faq
from tests.processes import command, environment, free_port, running

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"])
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    return tmp_path


async def failed_start(folder: Path, **settings: str) -> tuple[int, str]:
    """Exit code and output of a `youshu serve` that is expected to end by itself."""
    port = settings.pop("port", None) or str(free_port())
    process = await asyncio.create_subprocess_exec(
        *command("serve", "--port", port),
        env=environment(folder, settings),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, output.decode("utf-8")


async def test_it_answers_and_stops_with_exit_code_0_on_sigterm(folder: Path) -> None:
    async with running(folder, free_port()) as service:
        body = await service.say("session-1", "催收会上门吗")
        assert body["intent"] == "home_visit"
        assert await service.stop(signal.SIGTERM) == 0
        with pytest.raises(httpx.ConnectError):
            await service.say("session-1", "催收会上门吗")


async def test_ctrl_c_stops_it_without_a_traceback(folder: Path) -> None:
    async with running(folder, free_port()) as service:
        assert await service.stop(signal.SIGINT) == 0
        assert "Traceback" not in service.log


async def test_a_button_still_works_after_sigkill_and_a_new_start(folder: Path) -> None:
    port = free_port()
    async with running(folder, port) as service:
        await service.say("session-1", "催收会上门吗")
        await service.stop(signal.SIGKILL)
    async with running(folder, port) as service:
        tapped = await service.tap("session-1", "p:home_visit:rights")
        assert tapped["intent"] == "home_visit"
        assert "home_visit的权利二" in str(tapped["reply"])
        by_number = await service.say("session-1", "1")
        assert by_number["intent"] == "home_visit"


async def test_nothing_that_was_written_is_in_the_log_at_any_level(folder: Path) -> None:
    async with running(folder, free_port(), LOG_LEVEL="DEBUG", LOG_FORMAT="json") as service:
        await service.say("session-geheim-1", "催收会上门吗我住在幸福路八号")
        await service.stop()
        assert "幸福路" not in service.log
        assert "上门" not in service.log
        assert "session-geheim" not in service.log


async def test_a_missing_faq_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    code, output = await failed_start(tmp_path)
    assert code == 1
    assert "E-FILE" in output
    assert len(output.strip().splitlines()) == 1


async def test_a_broken_faq_names_the_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "faq.yaml").write_text("version: 1\nintents:\n\t- id: x\n", encoding="utf-8")
    code, output = await failed_start(tmp_path)
    assert code == 1
    assert "faq.yaml:3:1: error E-TAB" in output
    assert "Traceback" not in output


async def test_a_port_in_use_is_one_line_and_exit_code_1(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, output = await failed_start(folder, port=str(taken.getsockname()[1]))
    assert code == 1
    assert "端口" in output
    assert len(output.strip().splitlines()) == 1


async def test_all_wrong_settings_are_named_at_once_without_their_values(folder: Path) -> None:
    wrong = {
        "LOG_FORMAT": "purple",
        "LOG_LEVEL": "loud",
        "RETENTION_DAYS": "900",
        "PUBLIC_URL": "home",
        "TELEGRAM_TAKE_OVER": "purple",
        "TELEGRAM_TOKEN": "purple",
    }
    code, output = await failed_start(folder, **wrong)
    assert code == 1
    assert sorted(output.splitlines()) == [
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
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{service.url}/healthz")).status_code == 200
            assert (await client.get(f"{service.url}/readyz")).status_code == 503


async def test_the_database_check_asks_the_real_database(tmp_path: Path) -> None:
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}") as store:
        assert await database_check(store).probe() is None
    away = Store(f"sqlite+aiosqlite:///{tmp_path / 'no-such-folder' / 'youshu.db'}")
    assert await database_check(away).probe() is not None

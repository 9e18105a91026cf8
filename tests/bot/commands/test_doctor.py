"""`youshu doctor` against real servers: what is well, what isn't, and what to do about it, without a secret in it."""

import asyncio
import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.fakes.botapi import TOKEN as TELEGRAM_TOKEN
from tests.fakes.botapi import BotAPI
from tests.fakes.wechat import AES_KEY, APP_ID, APP_SECRET, TOKEN, wechat_server
from tests.fakes.wecom import AES_KEY as WECOM_AES_KEY
from tests.fakes.wecom import CORP_ID, wecom_server
from tests.fakes.wecom import SECRET as KF_SECRET
from tests.fakes.wecom import TOKEN as WECOM_TOKEN
from tests.faqs import intent, write_faq
from tests.processes import free_port
from tests.redis_server import redis_server
from tests.terminal import Done, OperatorTerminal
from tests.webserver import serving
from tests.wechat_account import talking
from tests.wecom_account import talking as company_talking

COMPANY = {
    "WECOM_CORP_ID": CORP_ID,
    "WECOM_KF_SECRET": KF_SECRET,
    "WECOM_TOKEN": WECOM_TOKEN,
    "WECOM_AES_KEY": WECOM_AES_KEY,
}
ACCOUNT = {"WECHAT_TOKEN": TOKEN, "WECHAT_APP_ID": APP_ID, "WECHAT_AES_KEY": AES_KEY}


class Clinic:
    """The doctor, asked with settings."""

    def __init__(self, terminal: OperatorTerminal, patch: pytest.MonkeyPatch) -> None:
        self._terminal, self._patch = terminal, patch

    async def __call__(self, *arguments: str, **settings: str) -> Done:
        for name, value in settings.items():
            self._patch.setenv(f"YOUSHU_{name}", value)
        done = await asyncio.to_thread(self._terminal, "doctor", *arguments)
        for secret in (TOKEN, AES_KEY, APP_SECRET, TELEGRAM_TOKEN, WECOM_TOKEN, WECOM_AES_KEY, KF_SECRET):
            assert secret not in done.out + done.err
        return done


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clinic:
    write_faq(tmp_path, [intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"])])
    return Clinic(OperatorTerminal(tmp_path, monkeypatch, capsys), monkeypatch)


def line(done: Done, name: str) -> str:
    """The line of one thing."""
    [found] = [each for each in done.out.splitlines() if each[2:].startswith(f"{name}：")]
    return found


async def test_a_service_that_is_set_up_well_has_a_tick_everywhere(doctor: Clinic, tmp_path: Path) -> None:
    async with talking(tmp_path, "aes") as account, wechat_server() as api, BotAPI() as telegram:
        verified = {"WECHAT_APP_SECRET": APP_SECRET, "WECHAT_BASE_URL": api.url}
        bot = {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_BASE_URL": telegram.base_url}
        done = await doctor(PUBLIC_URL=account.wechat.url, **ACCOUNT, **verified, **bot)
    assert done.code == 0, done.out
    assert [each for each in done.out.splitlines() if each[0] != "✓"] == [f"－ {line(done, '微信客服')[2:]}"]
    assert len(done.out.splitlines()) == 9
    assert "点“提交”" in line(done, "微信验证")


async def test_what_is_not_set_up_is_no_fault(doctor: Clinic) -> None:
    done = await doctor()
    assert done.code == 0
    assert {each[0] for each in done.out.splitlines()} == {"✓", "－"}


async def test_settings_that_cannot_be_read_are_told_one_a_line(doctor: Clinic) -> None:
    done = await doctor(WECHAT_TOKEN="a-b", PORT="x")
    assert done.code == 1
    assert [each[0] for each in done.out.splitlines()] == ["✗", "✗"]
    assert "3 到 32 个" in done.out


async def test_a_faq_with_a_mistake_and_a_database_that_is_away(doctor: Clinic, tmp_path: Path) -> None:
    (tmp_path / "faq.yaml").write_text("version: 2\n", encoding="utf-8")
    done = await doctor(DATABASE_URL="sqlite+aiosqlite:////nowhere/at/all.db")
    assert done.code == 1
    assert "youshu check" in line(done, "内容")
    assert "YOUSHU_DATABASE_URL" in line(done, "数据库")


async def test_wechat_without_a_public_address_cannot_work(doctor: Clinic) -> None:
    done = await doctor(**ACCOUNT)
    assert done.code == 1
    assert line(done, "公网地址").startswith("✗")
    assert line(done, "微信加解密").startswith("✓")


async def _elsewhere(_: Request) -> Response:
    return RedirectResponse("https://www.example.com")


async def _page(_: Request) -> Response:
    return PlainTextResponse("welcome to nginx")


@pytest.mark.parametrize(
    ("app", "told"),
    [
        (Starlette(routes=[Route("/{path:path}", _elsewhere)]), "微信不跟着跳"),
        (Starlette(routes=[Route("/{path:path}", _page)]), "不是这份服务"),
        (Starlette(), "没有配置微信"),
    ],
)
async def test_somebody_else_under_the_public_address(doctor: Clinic, app: Starlette, told: str) -> None:
    async with serving(app) as url:
        done = await doctor(PUBLIC_URL=url, **ACCOUNT)
    assert done.code == 1
    assert told in line(done, "微信验证")
    assert line(done, "公网地址").startswith("✗")


async def test_another_token_there_than_here(doctor: Clinic, tmp_path: Path) -> None:
    async with talking(tmp_path) as account:
        done = await doctor(PUBLIC_URL=account.wechat.url, WECHAT_TOKEN="another1")
    assert "另一个 YOUSHU_WECHAT_TOKEN" in line(done, "微信验证")


async def test_nobody_under_the_public_address(doctor: Clinic) -> None:
    done = await doctor(PUBLIC_URL=f"http://127.0.0.1:{free_port()}", **ACCOUNT)
    assert "连不上" in line(done, "公网地址")


async def test_a_port_that_wechat_does_not_call(doctor: Clinic) -> None:
    done = await doctor(PUBLIC_URL=f"http://localhost.localdomain:{free_port()}", **ACCOUNT)
    assert "80 和 443" in line(done, "微信端口")


async def test_an_address_that_is_not_on_wechats_list(doctor: Clinic) -> None:
    async with wechat_server() as api:
        api.errors["stable_token"] = [(40164, "invalid ip 203.0.113.7, not in whitelist")]
        done = await doctor(WECHAT_APP_SECRET=APP_SECRET, WECHAT_BASE_URL=api.url, **ACCOUNT)
    assert "203.0.113.7" in line(done, "微信接口")
    assert "白名单" in line(done, "微信接口")


@pytest.mark.parametrize(("token", "told"), [("1:wrong", "@BotFather"), (TELEGRAM_TOKEN, "/bot 为止")])
async def test_telegram_refuses_the_token_or_isnt_there(doctor: Clinic, token: str, told: str) -> None:
    async with BotAPI() as telegram, serving(Starlette(routes=[Route("/{path:path}", _page)])) as page:
        url = telegram.base_url if "@" in told else f"{page}/bot"
        done = await doctor(TELEGRAM_TOKEN=token, TELEGRAM_BASE_URL=url)
    assert told in line(done, "Telegram")


async def test_a_company_of_wecom_that_is_set_up_well(doctor: Clinic, tmp_path: Path) -> None:
    async with wecom_server() as api, company_talking(api, tmp_path):
        done = await doctor(PUBLIC_URL=api.callback_url, WECOM_API_URL=api.url, **COMPANY)
    assert done.code == 0, done.out
    for name in ("微信客服加解密", "微信客服验证", "微信客服接口"):
        assert line(done, name).startswith("✓"), done.out


async def test_a_company_of_wecom_with_another_token_there_and_a_secret_that_was_reset(
    doctor: Clinic, tmp_path: Path
) -> None:
    async with wecom_server() as api, company_talking(api, tmp_path):
        wrong = {"WECOM_TOKEN": "another1", "WECOM_KF_SECRET": KF_SECRET[::-1]}
        done = await doctor(PUBLIC_URL=api.callback_url, WECOM_API_URL=api.url, **(COMPANY | wrong))
    assert "另一个 YOUSHU_WECOM_TOKEN" in line(done, "微信客服验证")
    assert "YOUSHU_WECOM_KF_SECRET" in line(done, "微信客服接口")


async def test_a_company_of_wecom_that_has_no_account_for_people(doctor: Clinic) -> None:
    async with wecom_server() as api:
        api.accounts.clear()
        done = await doctor(WECOM_API_URL=api.url, **COMPANY)
    assert "新建一个客服账号" in line(done, "微信客服接口")
    # The callback needs an address that WeCom can reach.
    assert line(done, "公网地址").startswith("✗")


async def test_redis_that_answers_and_redis_that_is_away(doctor: Clinic) -> None:
    async with redis_server() as redis:
        assert line(await doctor(REDIS_URL=redis.url), "Redis").startswith("✓")
        await redis.kill()
        done = await doctor(REDIS_URL=redis.url)
    assert done.code == 1
    assert "YOUSHU_REDIS_URL" in line(done, "Redis")


async def test_as_json_it_says_the_same(doctor: Clinic) -> None:
    done = await doctor("--json", **ACCOUNT)
    found = json.loads(done.out)
    assert done.code == 1
    assert {frozenset(each) for each in found} == {frozenset({"name", "well", "told", "remedy"})}
    assert [each["name"] for each in found if each["well"] is False] == ["公网地址"]


async def test_a_second_opinion_that_can_t_be_had_is_said_with_its_remedy(
    doctor: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags\t\t: fpu\n")
    monkeypatch.setattr("intents.matching.semantic.CPUINFO", cpuinfo)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("bot.settings.find_spec", lambda name: name)
    told = line(await doctor(SEMANTIC="true"), "第二意见")
    assert told.startswith("✗")
    assert "AVX2" in told
    assert told.endswith("→ 请删掉 YOUSHU_SEMANTIC")

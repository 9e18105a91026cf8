"""What a stranger tries at the running server: nothing is given away, nothing done, nothing stands still."""

import ast
import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.channels.web.channel import PAGE, WebChannel
from bot.channels.wechat.webhook import SIGNED_SECONDS, Webhook
from bot.http.app import FaqStatus, build_app
from bot.http.metrics import Metrics
from bot.observe import configure_logging
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge
from tests.fakes.botapi import PLAIN
from tests.logs import logging_restored
from tests.webserver import serving

ROOT = Path(__file__).parent.parent
TOKEN = "wechattoken"
HANGS = 20
"""Seconds after which something stands still; it says nothing of speed."""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What reached the conversation through WeChat."""
    return []


@pytest.fixture
async def client(shipped: Knowledge, said: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    async def take(message: object, _: object) -> str | None:
        said.append(str(message))
        return None

    async with Store("sqlite+aiosqlite://") as store:
        page = WebChannel(Conversation(lambda: shipped, store).turn, tuple, 30)
        wechat = Webhook(SecretStr(TOKEN), None, take, lambda _: None)
        app = build_app(lambda: FaqStatus("a", 1), (), Metrics(), [*page.routes(), wechat.route()])
        async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:
            yield client


async def says(client: httpx.AsyncClient, text: str = "", choice: str | None = None) -> dict[str, object]:
    body = {"session": "s", "text": text} if choice is None else {"session": "s", "choice": choice}
    answer = await client.post("/api/messages", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    "path",
    [
        "/page/../api.py",
        "/page/%2e%2e/api.py",
        "/page/..%2fapi.py",
        "/page/%2e%2e%2f%2e%2e%2fwebhook.py",
        "/page//etc/passwd",
        "/page/....//api.py",
        "/page/..\\api.py",
        "/page/%00",
        "/page/chat.js%00.css",
        "/page/",
        "/faq.yaml",
        "/.env",
        "/.git/config",
    ],
)
async def test_no_path_leads_to_another_file(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(httpx.URL(client.base_url, raw_path=path.encode()))
    assert (answer.status_code, answer.json()) == (404, {"error": "没有这个地址。"})


HOSTILE = {
    "addresses": "北京市" * 20_000,
    "regions": "海淀区" * 20_000,
    "tries": "试" * 60 + "x",
    "measures": "给" + "我个" * 40,
    "lives": "只剩" + "这么" * 2_000,
    "spaces behind WeChat": "微信" + " " * 60_000,
    "spaces behind QQ": "qq" + " " * 60_000 + "x",
    "accents": "\u0315\u0300" * 15_000,
    "ligatures": "\ufdfa" * 20_000,
    "wishes": "想" + "要" * 20_000,
    "pills": "took " + "the my of a too " * 3_000,
    "chains": "a@" * 30_000,
    "numbers": "1 " * 30_000,
    "brackets": "[" * 60_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_no_message_holds_the_bot_up(client: httpx.AsyncClient, text: str) -> None:
    async with asyncio.timeout(HANGS):
        await says(client, text[: 60_000 // max(1, len(text[0].encode()))])


@pytest.mark.parametrize(
    "text", ["/stats", "/broadcast 大家好", "/misses", "/take", "/reload", "/teach home_visit 你好"]
)
async def test_admin_commands_mean_nothing_on_the_page(client: httpx.AsyncClient, text: str) -> None:
    reply = json.dumps(await says(client, text), ensure_ascii=False)
    for word in ("没听懂的话", "版本", "已发", "写进"):
        assert word not in reply


@pytest.mark.parametrize(
    "choice", ["a:stats", "a:misses:0", "a:send:1", "x" * 5_000, "i:../../etc/passwd", "p::", "\x00", "c:fire"]
)
async def test_a_made_up_button_does_nothing(client: httpx.AsyncClient, choice: str) -> None:
    reply = await says(client, choice=choice)
    assert reply["decision"] == "fallback" or reply["intent"] is None


def signed(timestamp: str, token: str = TOKEN) -> dict[str, str]:
    parts = "".join(sorted([token, timestamp, "n"]))
    return {"timestamp": timestamp, "nonce": "n", "signature": hashlib.sha1(parts.encode()).hexdigest()}  # noqa: S324 -- WeChat's


@pytest.mark.parametrize("age", [-2 * SIGNED_SECONDS, 2 * SIGNED_SECONDS, 1e9])
async def test_a_signature_of_long_ago_is_not_believed(client: httpx.AsyncClient, said: list[str], age: float) -> None:
    query = signed(str(int(time.time() - age)))
    assert (await client.get("/wechat", params={**query, "echostr": "hello"})).status_code == 403
    assert (await client.post("/wechat", params=query, content="<xml/>")).status_code == 403
    assert said == []


async def test_a_signature_of_now_is_believed(client: httpx.AsyncClient) -> None:
    query = signed(str(int(time.time())))
    assert (await client.get("/wechat", params={**query, "echostr": "hello"})).text == "hello"


BOMBS = [
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><Content>&b;</Content></xml>',
    '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
    "<a>" * 15_000,
    "<xml>" + "<![CDATA[" * 7_000,
    "<xml>" + "<a b='c'/>" * 6_000,
    "<xml " + "a='b' " * 9_000 + "/>",
]


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
async def test_an_xml_bomb_does_not_go_off(client: httpx.AsyncClient, said: list[str], bomb: str) -> None:
    async with asyncio.timeout(HANGS):
        answer = await client.post("/wechat", params=signed(str(int(time.time()))), content=bomb)
    assert answer.status_code in {200, 400}
    assert said == []


async def test_nothing_that_is_sent_writes_a_line_of_the_log(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    line = '\r\n2026-11-30 [error] forged\x1b[31m{"event": "forged"}'
    with logging_restored():
        configure_logging("console", "DEBUG")
        await client.post("/api/messages", json={"session": "forged-session", "text": line})
        await client.post("/api/messages", content=line.encode(), headers={"Content-Type": "application/json"})
        await client.post("/wechat", params={"signature": line, "timestamp": line, "nonce": line})
        await client.post("/wechat", params=signed(str(int(time.time()))), content=f"<xml>{line}")
        await client.get("/forged", headers={"X-Request-ID": "forged\tforged", "User-Agent": "forged"})
    assert "forged" not in capsys.readouterr().err


def test_templates_are_sandboxed_escaped_and_never_made_of_text() -> None:
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("intents/**/*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "jinja2":
                names = {alias.name for alias in node.names}
                assert not names & {"Environment", "Template"}, (
                    f"{path.name}: use jinja2.sandbox.ImmutableSandboxedEnvironment"
                )
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("from_string"):
                raise AssertionError(f"{path.name}:{node.lineno} makes a template of a text")
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("SandboxedEnvironment"):
                assert any(each.arg == "autoescape" and ast.unparse(each.value) == "True" for each in node.keywords)


def test_the_page_draws_its_session_by_the_systems_own_chance_and_writes_no_markup() -> None:
    scripts = {path.name: path.read_text("utf-8") for path in PAGE.glob("*.js")}
    assert any("crypto.randomUUID" in text or "crypto.getRandomValues" in text for text in scripts.values())
    for name, text in scripts.items():
        for way in (
            "Math.random",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ):
            assert way not in text, f"{name}: {way}"

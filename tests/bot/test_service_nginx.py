"""The service behind a real nginx with the guide's configuration: WeChat, the page and Telegram pass, nobody else's address does."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.bot.test_service_telegram import SECRET
from tests.fakes.botapi import BotAPI
from tests.fakes.wechat import AES_KEY, APP_ID, TOKEN, WeChat
from tests.faqs import intent, write_faq
from tests.nginx import HOST, Nginx, nginx
from tests.processes import UNPACED, free_port, running
from tests.webserver import serving

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], title="上门催收")
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"], title="被起诉")
ACCOUNT = {"WECHAT_TOKEN": TOKEN, "WECHAT_APP_ID": APP_ID, "WECHAT_AES_KEY": AES_KEY}


def client(before: Nginx, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A client at this address, which calls the name of the guide."""
    transport = httpx.AsyncHTTPTransport(verify=before.trust, local_address=address)
    return httpx.AsyncClient(base_url=before.url, transport=transport, headers={"Host": HOST}, trust_env=False)


@pytest.mark.proof
async def test_everybody_gets_through_nginx_to_the_service(tmp_path: Path) -> None:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    async with BotAPI() as server:
        telegram = {
            "TELEGRAM_TOKEN": server.token,
            "TELEGRAM_BASE_URL": server.base_url,
            "TELEGRAM_WEBHOOK_URL": f"https://{HOST}/telegram",
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
        }
        port = free_port()
        public = {"PUBLIC_URL": f"https://{HOST}", **ACCOUNT, **telegram}
        async with running(tmp_path, port, UNPACED, **public), nginx(tmp_path, port) as before:
            await server.called("setWebhook")
            async with client(before) as somebody:
                await _wechat(before, somebody)
                await _page(somebody)
                await _telegram(server, somebody)
                assert (await somebody.get("/healthz")).json() == {"status": "alive"}
                for hidden in ("/metrics", "/readyz"):
                    assert (await somebody.get(hidden)).status_code == 404


async def _wechat(before: Nginx, somebody: httpx.AsyncClient) -> None:
    wechat = WeChat(before.url, "aes")
    fields = wechat.text("o1", "催收会上门吗")
    query, body = wechat.request(fields)
    answer = await somebody.post("/wechat", params=query, content=body, headers={"Content-Type": "text/xml"})
    assert "home_visit的简要回答" in wechat.read(answer.content, fields)
    forged = await somebody.post("/wechat", params={**query, "signature": "0"}, content=body)
    assert forged.status_code == 403


async def _page(somebody: httpx.AsyncClient) -> None:
    assert "有数" in (await somebody.get("/")).text
    said = {"session": "s1", "text": "催收会上门吗"}
    answer = await somebody.post("/api/messages", json=said, headers={"Origin": f"https://{HOST}"})
    assert answer.json()["intent"] == "home_visit"
    other = await somebody.post("/api/messages", json=said, headers={"Origin": "https://evil.example"})
    assert other.status_code == 403


async def _telegram(server: BotAPI, somebody: httpx.AsyncClient) -> None:
    user = server.user()
    chat = server.world.chats[user["id"]]
    message = {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": "催收会上门吗"}
    update = {"update_id": 7, "message": message}
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert (await somebody.post("/telegram", json=update, headers=headers)).status_code == 200
    assert "home_visit的简要回答" in (await server.next_message(user))["text"]
    assert (await somebody.post("/telegram", json=update)).status_code == 403


async def test_the_service_sees_who_really_calls_and_how(tmp_path: Path) -> None:
    async def who(request: Request) -> Response:
        assert request.client is not None
        return JSONResponse([request.client.host, request.url.scheme, request.headers["host"]])

    async with (
        serving(Starlette(routes=[Route("/who", who)])) as url,
        nginx(tmp_path, int(url.rpartition(":")[2])) as before,
        client(before, "127.0.0.9") as somebody,
    ):
        assert (await somebody.get("/who")).json() == ["127.0.0.9", "https", HOST]
        lying = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
        assert (await somebody.get("/who", headers=lying)).json() == ["127.0.0.9", "https", HOST]

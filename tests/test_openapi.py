"""docs/openapi.yaml is what the server really has: each route, each method, and answers of the form it says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml
from pydantic import SecretStr
from starlette.routing import BaseRoute, Mount, Route

from bot.channels.telegram import webhook as telegram
from bot.channels.web.channel import PAGE, WebChannel
from bot.channels.wechat import webhook as wechat
from bot.channels.wecom import webhook as wecom
from bot.channels.wx.crypto import MessageCrypto
from bot.http.app import FaqStatus, StatusAccess, build_app
from bot.http.metrics import Metrics
from bot.http.status import status_routes
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.conversation_starters import starters
from intents.knowledge import Knowledge
from tests.fakes.botapi import PLAIN
from tests.webserver import serving

ROOT = Path(__file__).parent.parent
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text("utf-8"))  # Any: as YAML gives it
SECRET = SecretStr("a" * 43)


async def take(*_: object) -> None:
    """Of an update or a message: nothing."""


def count(_: object) -> None:
    """Of an event: nothing."""


def routes(conversation: Conversation) -> list[BaseRoute]:
    """All that the server can have."""
    faq = conversation.knowledge().faq
    crypto = MessageCrypto(SECRET, SECRET, "ww0123456789abcdef")
    page = WebChannel(conversation.turn, lambda: starters(faq), 30, embed_origins=["https://partner.example"])
    return [
        *status_routes(lambda: FaqStatus("a", 1), (), Metrics(), StatusAccess()),
        *page.routes(),
        telegram.webhook_route(SECRET, take),
        wechat.Webhook(SECRET, None, take, count).route(),
        wecom.Webhook(crypto, count, count).route(),
    ]


@pytest.fixture
async def conversation(shipped: Knowledge) -> AsyncIterator[Conversation]:
    async with Store("sqlite+aiosqlite://") as store:
        yield Conversation(lambda: shipped, store)


@pytest.fixture
async def client(conversation: Conversation) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(lambda: FaqStatus("a", 1), (), Metrics(), routes(conversation)[3:])
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:
        yield client


def methods(path: str) -> set[str]:
    """Those that the document has for a path."""
    return {each.upper() for each in DOCUMENT["paths"][path] if each in {"get", "post", "put", "delete", "patch"}}


def check(answer: httpx.Response, path: str) -> None:
    """An answer is one that the document has: its status, its type, and its form."""
    said = DOCUMENT["paths"][path][answer.request.method.lower()]["responses"][str(answer.status_code)]
    if "$ref" in said:
        said = DOCUMENT["components"]["responses"][said["$ref"].rpartition("/")[2]]
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if not said.get("content"):
        return
    schema = said["content"][kind]["schema"]
    if kind == "application/json":
        whole = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": DOCUMENT["components"],
            **schema,
        }
        jsonschema.validate(answer.json(), whole)


def test_every_route_is_in_the_document_with_its_methods(conversation: Conversation) -> None:
    real: dict[str, set[str]] = {}
    for route in routes(conversation):
        if isinstance(route, Mount):
            real[f"{route.path}/{{path}}"] = {"GET"}
        else:
            assert isinstance(route, Route)
            real[route.path] = (route.methods or set()) - {"HEAD"}
    assert real == {path: methods(path) for path in DOCUMENT["paths"]}


def test_the_files_that_it_names_are_there() -> None:
    [parameter] = DOCUMENT["paths"]["/page/{path}"]["get"]["parameters"]
    assert all((PAGE / name).is_file() for name in parameter["schema"]["enum"])


@pytest.mark.parametrize("path", [path for path in DOCUMENT["paths"] if "get" in DOCUMENT["paths"][path]])
async def test_what_is_asked_for_has_the_form_that_is_said(client: httpx.AsyncClient, path: str) -> None:
    check(await client.get(path.replace("{path}", "chat.js")), path)


@pytest.mark.parametrize(
    "body",
    [
        {"session": "s", "text": "催收说明天带人来我家"},
        {"session": "s", "choice": "p:home_visit:rights"},
        {"session": "s", "text": "随便什么"},
        {"session": "s", "text": "我不想活了"},
        {"session": "s"},
        {"session": "", "text": "您好"},
        {"session": "s", "text": "x" * 70_000},
        [],
    ],
)
async def test_what_is_posted_is_answered_in_the_form_that_is_said(client: httpx.AsyncClient, body: object) -> None:
    check(await client.post("/api/messages", json=body), "/api/messages")


@pytest.mark.parametrize("path", ["/telegram", "/wechat", "/wecom", "/api/messages"])
@pytest.mark.parametrize("body", [b"", b"{}", b"<xml/>", b"\xff\x00"])
async def test_a_stranger_who_posts_to_a_vendors_address_is_refused_as_is_said(
    client: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await client.post(path, content=body, headers={"Content-Type": "application/octet-stream"})
    assert answer.is_client_error
    check(answer, path)

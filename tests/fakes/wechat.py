"""WeChat for tests: real HTTP on loopback, the vendor's signing, encryption, tries and API.

async with serving(app) as url:
    wechat = WeChat(url, token="…")
    delivery = await wechat.says("openid", "催收会上门吗")
    delivery.text

It is written with wechatpy's encryption, so that ours is held against another's.
"""

import asyncio
import itertools
import json
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
import xmltodict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from tests.fakes.botapi import PLAIN
from tests.webserver import serving

TOKEN = "toukenofthetests"
APP_ID = "wx0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_SECRET = "0123456789abcdef0123456789abcdef"
ACCOUNT = "gh_0123456789ab"
TEXT_BYTES = 2047
TRIES = 3

_IDS = itertools.count(23_000_000_000_000_000)
"""MsgIds, each given once."""

JSON = dict[str, Any]
Mode = Literal["plain", "compatible", "aes"]


def sign(token: str, *parts: str) -> str:
    """The signature as wechatpy makes it."""
    signer = WeChatSigner()
    signer.add_data(token, *parts)
    return str(signer.signature)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message."""

    text: str | None
    """What the person reads; None for nothing."""
    tries: int
    fault: str | None = None
    """Why WeChat shows 该公众号提供的服务出现故障 in place of an answer."""


@dataclass
class WeChat:
    """WeChat's servers, towards one callback."""

    url: str
    """Of the server, without the path."""
    mode: Mode = "plain"
    token: str = TOKEN
    app_id: str = APP_ID
    aes_key: str = AES_KEY
    limit: float = 5.0
    """Seconds after which a try is cut off."""
    on_try: Callable[[int], None] = field(default=lambda _: None)
    """Told of each try's number before it is sent."""

    async def verify(self, echostr: str = "5927341", token: str | None = None) -> httpx.Response:
        """What the console does when the address is saved."""
        timestamp, nonce = _now(), secrets.token_hex(5)
        signature = sign(token or self.token, timestamp, nonce)
        query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echostr}
        async with self._client() as client:
            return await client.get("/wechat", params=query)

    def text(self, person: str, text: str, **changes: str) -> JSON:
        """The fields of a text message."""
        return self.message(person, "text", Content=text, **changes)

    def message(self, person: str, kind: str, **fields: str) -> JSON:
        """The fields of a message."""
        return {**_head(person, kind), "MsgId": str(next(_IDS)), **fields}

    def event(self, person: str, event: str, key: str = "", **fields: str) -> JSON:
        """The fields of an event, which has no MsgId."""
        return {**_head(person, "event"), "Event": event, "EventKey": key, **fields}

    async def says(self, person: str, text: str, **changes: str) -> Delivery:
        """Deliver a text message."""
        return await self.deliver(self.text(person, text, **changes))

    async def deliver(self, fields: JSON) -> Delivery:
        """Deliver a message as WeChat does: three tries, each cut off after the limit, the next at once."""
        fault = ""
        for number in range(1, TRIES + 1):
            self.on_try(number)
            try:
                answer = await self.post(fields)
            except httpx.TimeoutException:
                fault = "timeout"
                continue
            if answer.status_code != httpx.codes.OK:
                fault = f"status {answer.status_code}"
                continue
            if answer.content in {b"", b"success"}:
                return Delivery(None, number)
            return Delivery(self.read(answer.content, fields), number)
        return Delivery(None, TRIES, fault)

    async def post(self, fields: JSON, **changes: str) -> httpx.Response:
        """One try; changes replace what the query says."""
        query, body = self.request(fields)
        async with self._client() as client:
            return await client.post(
                "/wechat", params=query | changes, content=body, headers={"Content-Type": "text/xml"}
            )

    def request(self, fields: JSON) -> tuple[dict[str, str], bytes]:
        """The query and the body of one try."""
        timestamp, nonce = _now(), secrets.token_hex(5)
        query = {"signature": sign(self.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        query["openid"] = fields.get("FromUserName", "")
        plain = write(fields)
        if self.mode == "plain":
            return query, plain.encode()
        sealed = xmltodict.parse(self._crypto().encrypt_message(plain, nonce, timestamp))["xml"]
        query |= {"encrypt_type": "aes", "msg_signature": sealed["MsgSignature"]}
        shown = fields if self.mode == "compatible" else {"ToUserName": fields.get("ToUserName", "")}
        return query, write({**shown, "Encrypt": sealed["Encrypt"]}).encode()

    def read(self, body: bytes, fields: JSON) -> str:
        """The text of a reply; an AssertionError where WeChat would show nothing or a fault."""
        if self.mode != "plain":
            envelope = xmltodict.parse(body.decode())["xml"]
            body = self._crypto().decrypt_message(
                body, envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"]
            )
        reply = xmltodict.parse(body.decode() if isinstance(body, bytes) else body, strip_whitespace=False)["xml"]
        assert reply["ToUserName"] == fields["FromUserName"]
        assert reply["FromUserName"] == fields["ToUserName"]
        assert reply["MsgType"] == "text"
        assert abs(int(reply["CreateTime"]) - time.time()) < 60
        text = str(reply["Content"])
        assert 0 < len(text.encode()) <= TEXT_BYTES, f"{len(text.encode())} bytes"
        return text

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=self.limit, trust_env=False, verify=PLAIN)

    def _crypto(self) -> WeChatCrypto:
        return WeChatCrypto(self.token, self.aes_key, self.app_id)


def write(fields: JSON) -> str:
    """The fields as WeChat writes them: every text in CDATA."""
    body = "".join(f"<{name}>{_cdata(str(value))}</{name}>" for name, value in fields.items())
    return f"<xml>{body}</xml>"


def _cdata(text: str) -> str:
    return text if text.isdecimal() and text.isascii() else f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _head(person: str, kind: str) -> JSON:
    return {"ToUserName": ACCOUNT, "FromUserName": person, "CreateTime": _now(), "MsgType": kind}


def _now() -> str:
    return str(int(time.time()))


@dataclass
class WeChatServer:
    """WeChat's API for a verified account: what was called, and errors on demand."""

    url: str = ""
    expires_in: int = 7200
    calls: dict[str, list[JSON]] = field(default_factory=lambda: defaultdict(list))
    """The bodies by path."""
    errors: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    """What the next calls of a path answer instead of doing it."""
    tokens: int = 0
    """How many tokens were made."""
    valid: set[str] = field(default_factory=set)
    _called: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    async def called(self, path: str) -> None:
        """Wait until this path has been called without an error."""
        await asyncio.wait_for(self._called[path].wait(), 10)

    def void(self) -> None:
        """Another process has asked for a token the old way, which ends this one."""
        self.valid.clear()

    @property
    def texts(self) -> list[tuple[str, str]]:
        """What was sent to whom by 客服消息."""
        return [(call["touser"], call["text"]["content"]) for call in self.calls["message/custom/send"]]

    async def _endpoint(self, request: Request) -> Response:
        path = request.path_params["path"]
        raw = await request.body()
        assert b"\\u" not in raw, "people would read the escapes"
        body = json.loads(raw)
        if self.errors[path]:
            code, message = self.errors[path].pop(0)
            return JSONResponse({"errcode": code, "errmsg": message})
        if path != "stable_token" and request.query_params.get("access_token") not in self.valid:
            return JSONResponse({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid"})
        self.calls[path].append(body)
        self._called[path].set()
        if path == "stable_token":
            return JSONResponse(self._stable_token(body))
        if path == "qrcode/create":
            return JSONResponse({"ticket": "t", "url": f"http://weixin.qq.com/q/{_scene(body)}"})
        if path == "message/custom/send" and len(body["text"]["content"].encode()) > 2048:
            return JSONResponse({"errcode": 45002, "errmsg": "content size out of limit"})
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    def _stable_token(self, body: JSON) -> JSON:
        if body["secret"] != APP_SECRET:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if body["force_refresh"] or not self.valid:
            self.valid.clear()
        if not self.valid:
            self.tokens += 1
            self.valid.add(f"token-{self.tokens}")
        return {"access_token": next(iter(self.valid)), "expires_in": self.expires_in}


def _scene(body: JSON) -> str:
    return str(body["action_info"]["scene"]["scene_str"])


@asynccontextmanager
async def wechat_server() -> AsyncIterator[WeChatServer]:
    """The API, served on loopback."""
    server = WeChatServer()
    app = Starlette(routes=[Route("/cgi-bin/{path:path}", server._endpoint, methods=["POST"])])
    async with serving(app) as url:
        server.url = url
        yield server

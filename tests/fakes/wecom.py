"""WeCom's 微信客服 for tests: real HTTP on loopback, the vendor's signing and encryption, and its API with its limits and faults.

async with wecom_server() as wecom:
    wecom.callback_url = …  # of the bot
    await wecom.says("wm1", "催收会上门吗")
    await wecom.reads("wm1")

It is written with wechatpy's encryption, so that ours is held against another's.
"""

import asyncio
import itertools
import json
import re
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import xmltodict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from wechatpy.enterprise.crypto import WeChatCrypto

from tests.fakes.botapi import PLAIN
from tests.fakes.wechat import sign, write
from tests.webserver import serving

CORP_ID = "ww0123456789abcdef"
SECRET = "kf-Secret_0123456789abcdefghijklmnopqrstuvw"
TOKEN = "toukenofthetests"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
DEADLINE = 20

TEXT_BYTES, HEAD_BYTES, TAIL_BYTES, ITEM_BYTES, ID_BYTES, ITEMS = 2048, 1024, 1024, 128, 64, 10
QUOTA = 5
WINDOW_SECONDS = 48 * 3600
WELCOME_SECONDS = 20
STAYS_SECONDS = 3 * 24 * 3600

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a person got."""

    account: str
    person: str
    body: JSON

    @property
    def text(self) -> str:
        """What the phone shows, the items of a menu each in a line."""
        if self.body["msgtype"] == "text":
            return str(self.body["text"]["content"])
        menu = self.body["msgmenu"]
        return "\n".join(
            [menu["head_content"], *self.items, *([menu["tail_content"]] if "tail_content" in menu else [])]
        )

    @property
    def items(self) -> dict[str, str]:
        """The items of a menu: what each says and its id."""
        if self.body["msgtype"] == "text":
            return {}
        return {each["click"]["content"]: each["click"]["id"] for each in self.body["msgmenu"]["list"]}


@dataclass
class WeCom:
    """WeCom's servers, towards one company."""

    url: str = ""
    """Of the API."""
    callback_url: str = ""
    """Of the bot's server, without the path."""
    corp_id: str = CORP_ID
    token: str = TOKEN
    aes_key: str = AES_KEY
    clock: Callable[[], float] = time.time
    page_size: int = 1000
    empty_pages: int = 0
    """So many of the next pages say that there is more without bringing anything."""
    expires_in: int = 7200
    may_list_accounts: bool = True
    calls: dict[str, list[JSON]] = field(default_factory=lambda: defaultdict(list))
    """What was asked, by path, whatever was answered."""
    errors: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    """What the next calls of a path answer instead of doing it."""
    garbled: Counter[str] = field(default_factory=Counter)
    """How many of the next calls of a path are done, and answered with what is no JSON."""
    states: dict[tuple[str, str], int] = field(default_factory=dict)
    """The sessions that aren't new."""
    accounts: list[str] = field(default_factory=lambda: [ACCOUNT])
    tokens: int = 0
    valid: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    _messages: dict[str, list[JSON]] = field(default_factory=lambda: defaultdict(list))
    _callback_tokens: set[str] = field(default_factory=set)
    _welcome_codes: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    _heard: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    """When each person wrote last, and how many messages they may still get."""
    _used: set[tuple[str, str]] = field(default_factory=set)
    _read: Counter[str] = field(default_factory=Counter)
    _gates: dict[str, asyncio.Event] = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(4_622_416_642_169_452_483))

    # --- people -------------------------------------------------------------------------------------------------

    async def says(self, person: str, text: str, menu_id: str = "", account: str = ACCOUNT) -> str:
        """Somebody writes; the msgid."""
        content = {"content": text, **({"menu_id": menu_id} if menu_id else {})}
        return await self.brings(self.message(person, "text", content, account))

    async def taps(self, person: str, label: str) -> str:
        """Somebody taps an item of the last menu that they got."""
        [last] = [each for each in self.sent if each.person == person and each.items][-1:]
        [(content, menu_id)] = [each for each in last.items.items() if each[0].partition(" ")[2] == label]
        return await self.says(person, content, menu_id, last.account)

    async def brings(self, *messages: JSON) -> str:
        """These come, and the callback says that something came; the last msgid."""
        self.keep(*messages)
        account = messages[-1].get("open_kfid") or messages[-1]["event"]["open_kfid"]
        answer = await self.callback(account)
        assert (answer.status_code, answer.content) == (200, b""), answer
        return str(messages[-1]["msgid"])

    def message(
        self,
        person: str,
        kind: str,
        body: JSON | None = None,
        account: str = ACCOUNT,
        *,
        origin: int = 3,
        ago: float = 0,
    ) -> JSON:
        """A message as sync_msg gives it."""
        head = {"msgid": str(next(self._ids)), "open_kfid": account, "external_userid": person}
        sent_at = int(self.clock() - ago)
        return {**head, "send_time": sent_at, "origin": origin, "msgtype": kind, kind: body or {"media_id": "m"}}

    def event(self, person: str, event: str, account: str = ACCOUNT, *, ago: float = 0, **fields: object) -> JSON:
        """An event as sync_msg gives it."""
        body = {"event_type": event, "open_kfid": account, "external_userid": person, **fields}
        return {
            "msgid": str(next(self._ids)),
            "send_time": int(self.clock() - ago),
            "origin": 4,
            "msgtype": "event",
            "event": body,
        }

    def enters(self, person: str, scene: str = "", *, ago: float = 0) -> JSON:
        """The event of somebody who opens the session and may be welcomed."""
        code = secrets.token_hex(8)
        self._welcome_codes[code] = ACCOUNT, person, self.clock() - ago
        return self.event(person, "enter_session", ago=ago, welcome_code=code, scene=scene)

    def keep(self, *messages: JSON) -> None:
        """These came, and nobody is told."""
        for message in messages:
            account = message.get("open_kfid") or message["event"]["open_kfid"]
            self._messages[account].append(message)
            if message["origin"] == 3:
                self._heard[account, message["external_userid"]] = message["send_time"], QUOTA

    async def reads(self, person: str, number: int = 1) -> list[Sent]:
        """The next messages that somebody gets; waits for them."""
        start = self._read[person]
        await self.until(lambda: len(self._of(person)) >= start + number)
        self._read[person] += number
        return self._of(person)[start : start + number]

    def unread(self, person: str) -> list[Sent]:
        """What somebody got and `reads` has not given."""
        return self._of(person)[self._read[person] :]

    def _of(self, person: str) -> list[Sent]:
        return [each for each in self.sent if each.person == person]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so, seen after each call of the API."""
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(true)

    # --- the callback -------------------------------------------------------------------------------------------

    async def callback(self, account: str = ACCOUNT, **changes: str) -> httpx.Response:
        """Say that something came; changes replace what the query says."""
        token = secrets.token_hex(8)
        self._callback_tokens.add(token)
        fields = {"ToUserName": self.corp_id, "CreateTime": str(int(self.clock())), "MsgType": "event"}
        fields |= {"Event": "kf_msg_or_event", "Token": token, **({"OpenKfId": account} if account else {})}
        return await self.post(write(fields), **changes)

    async def post(self, plain: str, **changes: str) -> httpx.Response:
        """Post this encrypted."""
        timestamp, nonce = str(int(self.clock())), secrets.token_hex(5)
        sealed = xmltodict.parse(self._crypto().encrypt_message(plain, nonce, timestamp))["xml"]
        body = write({"ToUserName": self.corp_id, "AgentID": "", "Encrypt": sealed["Encrypt"]})
        query = {"msg_signature": sealed["MsgSignature"], "timestamp": timestamp, "nonce": nonce} | changes
        return await self.post_raw(query, body.encode())

    async def post_raw(self, query: dict[str, str], body: bytes) -> httpx.Response:
        """Post a body as it is."""
        async with self._client() as client:
            return await client.post("/wecom", params=query, content=body, headers={"Content-Type": "text/xml"})

    async def verify(self, echo: str = "1616140317555161061", **changes: str) -> httpx.Response:
        """What the console does when the address is saved: the echo is encrypted, and has to come back in plain."""
        timestamp, nonce = str(int(self.clock())), secrets.token_hex(5)
        sealed = xmltodict.parse(self._crypto().encrypt_message(echo, nonce, timestamp))["xml"]["Encrypt"]
        signature = sign(self.token, timestamp, nonce, sealed)
        query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": sealed} | changes
        async with self._client() as client:
            return await client.get("/wecom", params=query)

    def expire_callback_tokens(self) -> None:
        """Ten minutes have passed since every callback."""
        self._callback_tokens.clear()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.callback_url, timeout=5, trust_env=False, verify=PLAIN)

    def _crypto(self) -> WeChatCrypto:
        return WeChatCrypto(self.token, self.aes_key, self.corp_id)

    # --- the API ------------------------------------------------------------------------------------------------

    def pause(self, path: str) -> None:
        """Have calls of a path wait, before anything is done, until resume()."""
        self._gates[path] = asyncio.Event()

    def resume(self, path: str) -> None:
        """Go on with the calls that wait, and with further ones."""
        self._gates.pop(path).set()

    def void(self) -> None:
        """WeCom ends the access token before its time."""
        self.valid.clear()

    async def _endpoint(self, request: Request) -> Response:
        path = request.path_params["path"]
        raw = await request.body()
        assert b"\\u" not in raw, "people would read the escapes"
        body = json.loads(raw) if raw else dict(request.query_params)
        self.calls[path].append(body)
        await self._notify()
        if path in self._gates:
            await self._gates[path].wait()
        answer = {"errcode": 0, "errmsg": "ok"} | self._answer(path, body, request)
        await self._notify()
        if self.garbled[path]:
            self.garbled[path] -= 1
            return PlainTextResponse("<html>502 Bad Gateway</html>")
        return JSONResponse(answer)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _answer(self, path: str, body: JSON, request: Request) -> JSON:
        if self.errors[path]:
            code, message = self.errors[path].pop(0)
            return _error(code, message)
        if path == "gettoken":
            return self._gettoken(body)
        if request.query_params.get("access_token") not in self.valid:
            return _error(40014, "invalid access_token")
        calls = {
            "kf/account/list": self._account_list,
            "kf/sync_msg": self._sync,
            "kf/service_state/get": self._session_state,
            "kf/send_msg": self._send,
            "kf/send_msg_on_event": self._send_on_event,
        }
        return calls[path](body)

    def _gettoken(self, body: JSON) -> JSON:
        if body["corpid"] != self.corp_id:
            return _error(40013, "invalid corpid")
        if body["corpsecret"] != SECRET:
            return _error(40001, "invalid credential")
        if not self.valid:
            self.tokens += 1
            self.valid.add(f"token-{self.tokens}")
        return {"access_token": next(iter(self.valid)), "expires_in": self.expires_in}

    def _account_list(self, body: JSON) -> JSON:
        if not self.may_list_accounts:
            return _error(60011, "no privilege to access/modify contact/party/agent")
        listed = self.accounts[body["offset"] : body["offset"] + body["limit"]]
        return {"account_list": [{"open_kfid": each, "name": "有数"} for each in listed]}

    def _sync(self, body: JSON) -> JSON:
        if body.get("token") and body["token"] not in self._callback_tokens:
            return _error(95007, "invalid msg token")
        account = body.get("open_kfid")
        if account and account not in self.accounts:
            return _error(95000, "invalid open_kfid")
        assert 0 < body["limit"] <= 1000
        kept = self._messages[account] if account else [each for several in self._messages.values() for each in several]
        oldest = self.clock() - STAYS_SECONDS
        begin = int(body.get("cursor", "c0").removeprefix("c").rstrip("e"))
        if self.empty_pages:
            self.empty_pages -= 1
            return {"next_cursor": f"c{begin}{'e' * (self.empty_pages + 1)}", "has_more": 1, "msg_list": []}
        page = kept[begin : begin + min(self.page_size, body["limit"])]
        end = begin + len(page)
        shown = [each for each in page if each["send_time"] >= oldest]
        return {"next_cursor": f"c{end}", "has_more": int(end < len(kept)), "msg_list": shown}

    def _session_state(self, body: JSON) -> JSON:
        state = self.states.get((body["open_kfid"], body["external_userid"]), 0)
        return {"service_state": state, **({"servicer_userid": "zhangsan"} if state == 3 else {})}

    def _send(self, body: JSON) -> JSON:
        account, person = body["open_kfid"], body["touser"]
        if account not in self.accounts:
            return _error(95000, "invalid open_kfid")
        if self.states.get((account, person), 0) > 1:
            return _error(95018, f"send msg session status invalid, hint: [1], from ip: 203.0.113.7, {person}")
        if wrong := self._wrong(body) or self._repeated(account, body):
            return wrong
        heard_at, left = self._heard.get((account, person), (0.0, 0))
        if heard_at < self.clock() - WINDOW_SECONDS:
            return _error(95002, "send msg time limit")
        if not left:
            return _error(95001, "send msg count limit")
        self._heard[account, person] = heard_at, left - 1
        self._used.add((account, body["msgid"]))
        self.sent.append(Sent(account, person, body))
        return {"msgid": body["msgid"]}

    def _send_on_event(self, body: JSON) -> JSON:
        if wrong := self._wrong(body):
            return wrong
        account, person, at = self._welcome_codes.pop(body["code"], ("", "", 0.0))
        if at < self.clock() - WELCOME_SECONDS:
            return _error(40058, "invalid Request Parameter: code")
        self.sent.append(Sent(account, person, body))
        return {"msgid": body["msgid"]}

    def _wrong(self, body: JSON) -> JSON | None:
        """What is wrong with a message itself."""
        if not re.fullmatch(r"[0-9a-zA-Z_-]{1,32}", body["msgid"]):
            return _error(40058, "invalid Request Parameter: msgid")
        if body["msgtype"] == "text":
            if not 0 < _bytes(body["text"]["content"]) <= TEXT_BYTES:
                return _error(40058, "text.content exceed max length 2048")
        else:
            menu = body["msgmenu"]
            if len(menu["list"]) > ITEMS:
                return _error(45098, "msgmenu list size is out of limit")
            sizes = [(_bytes(menu["head_content"]), HEAD_BYTES), (_bytes(menu.get("tail_content", "")), TAIL_BYTES)]
            for item in menu["list"]:
                assert item["type"] == "click"
                sizes += [(_bytes(item["click"]["id"]), ID_BYTES), (_bytes(item["click"]["content"]), ITEM_BYTES)]
            if any(size > most for size, most in sizes):
                return _error(40058, "msgmenu exceed max length")
        return None

    def _repeated(self, account: str, body: JSON) -> JSON | None:
        """The page says that an id used before is an error, and not which."""
        return _error(95999, "msgid used before") if (account, body["msgid"]) in self._used else None


def _bytes(text: str) -> int:
    return len(text.encode())


def _error(code: int, message: str) -> JSON:
    return {"errcode": code, "errmsg": message}


@asynccontextmanager
async def wecom_server() -> AsyncIterator[WeCom]:
    """The API, served on loopback."""
    server = WeCom()
    app = Starlette(routes=[Route("/cgi-bin/{path:path}", server._endpoint, methods=["GET", "POST"])])
    async with serving(app) as url:
        server.url = url
        yield server

"""A Bot API server for tests: real HTTP on loopback, the vendor's protocol and limits, faults on demand.

async with BotAPI() as server:
user = server.user("小王")
await server.says(user, "催收会上门吗")
answer = await server.next_message(user)
await server.taps(answer, "权利")
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import botapi_rules as rules
from tests.fakes.botapi_methods import BOT_ID, World
from tests.fakes.botapi_rules import JSON, Refused
from tests.webserver import QuickServer

TOKEN = f"{BOT_ID}:fake-token_of-the-tests_not-a-secret"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak plain HTTP only: reading the certificates takes longer than most tests."""
DEADLINE = 40.0
"""Seconds after which waiting for the bot is a failure."""

LONGEST_WEBHOOK_PAUSE = 1.0
"""Seconds; the vendor waits longer, but no test should."""

IDLE_SECONDS = 75
"""How long a connection may rest: as long as nginx, which stands before the vendor's servers, lets it by default."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in."""

    method: str
    params: JSON
    at: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request."""

    status: int | None = None
    """Answer with this instead of doing it; without a description as a proxy would, with HTML."""
    description: str | None = None
    retry_after: int | None = None
    drop: bool = False
    """Cut the connection instead of answering."""
    done: bool = False
    """Do it first."""
    seconds: float = 0.0
    """Hold the answer back, or until release() if infinite."""
    chat: int | None = None
    """Only a request about this chat."""

    @property
    def harmless(self) -> bool:
        """Whether the answer comes in the end."""
        return self.status is None and not self.drop


@dataclass
class BotAPI:
    """The server, what it was asked, and the people who talk to the bot."""

    token: str = TOKEN
    world: World = field(default_factory=World)
    calls: list[Call] = field(default_factory=list)
    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    """What the webhook answered: update_id and status, in order."""
    paced: bool = False
    """Refuse the second message within a second in a private chat (https://core.telegram.org/bots/faq)."""
    most_a_second: int = 0
    """Refuse what is beyond so many messages in any second, in all chats together; 0: no limit."""
    webhook_pause: float = 0.02
    """Seconds before an update that wasn't taken is posted again; doubles."""
    trust: ssl.SSLContext = PLAIN
    """Which certificates its posts to the webhook believe."""
    _posting_to: str = ""
    _faults: defaultdict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _pending: list[JSON] = field(default_factory=list)
    _heard: defaultdict[int, deque[JSON]] = field(default_factory=lambda: defaultdict(deque))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _allowed: frozenset[str] | None = None
    _last_update: int = 1000
    _poller: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _delivering: defaultdict[int, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _spoke: dict[int, float] = field(default_factory=dict)
    _spoken_at: deque[float] = field(default_factory=deque)
    _polled: tuple[int, float] = (0, 0.0)
    _port: int = 0
    _holding: bool = False
    _posting: int = 0

    # --- life ---------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; at a given port to come back where one was before."""
        self.world.spoken = self._spoken
        self._listening = socket.create_server(("127.0.0.1", port))
        # asyncio switches Nagle's algorithm off only for sockets made with IPPROTO_TCP; this one is inherited from.
        self._listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = int(self._listening.getsockname()[1])
        app = Starlette(routes=[Route("/bot{token}/{method}", self._endpoint, methods=["GET", "POST"])])
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=IDLE_SECONDS)
        self._server = QuickServer(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listening]))
        await self._server.up.wait()

    async def stop(self) -> None:
        """Go away, with whatever was being answered."""
        self._released.set()
        self._server.leave(at_once=True)
        for task in self._tasks:
            task.cancel()
        await self._serving
        self._listening.close()

    @property
    def base_url(self) -> str:
        """What YOUSHU_TELEGRAM_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._port}/bot"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def last_update(self) -> int:
        """The number of the latest update; to send it again."""
        return self._last_update

    # --- people -------------------------------------------------------------------------------------------------

    def user(self, name: str = "小王", *, started: bool = True) -> JSON:
        """A person with a private chat; `started` if they have written before."""
        number = 7_000_000_000 + self.world.next_id()
        user: JSON = {"id": number, "is_bot": False, "first_name": name, "language_code": "zh-hans"}
        self.world.chats[number] = {"id": number, "type": "private", "first_name": name}
        if not started:
            self.world.strangers.add(number)
        return user

    def group(self, title: str = "互助群", kind: str = "supergroup") -> JSON:
        """A group or channel that the bot is in."""
        chat: JSON = {"id": -(1_000_000_000_000 + self.world.next_id()), "type": kind, "title": title}
        self.world.chats[chat["id"]] = chat
        return chat

    async def says(
        self,
        user: JSON,
        text: str | None = None,
        *,
        chat: JSON | None = None,
        number: int | None = None,
        **extra: Any,  # noqa: ANN401 -- any field of a message
    ) -> JSON:
        """A person writes, in private unless a chat is given; the message.

        `number` is the update_id, the next one unless given; `extra` adds fields such as photo.
        """
        place = chat or self.world.chats[user["id"]]
        self.world.strangers.discard(user["id"])
        message: JSON = {"message_id": self.world.next_id(), "date": int(time.time()), "chat": place, "from": user}
        if text is not None:
            message |= {"text": text, "entities": entities_of(text)}
        message |= extra
        self.world.messages[place["id"], message["message_id"]] = message
        await self.push({"message": message}, number=number)
        return message

    async def posts(self, channel: JSON, text: str) -> JSON:
        """A post in a channel; it has no sender but the channel itself."""
        post: JSON = {"message_id": self.world.next_id(), "date": int(time.time()), "chat": channel, "text": text}
        post |= {"sender_chat": channel, "entities": entities_of(text)}
        self.world.messages[channel["id"], post["message_id"]] = post
        await self.push({"channel_post": post})
        return post

    async def taps(self, message: JSON, label: str, user: JSON | None = None) -> str:
        """A person taps the button with this label; the id of the query."""
        current = self.world.messages.get((message["chat"]["id"], message["message_id"]), message)
        return await self.taps_data(message, self.data_of(current, label), user)

    def data_of(self, message: JSON, label: str) -> str:
        """The callback data of the button with this label."""
        return {each["text"]: str(each["callback_data"]) for each in buttons(message) if "callback_data" in each}[label]

    async def blocks(self, user: JSON, *, again: bool = True) -> None:
        """A person blocks the bot, or takes that back."""
        (self.world.blocked.add if again else self.world.blocked.discard)(user["id"])
        await self.membership(
            self.world.chats[user["id"]], user, *(("member", "kicked") if again else ("kicked", "member"))
        )

    async def membership(self, chat: JSON, by: JSON, before: str, after: str) -> None:
        """The bot's own place in a chat changes: https://core.telegram.org/bots/api#chatmemberupdated."""
        old, new = ({"user": self.world.me, "status": each, **MEMBERSHIPS.get(each, {})} for each in (before, after))
        change = {"chat": chat, "from": by, "date": int(time.time()), "old_chat_member": old, "new_chat_member": new}
        await self.push({"my_chat_member": change})

    async def taps_data(self, message: JSON, data: str, user: JSON | None = None, *, late: bool = False) -> str:
        """A tap with this callback data, as an old or a forged client may send it; `late`: too old to be answered."""
        chat = message["chat"]
        current = self.world.messages.get((chat["id"], message["message_id"]), message)
        person = user or {"id": chat["id"], "is_bot": False, "first_name": chat.get("first_name", "")}
        query = f"q{self.world.next_id()}"
        if not late:
            self.world.open_queries.add(query)
        await self.push(
            {"callback_query": {"id": query, "from": person, "message": current, "chat_instance": "1", "data": data}}
        )
        return query

    async def asks_inline(self, user: JSON, query: str, offset: str = "") -> str:
        """A person types `@bot query` in any chat; the id of the query."""
        number = f"q{self.world.next_id()}"
        self.world.open_queries.add(number)
        await self.push({"inline_query": {"id": number, "from": user, "query": query, "offset": offset}})
        return number

    async def next_message(self, place: JSON) -> JSON:
        """The next message that the bot sent or edited there and that hasn't been read yet."""
        async with asyncio.timeout(DEADLINE), self._changed:
            heard = self._heard[place["id"]]
            await self._changed.wait_for(lambda: bool(heard))
            return heard.popleft()

    def unread(self, place: JSON) -> list[JSON]:
        """What the bot sent there and nobody has read."""
        return [*self._heard[place["id"]]]

    async def settled(self) -> None:
        """Wait until the bot has been given every update and has confirmed it."""
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(lambda: not self.waiting)

    @property
    def waiting(self) -> bool:
        """Whether there are updates that the bot hasn't confirmed."""
        return bool(self._pending or self._posting)

    async def called(self, method: str, times: int = 1) -> Call:
        """Wait until a method has been called so many times; the call."""
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(lambda: len(self.calls_of(method)) >= times)
            return self.calls_of(method)[times - 1]

    def calls_of(self, method: str) -> list[Call]:
        """Every call of a method, in order."""
        return [call for call in self.calls if call.method == method]

    # --- trouble ------------------------------------------------------------------------------------------------

    def fails(self, method: str, *faults: Fault) -> None:
        """The next calls of a method go wrong, one fault each."""
        self._faults[method].extend(faults)

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hand out no update meanwhile, then all at once, in the order in which they were pushed."""
        self._holding = True
        yield
        async with self._changed:
            self._holding = False
            self._changed.notify_all()

    def release(self) -> None:
        """Let go of every answer that was held back."""
        self._released.set()

    async def push(self, update: JSON, *, number: int | None = None) -> int:
        """Put an update into the bot's queue, under a number of its own unless given; its update_id."""
        if number is None:
            self._last_update += 1
            number = self._last_update
        async with self._changed:
            self._pending.append({"update_id": number, **update})
            self._changed.notify_all()
        if self.world.webhook["url"]:
            self._post_pending()
        return number

    def post_webhooks_to(self, url: str, trust: ssl.SSLContext) -> None:
        """Where the public address of the webhook leads, as a name server would say."""
        self._posting_to, self.trust = url, trust

    # --- HTTP ---------------------------------------------------------------------------------------------------

    async def _endpoint(self, request: Request) -> Response:
        method = request.path_params["method"]
        params = await _params(request)
        async with self._changed:
            self.calls.append(Call(method, params, time.monotonic()))
            self._changed.notify_all()
        if request.path_params["token"] != self.token:
            return _refusal(Refused(401, "Unauthorized"))
        fault = self._next_fault(method, params.get("chat_id"))
        try:
            result = await self._do(method, params) if fault.done or fault.harmless else None
        except Refused as refused:
            return _refusal(refused)
        if fault.seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._released.wait(), None if fault.seconds == float("inf") else fault.seconds)
        return await self._answer(request, fault, result)

    def _next_fault(self, method: str, chat: object) -> Fault:
        """What goes wrong with this request; nothing where the faults are about other chats."""
        faults = self._faults[method]
        fault = next((each for each in faults if each.chat in {None, chat}), Fault())
        if fault in faults:
            faults.remove(fault)
        return fault

    async def _answer(self, request: Request, fault: Fault, result: object) -> Response:
        if fault.drop:
            self._cut(request)
        if fault.status is None:
            return JSONResponse({"ok": True, "result": result})
        if fault.description is None:
            page = f"<html><head><title>{fault.status}</title></head><body>nginx</body></html>"
            return Response(page, fault.status, media_type="text/html")
        parameters = {"retry_after": fault.retry_after} if fault.retry_after else {}
        return _refusal(Refused(fault.status, fault.description, parameters))

    def _cut(self, request: Request) -> None:
        client = request.scope["client"]
        for connection in [*self._server.server_state.connections]:
            if connection.client == client:  # type: ignore[union-attr]  # every HTTP protocol of uvicorn has it
                connection.transport.abort()

    async def _do(self, method: str, params: JSON) -> object:
        if method.lower() == "getupdates":
            return await self._get_updates(params)
        if method in {"sendMessage", "sendDocument", "editMessageText", "copyMessage"}:
            self._keep_pace(int(params.get("chat_id") or 0))
        result = self.world.call(method, params)
        if method.lower() == "setwebhook":
            self._allowed = self.world.webhook["allowed_updates"] or self._allowed
            self._post_pending()
        return result

    def _keep_pace(self, chat: int) -> None:
        now = time.monotonic()
        # A tenth of a second is left for the way here.
        if self.paced and chat > 0 and now - self._spoke.get(chat, 0.0) < 0.9:
            raise Refused(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        while self._spoken_at and self._spoken_at[0] < now - 1:
            self._spoken_at.popleft()
        if self.most_a_second and len(self._spoken_at) >= self.most_a_second:
            raise Refused(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        self._spoke[chat] = now
        self._spoken_at.append(now)

    def _spoken(self, message: JSON) -> None:
        self._heard[message["chat"]["id"]].append(message)

        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._later(asyncio.create_task(notify()))

    # --- updates ------------------------------------------------------------------------------------------------

    async def _get_updates(self, params: JSON) -> list[JSON]:
        """Long polling: https://core.telegram.org/bots/api#getupdates."""
        if self.world.webhook["url"]:
            advice = "use deleteWebhook to delete the webhook first"
            raise Refused(409, f"Conflict: can't use getUpdates method while webhook is active; {advice}")
        if "allowed_updates" in params:
            self._allowed = rules.allowed_updates(params["allowed_updates"]) or None
        self._poller += 1
        mine, offset = self._poller, params.get("offset") or 0
        async with self._changed:
            self._confirm(offset)
            self._changed.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(params.get("timeout") or 0, 50)):
                    await self._changed.wait_for(lambda: (self._pending and not self._holding) or mine != self._poller)
            if mine != self._poller:
                advice = "make sure that only one bot instance is running"
                raise Refused(409, f"Conflict: terminated by other getUpdates request; {advice}")
            self._pending = [update for update in self._pending if self._wanted(update)]
            return self._pending[: self._limit(offset, params.get("limit") or 100)]

    def _limit(self, offset: int, wanted: int) -> int:
        """The same offset again within half a second shows one update (Client::process_get_updates_query of the vendor's server)."""
        now = time.monotonic()
        before, at = self._polled
        self._polled = offset, now
        return 1 if offset and offset == before and now - at < 0.5 else wanted

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._pending = self._pending[offset:]
        elif offset:
            self._pending = [update for update in self._pending if update["update_id"] >= offset]

    def _wanted(self, update: JSON) -> bool:
        kind = next(key for key in update if key != "update_id")
        return self._allowed is None or kind in self._allowed

    def _post_pending(self) -> None:
        self._later(asyncio.create_task(self._deliver()))

    def _later(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self) -> None:
        """Post what is pending to the webhook until it is taken: https://core.telegram.org/bots/api#setwebhook.

        Chats at the same time, the updates of one in order (WebhookActor of the vendor's server).
        """
        pending, self._pending = self._pending, []
        self._posting += 1
        async with httpx.AsyncClient(trust_env=False, verify=self.trust, timeout=60) as client:
            await asyncio.gather(*(self._deliver_in_turn(client, each) for each in pending if self._wanted(each)))
        async with self._changed:
            self._posting -= 1
            self._changed.notify_all()

    async def _deliver_in_turn(self, client: httpx.AsyncClient, update: JSON) -> None:
        content = next(value for key, value in update.items() if key != "update_id")
        place = (content.get("message") or content).get("chat") or content.get("from") or {}
        async with self._delivering[place.get("id", 0)]:
            await self._deliver_one(client, update)

    async def _deliver_one(self, client: httpx.AsyncClient, update: JSON) -> None:
        pause = self.webhook_pause
        while url := self.world.webhook["url"]:
            secret = self.world.webhook["secret_token"]
            headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
            headers["Host"] = urlsplit(url).netloc
            try:
                status = (await client.post(self._posting_to or url, json=update, headers=headers)).status_code
            except httpx.HTTPError:
                status = 0
            self.acknowledged.append((update["update_id"], status))
            if status // 100 == 2:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_WEBHOOK_PAUSE)


async def _params(request: Request) -> JSON:
    """The parameters of a call: query, form or multipart."""
    kind = request.headers.get("content-type", "")
    values = dict(request.query_params)
    if kind.startswith("multipart/form-data"):
        async with request.form() as form:
            files = {key: {"file_name": each.filename} for key, each in form.items() if isinstance(each, UploadFile)}
            texts = {key: each for key, each in form.items() if isinstance(each, str)}
        return rules.decoded(values | texts) | files
    body = (await request.body()).decode()
    return rules.decoded(values | dict(parse_qsl(body, keep_blank_values=True)))


def _refusal(refused: Refused) -> Response:
    headers = {"Retry-After": str(refused.parameters["retry_after"])} if "retry_after" in refused.parameters else {}
    body: JSON = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return JSONResponse(body, refused.code, headers)


MEMBERSHIPS: dict[str, JSON] = {
    "kicked": {"until_date": 0},
    "administrator": dict.fromkeys(
        (
            *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
            *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users"),
            *("can_post_stories", "can_edit_stories", "can_delete_stories"),
        ),
        False,
    ),
}
"""What is said of a member beside their status: https://core.telegram.org/bots/api#chatmember."""


def buttons(message: JSON) -> list[JSON]:
    """The buttons under a message, row by row."""
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def labels(message: JSON) -> list[str]:
    """What the buttons under a message say."""
    return [button["text"] for button in buttons(message)]


def entities_of(text: str) -> list[JSON]:
    """The commands and mentions that Telegram finds in a text."""
    found: list[JSON] = []
    at = 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        kind = {"/": "bot_command", "@": "mention"}.get(word[0])
        if kind and word[1:].replace("@", "").replace("_", "").isascii() and len(word) > 1:
            found.append({"type": kind, "offset": rules.units(text[:start]), "length": rules.units(word)})
    return found


@contextlib.asynccontextmanager
async def bot_api(**settings: Any) -> AsyncIterator[BotAPI]:  # noqa: ANN401 -- fields of BotAPI
    """A running server."""
    async with BotAPI(**settings) as server:
        yield server

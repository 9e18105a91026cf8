"""The web channel: a chat page and the API that it speaks."""

import asyncio
from collections.abc import Callable, Sequence
from os import PathLike, stat_result
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

from bot.channels.channel import ChannelLimits
from bot.channels.web.api import choices_as_json, parse_request, reply_as_json
from bot.http.client_limit import ClientLimit
from bot.http.middleware import framed_by
from bot.http.request_body import read_body
from bot.messages import ChatIdentity, Choice, Incoming, Reply, SendError, SendFailure, Turn

MAX_BODY_BYTES = 64 * 1024
PAGE = Path(__file__).parent / "page"

RETRY_SECONDS = 60
"""After a refusal for haste: both limits count by the minute."""
_TOO_FAST = "发得太快了，请过一分钟再发。"


class WebChannel:
    """The chat page, served by the service itself; fills `Channel`."""

    name: Final = "web"
    limits: Final = ChannelLimits(proactive=False)

    def __init__(
        self,
        turn: Turn,
        starters: Callable[[], Sequence[Choice]],
        retention_days: int,
        *,
        public_origin: str = "",
        embed_origins: Sequence[str] = (),
        limit: ClientLimit | None = None,
    ) -> None:
        """Prepare the routes.

        Args:
            turn: answers a message.
            starters: the choices of the first screen.
            retention_days: how long the page says that a conversation is kept.
            public_origin: the origin under which people open the page through a proxy; empty: as the Host header says.
            embed_origins: those of partners' pages that may show the chat as a bubble.
            limit: how many messages one client address may send; None: the usual.
        """
        self._turn = turn
        self._starters = starters
        self._retention_days = retention_days
        self._public_origin = public_origin
        self._embed_origins = tuple(embed_origins)
        self._limit = limit or ClientLimit()
        self._stopping = asyncio.Event()
        self.connected = asyncio.Event()

    def routes(self) -> Sequence[BaseRoute]:
        """The page, its files, what its first screen offers, the message API, and what partners put into their pages."""
        embed = (Route("/embed.js", self._embed),) if self._embed_origins else ()
        return (
            *embed,
            Route("/", self._index),
            Route("/api/start", self._start),
            Route("/api/messages", self._messages, methods=["POST"]),
            Mount("/page", _PageFiles(directory=PAGE)),
        )

    async def run(self) -> None:
        """Wait for stop(): messages come in through the routes."""
        self.connected.set()
        await self._stopping.wait()

    async def stop(self, seconds: float) -> None:  # noqa: ARG002 -- the server itself finishes what it has begun to answer
        """End run()."""
        self._stopping.set()

    async def send(self, person: ChatIdentity, reply: Reply) -> None:  # noqa: ARG002 -- whoever it is and whatever it says
        """Raise SendError: the page shows only replies."""
        raise SendError(SendFailure.OTHER, "reply_only")

    async def health(self) -> str | None:
        """None: messages come in as long as the server runs that is asked for it."""
        return None

    async def _index(self, _: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        if self._embed_origins:
            headers["Content-Security-Policy"] = framed_by(self._embed_origins)
        return FileResponse(PAGE / "index.html", headers=headers)

    async def _embed(self, _: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
        return FileResponse(PAGE / "embed.js", media_type="text/javascript", headers=headers)

    async def _start(self, _: Request) -> Response:
        return JSONResponse({"choices": choices_as_json(self._starters()), "retention_days": self._retention_days})

    async def _messages(self, request: Request) -> Response:
        _refuse_other_sites(request, self._public_origin)
        _refuse_other_types(request)
        if not await self._limit.allows(request):
            raise HTTPException(429, _TOO_FAST, {"Retry-After": str(RETRY_SECONDS)})
        message = parse_request(await read_body(request, MAX_BODY_BYTES))
        person = ChatIdentity(self.name, message.session)
        reply = await self._turn(Incoming(person, message.text or "", message.choice, message_id=message.id))
        if reply is None:  # here only ever somebody who has been told that it is too fast
            raise HTTPException(429, _TOO_FAST, {"Retry-After": str(RETRY_SECONDS)})
        return JSONResponse(reply_as_json(reply))


def _refuse_other_types(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "请求头 Content-Type 要是 application/json。")


def _refuse_other_sites(request: Request, public_origin: str) -> None:
    """Let only our own page, or a program, speak for a person (w3.org/TR/fetch-metadata; Origin in older browsers)."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    host = request.headers.get("host", "")
    # A proxy may pass its own Host, which then isn't what the browser calls us.
    origins = {None, f"http://{host}", f"https://{host}", public_origin or None}
    if not (origin in origins if site is None else site in {"same-origin", "none"}):
        raise HTTPException(403, "这个请求来自别的网站，不受理。")


class _PageFiles(StaticFiles):
    """The page's files, revalidated at each visit so that an update shows at once; an unchanged file costs a 304."""

    @override
    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response

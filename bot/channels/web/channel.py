"""The web chat: a page and the API that it speaks."""

import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from os import PathLike, stat_result
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

from bot.http.request_body import read_body
from bot.messages import ChatIdentity, Choice, Incoming, Reply

CHANNEL = "web"
MAX_BODY_BYTES = 64 * 1024
MAX_SESSION_CHARS = 128
PAGE = Path(__file__).parent / "page"

Turn = Callable[[Incoming], Awaitable[Reply | None]]


def _nameable(session: str) -> str:
    if not session.strip() or any(unicodedata.category(character) == "Cc" for character in session):
        raise PydanticCustomError("session", "blank, or with control characters")
    return session


class Posted(BaseModel):
    """The body of POST /api/messages; unknown keys are passed over."""

    model_config = ConfigDict(frozen=True)

    session: Annotated[str, Field(max_length=MAX_SESSION_CHARS), AfterValidator(_nameable)]
    """Whatever names one talk; the page draws it at random."""
    text: str | None = None
    choice: str | None = None

    @model_validator(mode="after")
    def _text_or_choice(self) -> "Posted":
        neither = self.text is None and self.choice is None
        both = bool(self.text) and self.choice is not None
        if neither or both:
            raise PydanticCustomError("text_or_choice", "exactly one of text and choice")
        return self


def routes(turn: Turn, starters: Callable[[], Sequence[Choice]], retention_days: int) -> list[BaseRoute]:
    """The page, its files, what its first screen offers, and the message API."""

    async def index(_: Request) -> Response:
        return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-store"})

    async def start(_: Request) -> Response:
        return JSONResponse({"choices": _choices(starters()), "retention_days": retention_days})

    async def messages(request: Request) -> Response:
        _refuse_other_sites(request)
        _refuse_other_types(request)
        posted = _posted(await read_body(request, MAX_BODY_BYTES))
        person = ChatIdentity(CHANNEL, posted.session)
        reply = await turn(Incoming(person, posted.text or "", posted.choice))
        return JSONResponse(as_json(reply))

    return [
        Route("/", index),
        Route("/api/start", start),
        Route("/api/messages", messages, methods=["POST"]),
        Mount("/page", _PageFiles(directory=PAGE)),
    ]


def as_json(reply: Reply | None) -> dict[str, object]:
    """A reply in the API's form; silence is an answer without text."""
    if reply is None:
        return {"decision": "answer", "intent": None, "reply": {"text": "", "choices": [], "attachments": []}}
    return {
        "decision": reply.decision.value,
        "intent": reply.intent,
        "reply": {
            "text": reply.text,
            "choices": _choices(reply.choices),
            "attachments": [{"name": each.name, "url": each.url} for each in reply.attachments],
        },
    }


def _choices(choices: Sequence[Choice]) -> list[dict[str, str]]:
    return [{"label": choice.label, "value": choice.value} for choice in choices]


def _posted(body: bytes) -> Posted:
    try:
        return Posted.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(400, _remedy(error)) from None


def _remedy(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = first["loc"][0] if first["loc"] else first["type"]
    remedies = {
        "session": f"session 要是一个字符串，1 到 {MAX_SESSION_CHARS} 个字，不含控制字符。",
        "text": "text 要是一个字符串。",
        "choice": "choice 要是一个字符串。",
        "text_or_choice": "text 和 choice 要写一个，而且只写一个。",
    }
    form = '请求的内容要是 JSON，写成 {"session": "…", "text": "…"}，用 UTF-8 编码。'
    return remedies.get(str(place), form)


def _refuse_other_types(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "请求头 Content-Type 要是 application/json。")


def _refuse_other_sites(request: Request) -> None:
    """Only our own page, or a program, may speak for a person (w3.org/TR/fetch-metadata; Origin in older browsers)."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    host = request.headers.get("host", "")
    ours = origin in {None, f"http://{host}", f"https://{host}"} if site is None else site in {"same-origin", "none"}
    if not ours:
        raise HTTPException(403, "这个请求来自别的网站，不受理。")


class _PageFiles(StaticFiles):
    """The page's files, asked for anew each time so that an update shows at once; unchanged ones cost a 304."""

    @override
    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response

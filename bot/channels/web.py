"""The web chat: a page and the API that it speaks."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.messages import Incoming, Person, Reply

CHANNEL = "web"
MAX_BODY_BYTES = 64 * 1024
Turn = Callable[[Incoming], Awaitable[Reply]]


class Posted(BaseModel):
    """The body of POST /api/messages."""

    model_config = ConfigDict(frozen=True)

    session: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    text: str | None = None
    choice: Annotated[str, Field(max_length=64)] | None = None

    @model_validator(mode="after")
    def _text_or_choice(self) -> "Posted":
        if (self.text is None) == (self.choice is None):
            raise ValueError("exactly one of text and choice")
        return self


def routes(turn: Turn) -> list[BaseRoute]:
    """The page, its files and the message API."""
    page = files("bot.channels") / "page"

    async def index(_: Request) -> Response:
        return Response((page / "index.html").read_text("utf-8"), media_type="text/html")

    async def messages(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": "这条消息太长了，请分几次发。"}, status_code=413)
        try:
            posted = Posted.model_validate_json(body)
        except ValidationError:
            return JSONResponse({"error": "请求的格式不对。"}, status_code=400)
        person = Person(CHANNEL, posted.session)
        reply = await turn(Incoming(person, posted.text or "", posted.choice))
        return JSONResponse(as_json(reply))

    return [
        Route("/", index),
        Route("/api/messages", messages, methods=["POST"]),
        Mount("/page", StaticFiles(directory=str(page))),
    ]


def as_json(reply: Reply) -> dict[str, object]:
    """A reply in the API's form."""
    return {
        "decision": reply.decision.value,
        "intent": reply.intent,
        "reply": {
            "text": reply.text,
            "choices": [{"label": choice.label, "value": choice.value} for choice in reply.choices],
            "attachments": [{"name": each.name, "url": each.url} for each in reply.attachments],
        },
    }


async def _body(request: Request) -> bytes | None:
    """The request's body, or None as soon as it turns out too large."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MAX_BODY_BYTES:
            return None
    return bytes(read)

"""The JSON of the message API: what the page posts, and how a reply goes back."""

import unicodedata
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException

from bot.messages import Choice, Reply

MAX_SESSION_CHARS = 128
ID_FORM = r"^[A-Za-z0-9_-]{1,64}$"


def _without_control_characters(session: str) -> str:
    if not session.strip() or any(unicodedata.category(character) == "Cc" for character in session):
        raise PydanticCustomError("session", "blank, or with control characters")
    return session


class MessageRequest(BaseModel):
    """The body of POST /api/messages; unknown keys are ignored."""

    model_config = ConfigDict(frozen=True)

    session: Annotated[str, Field(max_length=MAX_SESSION_CHARS), AfterValidator(_without_control_characters)]
    """The id of one conversation; the page draws it at random."""
    text: str | None = None
    choice: str | None = None
    id: Annotated[str, Field(pattern=ID_FORM)] = ""
    """The same each time that one message is sent, so that a further try gets the answer of the first."""

    @model_validator(mode="after")
    def _text_or_choice(self) -> "MessageRequest":
        neither = self.text is None and self.choice is None
        both = bool(self.text) and self.choice is not None
        if neither or both:
            raise PydanticCustomError("text_or_choice", "exactly one of text and choice")
        return self


def parse_request(body: bytes) -> MessageRequest:
    """The request in a body; raises HTTPException 400 that says what to write."""
    try:
        return MessageRequest.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(400, _remedy(error)) from None


def reply_as_json(reply: Reply) -> dict[str, object]:
    """A reply in the API's form; one that is a part of an answer says which."""
    return {
        "decision": reply.decision.value,
        "intent": reply.intent,
        **({"part": reply.part.value} if reply.part is not None else {}),
        "reply": {
            "text": reply.text,
            "choices": choices_as_json(reply.choices),
            "attachments": [{"name": each.name, "url": each.url} for each in reply.attachments],
        },
    }


def choices_as_json(choices: Sequence[Choice]) -> list[dict[str, str]]:
    """Choices in the API's form."""
    return [{"label": choice.label, "value": choice.value} for choice in choices]


def _remedy(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = first["loc"][0] if first["loc"] else first["type"]
    remedies = {
        "session": f"session 要是一个字符串，1 到 {MAX_SESSION_CHARS} 个字，不含控制字符。",
        "text": "text 要是一个字符串。",
        "choice": "choice 要是一个字符串。",
        "id": "id 要是 1 到 64 个字母、数字、下划线或连字符，每条消息一个，重发时不变；也可以不写。",
        "text_or_choice": "text 和 choice 要写一个，而且只写一个。",
    }
    form = '请求的内容要是 JSON，写成 {"session": "…", "text": "…"}，用 UTF-8 编码。'
    return remedies.get(str(place), form)

"""What the Bot API refuses, with the vendor's words; each rule is on the vendor's page or in the source of its server.

https://core.telegram.org/bots/api
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.botapi_html import HTMLError, parse

JSON = dict[str, Any]
"""An object as the vendor sends it."""

MESSAGE_UNITS = 4096
RAW_BYTES = 1 << 15
CALLBACK_DATA_BYTES = 64
KEYBOARD_BUTTONS = 100
ROW_BUTTONS = 8
ANSWER_CHARACTERS = 200
INLINE_RESULTS = 50
UPDATE_KINDS = frozenset(
    {"message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result"}
    | {
        "callback_query",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "message_reaction",
        "poll",
        "poll_answer",
    }
)
BUTTON_KINDS = frozenset(
    {"callback_data", "url", "switch_inline_query", "switch_inline_query_current_chat", "copy_text"}
)


@dataclass
class Refused(Exception):  # noqa: N818 -- it is an answer, not a failure of this server
    """A request that the vendor turns down."""

    code: int
    description: str
    parameters: JSON = field(default_factory=dict)


def bad(description: str) -> Refused:
    """A 400 with the vendor's text."""
    return Refused(400, f"Bad Request: {description}")


def message_text(params: Mapping[str, Any]) -> tuple[str, list[JSON]]:
    """The text after parsing, with its entities."""
    raw = str(params.get("text") or "")
    if len(raw.encode("utf-8", "surrogatepass")) > RAW_BYTES:
        raise bad("text is too long")
    text, entities = raw, list[JSON]()
    if params.get("parse_mode"):
        if params["parse_mode"] != "HTML":
            raise bad("unsupported parse_mode")
        try:
            text, entities = parse(raw)
        except HTMLError as error:
            raise bad(f"can't parse entities: {error}") from None
    text = "".join(" " if ord(each) < 32 and each != "\n" else each for each in text.replace("\r", "")).strip()
    if not text:
        raise bad("message text is empty")
    if units(text) > MESSAGE_UNITS:
        raise bad("message is too long")
    return text, entities


def units(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def inline_keyboard(markup: object) -> list[list[JSON]] | None:
    """The rows of an inline keyboard; None if there is none."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list):
        return None
    for button in (button for row in rows for button in row):
        _button(button)
    if sum(map(len, rows)) > KEYBOARD_BUTTONS or any(len(row) > ROW_BUTTONS for row in rows):
        raise bad("reply markup is too long")
    return [row for row in rows if row] or None


def _button(button: JSON) -> None:
    if not str(button.get("text", "")).strip():
        raise bad('can\'t parse inline keyboard button: Field "text" must be non-empty')
    given = BUTTON_KINDS & {key for key, value in button.items() if value != "" or key.startswith("switch")}
    if len(given) != 1:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(str(button.get("callback_data", "")).encode()) > CALLBACK_DATA_BYTES:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button and not re.match(r"^(https?|tg)://\S+$", str(button["url"])):
        raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def inline_results(results: object) -> list[JSON]:
    """The results of an inline query."""
    if not isinstance(results, list):
        raise bad("can't parse inline query results")
    if len(results) > INLINE_RESULTS:
        raise bad("too many inline query results specified")
    seen = [str(result.get("id", "")) for result in results]
    if any(not 1 <= len(each.encode()) <= 64 for each in seen):
        raise bad("RESULT_ID_INVALID")
    if len(set(seen)) < len(seen):
        raise bad("RESULT_ID_DUPLICATE")
    for result in results:
        if result.get("type") == "article" and not result.get("title"):
            raise bad('can\'t parse inline query result: Field "title" must be non-empty')
        content = result.get("input_message_content", {})
        message_text({"text": content.get("message_text"), "parse_mode": content.get("parse_mode")})
        inline_keyboard(result.get("reply_markup"))
    return results


def commands(given: object) -> list[JSON]:
    """The list of setMyCommands."""
    if not isinstance(given, list) or len(given) > 100:
        raise bad("too many commands specified")
    for each in given:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(each.get("command", ""))):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(each.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return given


def allowed_updates(given: object) -> frozenset[str] | None:
    """The kinds asked for; a name that doesn't exist is the caller's mistake, though the vendor only ignores it."""
    if given is None:
        return None
    if not isinstance(given, list) or not set(given) <= UPDATE_KINDS:
        raise bad(f"can't parse allowed_updates: unknown kind among {given}")
    return frozenset(given)


def at_most(params: Mapping[str, Any], name: str, characters: int) -> str:
    """A text parameter within its limit."""
    value = str(params.get(name) or "")
    if len(value) > characters:
        raise bad(f"{name} is too long")
    return value


def webhook(params: Mapping[str, Any], *, local: bool) -> JSON:
    """The settings of a webhook; only a server of one's own (`local`) takes HTTP and any port."""
    url, secret = str(params.get("url") or ""), str(params.get("secret_token") or "")
    if url and not local and not re.match(r"^https://[^/:]+(:(443|80|88|8443))?(/|$)", url):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    return {"url": url, "secret_token": secret, "allowed_updates": allowed_updates(params.get("allowed_updates"))}


def decoded(values: Mapping[str, str]) -> JSON:
    """Form fields as JSON values; what isn't JSON stays text."""
    keep = {"text", "caption", "secret_token", "callback_query_id", "inline_query_id", "description", "url"}
    return {key: value if key in keep else _json(value) for key, value in values.items()}


def _json(value: str) -> Any:  # noqa: ANN401 -- any JSON value
    try:
        return json.loads(value)
    except ValueError:
        return value

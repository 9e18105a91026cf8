"""Updates by webhook: believed only with the secret, acknowledged when their work begins."""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.telegram import limits
from bot.http.request_body import read_body

log = structlog.get_logger(__name__)

PATH: Final = "/telegram"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the header's name

TakeUpdate = Callable[[dict[str, object]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram posts updates, and how it shows that it is Telegram."""

    url: str
    """The public address of PATH on this server."""
    secret: SecretStr
    """What Telegram sends along in SECRET_HEADER."""


class NotReadyError(Exception):
    """The work on an update can't begin now: the bot isn't connected yet, or not any more, or the chat is busy for long."""


def webhook_route(secret: SecretStr, take: TakeUpdate) -> Route:
    """POST /telegram (https://core.telegram.org/bots/api#setwebhook).

    Answers 200 once the update is claimed, when its work begins: until then it is Telegram's, which sends the chat's next one only
    afterwards; 503 when the work can't begin now, so that Telegram sends it again; 403 without the secret; 415, 413, 408 and 400
    for what isn't an update.

    Args:
        secret: what Telegram sends along.
        take: queues an update, given as JSON, and returns when its work begins; raises NotReadyError.
    """
    expected = secret.get_secret_value().encode()

    async def endpoint(request: Request) -> Response:
        # Headers are bytes; Starlette shows them as Latin-1. compare_digest on str would raise for non-ASCII.
        given = request.headers.get(SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, expected):
            raise HTTPException(403, "没有权限。")
        update = await _read_update(request)
        try:
            await take(update)
        except NotReadyError as error:
            log.info("update_refused", reason=str(error))
            raise HTTPException(503, "现在处理不了，请稍后再发。", {"Retry-After": "5"}) from None
        return Response()

    return Route(PATH, endpoint, methods=["POST"])


async def _read_update(request: Request) -> dict[str, object]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "只接受 JSON。")
    body = await read_body(request, limits.UPDATE_BYTES)
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "不是合法的 JSON。") from None
    if not isinstance(update, dict) or type(update.get("update_id")) is not int:
        raise HTTPException(400, "不是 Telegram 的更新。")
    return update

"""Updates by webhook: believed only with the secret, acknowledged after they are claimed."""

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
from bot.store.errors import StoreError

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
    """The bot isn't connected yet, or not any more."""


def webhook_route(secret: SecretStr, take: TakeUpdate) -> Route:
    """POST /telegram (https://core.telegram.org/bots/api#setwebhook).

    Answers 200 once the update is claimed, before it is worked on; 503 when the update can't be claimed now, so that
    Telegram sends it again; 403 without the secret; 415, 413, 408 and 400 for what isn't an update.

    Args:
        secret: what Telegram sends along.
        take: claims and queues an update, given as JSON; raises StoreError or NotReadyError.
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
        except (StoreError, NotReadyError) as error:
            log.error("update_refused", reason=str(error))
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

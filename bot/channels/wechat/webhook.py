"""The callback of an official account: believed only with a signature, answered within WeChat's five seconds."""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from pydantic import SecretStr
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.wechat.intake import Count
from bot.channels.wechat.messages import WeChatMessage
from bot.channels.wx import xml
from bot.channels.wx.crypto import CryptoError, MessageCrypto, require_signature
from bot.http.request_body import read_body

log = structlog.get_logger(__name__)

PATH: Final = "/wechat"
NO_ANSWER: Final = "success"
"""The body by which WeChat knows that we got it and say nothing."""
UNREADABLE: Final = "unreadable"
REFUSED: Final = "refused"

SIGNED_SECONDS: Final = 12 * 3600.0
"""How long a signature is believed: longer than clocks differ, shorter than a claim lasts, so that nothing is answered twice by it."""

Take = Callable[[WeChatMessage, Awaitable[object]], Awaitable[str | None]]


class Webhook:
    """GET and POST /wechat (https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html).

    403 for what isn't signed by WeChat for this account within half a day: its signature, AppID or padding is wrong, or it is plain although
    encryption is on. 400 and 413 for what is no XML of WeChat's. Otherwise always 200, because WeChat takes any other status
    for a failure and sends the message again at once.
    """

    def __init__(self, token: SecretStr, crypto: MessageCrypto | None, take: Take, count: Count) -> None:
        """Prepare the route.

        Args:
            token: what WeChat signs with.
            crypto: opens and closes messages; None in plain mode.
            take: gives the text to answer a message with, None for none; its second argument is done when WeChat is gone.
            count: counts an event by its kind.
        """
        self._token = token
        self._crypto = crypto
        self._take = take
        self._count = count

    def route(self) -> Route:
        """GET and POST of one address."""
        return Route(PATH, self._endpoint, methods=["GET", "POST"])

    async def _endpoint(self, request: Request) -> Response:
        query = request.query_params
        try:
            require_signature(
                query.get("signature", ""),
                self._token.get_secret_value(),
                query.get("timestamp", ""),
                query.get("nonce", ""),
            )
            _require_fresh(query.get("timestamp", ""))
            if request.method != "POST":
                return PlainTextResponse(query.get("echostr", ""))
            fields = self._opened(xml.read(await read_body(request, xml.BODY_BYTES)), query)
        except CryptoError as error:
            self._count(REFUSED)
            log.warning("wechat_refused", reason=str(error))
            raise HTTPException(403, "没有权限。") from None
        except xml.XMLError as error:
            self._count(UNREADABLE)
            log.warning("wechat_unreadable", reason=str(error))
            raise HTTPException(400, "不是微信的消息。") from None
        try:
            message = WeChatMessage.from_fields(fields)
        except xml.XMLError:
            self._count(UNREADABLE)
            return PlainTextResponse(NO_ANSWER)
        text = await self._take(message, _until_gone(request))
        return self._reply(message, text)

    def _opened(self, fields: dict[str, str], query: QueryParams) -> dict[str, str]:
        """The fields of the message itself; raises CryptoError, XMLError.

        With a key the encrypted part counts, in 兼容模式 too, where the message stands beside it in plain; without one only the
        plain part can.
        """
        if self._crypto is None:
            if "MsgType" not in fields and "Encrypt" in fields:
                raise CryptoError("encrypted, but YOUSHU_WECHAT_AES_KEY is not set")
            return fields
        if "Encrypt" not in fields or query.get("encrypt_type", "") != "aes":
            raise CryptoError("plain")
        opened = self._crypto.decrypt(
            fields["Encrypt"], query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
        )
        return xml.read(opened)

    def _reply(self, message: WeChatMessage, text: str | None) -> Response:
        if text is None:
            return PlainTextResponse(NO_ANSWER)
        now = int(time.time())
        body = xml.text_reply(message.person, message.account, now, text)
        if self._crypto is not None:
            body = xml.encrypted_reply(self._crypto.encrypt(body, str(now), secrets.token_hex(8)))
        return Response(body, media_type="application/xml")


def _require_fresh(timestamp: str) -> None:
    """Raise CryptoError for a signature of long ago: in plain mode it says nothing of the message, and whoever reads one could go on with it."""
    signed = (
        int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= len("9999999999") else 0
    )
    if abs(time.time() - signed) > SIGNED_SECONDS:
        raise CryptoError("timestamp")


async def _until_gone(request: Request) -> None:
    """Return once the other side has cut the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass

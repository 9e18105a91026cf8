"""The callback of a company's app: believed only if it is signed and encrypted for it, acknowledged at once."""

from collections.abc import Callable
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.wecom.messages import Callback
from bot.channels.wx import xml
from bot.channels.wx.api import Count
from bot.channels.wx.crypto import CryptoError, MessageCrypto
from bot.http.request_body import read_body

log = structlog.get_logger(__name__)

PATH: Final = "/wecom"
UNREADABLE: Final = "unreadable"
REFUSED: Final = "refused"

Notice = Callable[[Callback], None]


class Webhook:
    """GET and POST /wecom (https://developer.work.weixin.qq.com/document/path/90930).

    403 for what isn't signed by WeCom for this company: its signature, CorpID or padding is wrong, or it is plain. 400 and 413
    for what is no XML of WeCom's. Otherwise 200 and nothing, before anything is pulled: no answer within five seconds would bring
    the callback again.
    """

    def __init__(self, crypto: MessageCrypto, notice: Notice, count: Count) -> None:
        """Prepare the route.

        Args:
            crypto: opens messages.
            notice: told of each callback; returns at once.
            count: counts an event by its kind.
        """
        self._crypto = crypto
        self._notice = notice
        self._count = count

    def route(self) -> Route:
        """GET and POST of one address."""
        return Route(PATH, self._endpoint, methods=["GET", "POST"])

    async def _endpoint(self, request: Request) -> Response:
        try:
            if request.method != "POST":
                return PlainTextResponse(self._opened(request, request.query_params.get("echostr", "")))
            sealed = xml.read(await read_body(request, xml.BODY_BYTES))
            callback = Callback.from_fields(xml.read(self._opened(request, sealed.get("Encrypt", ""))))
        except CryptoError as error:
            self._count(REFUSED)
            log.warning("wecom_refused", reason=str(error))
            raise HTTPException(403, "没有权限。") from None
        except xml.XMLError as error:
            self._count(UNREADABLE)
            log.warning("wecom_unreadable", reason=str(error))
            raise HTTPException(400, "不是企业微信的消息。") from None
        if callback is not None:
            self._notice(callback)
        return Response()

    def _opened(self, request: Request, encrypted: str) -> bytes:
        """What was encrypted; raises CryptoError."""
        query = request.query_params
        return self._crypto.decrypt(
            encrypted, query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
        )

"""The WeChat channel: an official account's callback, and for a verified account what WeChat's API adds."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from pydantic import SecretStr
from starlette.routing import BaseRoute

from bot.channels.channel import ChannelLimits
from bot.channels.wechat import sending, wording
from bot.channels.wechat.api import BASE_URL, WeChatAPI
from bot.channels.wechat.claims import CHANNEL, BatchedClaims, Claims
from bot.channels.wechat.errors import APIError
from bot.channels.wechat.handlers import Forget, MessageHandlers
from bot.channels.wechat.intake import Count, MessageIntake, Pace
from bot.channels.wechat.limits import channel_limits
from bot.channels.wechat.quota import Quotas
from bot.channels.wechat.startup import menu, retry_token
from bot.channels.wechat.waiting import WaitingRoom
from bot.channels.wechat.webhook import Webhook
from bot.channels.wx.crypto import MessageCrypto
from bot.messages import ChatIdentity, Choice, Reply, SendError, SendFailure, Turn

log = structlog.get_logger(__name__)

AGAIN_SECONDS: Final = 300.0
"""After so long it is seen whether what WeChat's API refused has been mended."""


@dataclass(frozen=True, slots=True)
class Options:
    """The account, as mp.weixin.qq.com shows it."""

    token: SecretStr
    app_id: str = ""
    """Needed with a key or a secret."""
    aes_key: SecretStr | None = None
    """Empty: plain mode."""
    app_secret: SecretStr | None = None
    """Of a verified account; empty: it can only reply."""
    base_url: str = BASE_URL
    pace: Pace = field(default_factory=Pace)


class WeChatChannel:
    """One official account; fills `Channel`."""

    name: Final = CHANNEL

    def __init__(
        self,
        options: Options,
        *,
        turn: Turn,
        forget: Forget,
        claims: Claims,
        count: Count,
        groups: Callable[[], Sequence[Choice]] = tuple,
    ) -> None:
        """Put the channel together; nothing is sent before run().

        Args:
            options: the account.
            turn: answers a message.
            forget: deletes all that is kept of a person.
            claims: remembers which messages were taken.
            count: counts an event by its kind.
            groups: the choices that open the groups of topics, for the menu.
        """
        self._groups = groups
        self._count = count
        self._api = _api_of(options)
        self._quotas = Quotas()
        self._problem: str | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.limits: ChannelLimits = channel_limits(verified=self._api is not None)
        self.connected = asyncio.Event()
        waiting = WaitingRoom()
        handlers = MessageHandlers(turn, forget, count, waiting, self._quotas)
        self._intake = MessageIntake(handlers.handle, BatchedClaims(claims), count, waiting, options.pace)
        crypto = None
        if options.aes_key is not None:
            crypto = MessageCrypto(options.token, options.aes_key, options.app_id)
        self._webhook = Webhook(options.token, crypto, self._intake.take, count)

    def routes(self) -> Sequence[BaseRoute]:
        """Where WeChat checks the server and posts messages."""
        return (self._webhook.route(),)

    async def run(self) -> None:
        """Wait for stop(): messages come in through the route. A verified account's menu is set beside it."""
        if self._stopping.is_set():
            return
        if self._api is None:
            self.connected.set()
        else:
            self._connecting = asyncio.create_task(self._connect(self._api))
        await self._stopping.wait()

    async def stop(self, seconds: float) -> None:
        """Finish what is in work, within so many seconds."""
        self._stopping.set()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
        await self._intake.finish(seconds)
        if self._api is not None:
            await self._api.close()

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        """Write to a person proactively by 客服消息, all of it or nothing; raises SendError, always without a verified account."""
        if self._api is None:
            raise SendError(SendFailure.OTHER, "reply_only")
        texts = sending.messages(reply)
        left = self._quotas.left(person.user)
        if left is not None and left < len(texts):
            self._count("quota")
            raise SendError(SendFailure.OTHER, "quota", remedy=wording.QUOTA.format(needed=len(texts), left=left))
        for text in texts:
            await self._send(self._api, person.user, text)

    async def health(self) -> str | None:
        """None while messages come in; of a verified account also what its API refuses and what to do about it."""
        return self._problem

    async def _send(self, api: WeChatAPI, user: str, text: str) -> None:
        try:
            await api.send_text(user, text)
        except APIError as error:
            self._count(str(error))
            log.warning("wechat_not_sent", kind=str(error), remedy=error.remedy)
            raise SendError(SendFailure.OTHER, str(error), remedy=f"{error.remedy}。") from None
        self._quotas.spend(user)

    async def _connect(self, api: WeChatAPI) -> None:
        """Get a token and set the menu; what the operator must mend first is told once, and tried again from time to time."""
        while True:
            try:
                await retry_token(api)
                await api.set_menu(menu(self._groups()))
            except APIError as error:
                # Replies need no access token: the talk goes on without a menu and without operators.
                if error.remedy != self._problem:
                    self._problem = error.remedy
                    self._count(str(error))
                    log.error("wechat_api_refused", kind=str(error), remedy=error.remedy)
            else:
                self._problem = None
                log.info("wechat_verified")
            self.connected.set()
            if self._problem is None:
                return
            await asyncio.sleep(AGAIN_SECONDS)


def _api_of(options: Options) -> WeChatAPI | None:
    return WeChatAPI(options.app_id, options.app_secret, options.base_url) if options.app_secret is not None else None

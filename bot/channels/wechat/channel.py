"""The WeChat channel: an official account's callback, and for a verified account what WeChat's API adds."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from pydantic import SecretStr
from starlette.routing import BaseRoute

from bot.channels.channel import ChannelLimits
from bot.channels.fragments import JOIN_SECONDS, FragmentJoiner, MessageReader
from bot.channels.wechat import quota, sending, waiting, wording
from bot.channels.wechat.admin import AdminHandlers
from bot.channels.wechat.api import BASE_URL, WeChatAPI
from bot.channels.wechat.errors import SETTINGS_CODES, TOKEN_CODES, APIError
from bot.channels.wechat.handlers import Forget, MessageHandlers
from bot.channels.wechat.intake import Claims, Count, MessageIntake, Pace
from bot.channels.wechat.keeping import CHANNEL, ChannelStates, Keeper
from bot.channels.wechat.limits import channel_limits
from bot.channels.wechat.quota import LastHeard, Quotas
from bot.channels.wechat.shared_answers import SharedAnswers
from bot.channels.wechat.startup import menu
from bot.channels.wechat.waiting import WaitingRoom
from bot.channels.wechat.webhook import Webhook
from bot.channels.wx.crypto import MessageCrypto
from bot.channels.wx.startup import retry_token
from bot.messages import ChatIdentity, Choice, Reply, SendError, SendFailure, Turn
from bot.operators.admin_commands import AdminCommands
from bot.store.errors import StoreError
from bot.talk.fragments import expects_more, in_danger, stands_alone

log = structlog.get_logger(__name__)

AGAIN_SECONDS: Final = 300.0
"""After so long it is seen whether what WeChat's API refused has been mended."""

STORE_AGAIN_SECONDS: Final = 30.0
"""After so long a store that was away at the start is asked again."""


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
    join_seconds: float = JOIN_SECONDS
    """How long what looks unfinished waits for the next message; WeChat waits five seconds for an answer to it."""
    several: bool = False
    """Whether other processes serve the same account."""


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
        states: ChannelStates,
        last_heard: LastHeard | None = None,
        groups: Callable[[], Sequence[Choice]] = tuple,
        admin_commands: AdminCommands | None = None,
    ) -> None:
        """Put the channel together; nothing is sent before run().

        Args:
            options: the account.
            turn: answers a message.
            forget: deletes all that is kept of a person.
            claims: remembers which messages were taken.
            count: counts an event by its kind.
            states: keeps what waits for people, and what was sent to them, over a restart.
            last_heard: when somebody's talk was last kept.
            groups: the choices that open the groups of topics, for the menu.
            admin_commands: what operators can do.
        """
        self._groups = groups
        self._count = count
        self._api = _api_of(options)
        self._keepers = [Keeper(states, kind) for kind in (waiting.KIND, quota.KIND)]
        self._waiting = WaitingRoom(self._keepers[0])
        self._quotas = Quotas(self._keepers[1], last_heard)
        self._problem: str | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.limits: ChannelLimits = channel_limits(verified=self._api is not None)
        self.connected = asyncio.Event()
        style = self.limits.choice_style
        admin = AdminHandlers(admin_commands, style) if admin_commands is not None else None
        several = self._several = options.several
        handlers = MessageHandlers(turn, forget, count, self._waiting, self._quotas, style, admin, several)
        fragments = FragmentJoiner(MessageReader(in_danger, expects_more, stands_alone), options.join_seconds)
        shared = SharedAnswers(states, options.pace.beat) if several else None
        self._intake = MessageIntake(
            handlers.handle, claims, count, self._waiting, options.pace, fragments=fragments, shared=shared
        )
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
        restoring = asyncio.create_task(self._restore())
        if self._api is None:
            self.connected.set()
        else:
            self._connecting = asyncio.create_task(self._connect(self._api))
        await self._stopping.wait()
        restoring.cancel()
        await asyncio.wait({restoring})

    async def stop(self, seconds: float) -> None:
        """Finish what is in work, within so many seconds."""
        self._stopping.set()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
        await self._intake.finish(seconds)
        for keeper in self._keepers:
            await keeper.finish(seconds)
        if self._api is not None:
            await self._api.close()

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        """Write to a person proactively by 客服消息, all of it or nothing; raises SendError, always without a verified account."""
        if self._api is None:
            raise SendError(SendFailure.OTHER, "reply_only")
        texts = sending.messages(reply)
        await self._waiting.restored.wait()
        if self._several:
            await asyncio.gather(self._waiting.refresh(person.user), self._quotas.refresh(person.user))
        left = await self._quotas.left(person.user)
        if left is not None and left < len(texts):
            self._count("quota")
            raise SendError(SendFailure.OTHER, "quota", remedy=wording.QUOTA.format(needed=len(texts), left=left))
        for text in texts:
            await self._send(self._api, person.user, text)
        if reply.choices:
            # The talk doesn't know them: what is written by itself is none of its turns.
            self._waiting.of(person.user).values = tuple(choice.value for choice in reply.choices)
            self._waiting.keep(person.user)
        if self._several:
            await asyncio.gather(*(keeper.settle() for keeper in self._keepers))

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

    async def _restore(self) -> None:
        """Read from the store what waited before the start, again and again while it is away; of several each message reads its own."""
        if self._several:
            self._waiting.restored.set()
            return
        while True:
            try:
                await self._quotas.restore()
                await self._waiting.restore()
            except StoreError as error:
                self._waiting.restored.set()  # people are answered all the same
                log.error("states_not_read", reason=str(error))
                await asyncio.sleep(STORE_AGAIN_SECONDS)
            else:
                return

    async def _connect(self, api: WeChatAPI) -> None:
        """Get a token and set the menu; what the operator must mend first is told once, and tried again from time to time."""
        while True:
            try:
                await retry_token(api, "wechat_not_reached", SETTINGS_CODES | TOKEN_CODES)
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

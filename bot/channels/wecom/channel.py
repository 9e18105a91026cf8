"""The WeCom channel: callbacks wake pullers, what they pull is answered by the conversation, and operators write to people."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

import structlog
from pydantic import SecretStr
from starlette.routing import BaseRoute

from bot.channels.fragments import JOIN_SECONDS, FragmentJoiner, MessageReader
from bot.channels.wecom import quota, sending, waiting, wording
from bot.channels.wecom.api import BASE_URL, WeComAPI
from bot.channels.wecom.delivery import Delivery
from bot.channels.wecom.errors import SETTINGS_CODES, TOKEN_CODES, APIError
from bot.channels.wecom.handlers import MessageHandlers
from bot.channels.wecom.intake import MessageIntake, Pulls
from bot.channels.wecom.keeping import CHANNEL, Keeper
from bot.channels.wecom.limits import LIMITS
from bot.channels.wecom.messages import Callback
from bot.channels.wecom.quota import Quotas
from bot.channels.wecom.sessions import Sessions
from bot.channels.wecom.startup import known_accounts
from bot.channels.wecom.syncing import Syncer
from bot.channels.wecom.waiting import WaitingRoom
from bot.channels.wecom.webhook import Webhook
from bot.channels.wx.api import Count
from bot.channels.wx.crypto import MessageCrypto
from bot.channels.wx.keeping import ChannelStates
from bot.channels.wx.startup import retry_token
from bot.jobs.jobs import Jobs
from bot.messages import ChatIdentity, Reply, SendError, SendFailure, Turn
from bot.store.errors import StoreError
from bot.talk.fragments import expects_more, in_danger, stands_alone

log = structlog.get_logger(__name__)

LOST: Final = "wecom_lost"
"""The job that looks for what was lost with other processes."""
AGAIN_SECONDS: Final = 300.0
"""After so long it is seen whether what WeCom's API refused has been mended."""


@dataclass(frozen=True, slots=True)
class Options:
    """The company and its app, as work.weixin.qq.com shows them."""

    corp_id: str
    kf_secret: SecretStr
    token: SecretStr
    aes_key: SecretStr
    api_url: str = BASE_URL
    first_pause: float = 1.0
    """Seconds before a call that failed is tried again; tests have less."""
    join_seconds: float = JOIN_SECONDS
    """How long what looks unfinished waits for the next message."""
    several: bool = False
    """Whether other processes serve the same accounts."""


class WeComChannel:
    """The customer-service accounts of one company; fills `Channel`."""

    name: Final = CHANNEL
    limits: Final = LIMITS

    def __init__(
        self,
        options: Options,
        *,
        turn: Turn,
        has_topic: Callable[[str], bool],
        pulls: Pulls,
        states: ChannelStates,
        jobs: Jobs,
        count: Count,
    ) -> None:
        """Put the channel together; nothing is sent before run().

        Args:
            options: the company.
            turn: answers a message.
            has_topic: whether the FAQ has an intent with this id.
            pulls: keeps cursors and what is in work.
            states: keeps what waits for people, and how many messages they may still get.
            jobs: among which the pulls are.
            count: counts an event by its kind.
        """
        several = self._several = options.several
        self._known: tuple[str, ...] = ()
        self._first_pause = options.first_pause
        self._pulls = pulls
        self._count = count
        self._api = WeComAPI(options.corp_id, options.kf_secret, options.api_url)
        self._quotas = Quotas(keeper=Keeper(states, quota.KIND), several=several)
        room = WaitingRoom(keeper=Keeper(states, waiting.KIND), several=several)
        self._keepers = (self._quotas.keeper, room.keeper)
        self._sessions = Sessions(self._api, count)
        self._delivery = Delivery(self._api, self._quotas, self._sessions, count, options.first_pause / 2)
        handlers = MessageHandlers(turn, has_topic, count, self._delivery, self._quotas, self._sessions, room)
        fragments = FragmentJoiner(MessageReader(in_danger, expects_more, stands_alone), options.join_seconds)
        self._intake = MessageIntake(handlers, pulls, count, fragments, several)
        self._syncer = Syncer(
            self._api, self._intake, pulls, count, jobs, first_pause=options.first_pause, several=several
        )
        if several:
            jobs.handle(LOST, lambda _: self._report_lost())
            jobs.every(1, LOST)
        crypto = MessageCrypto(options.token, options.aes_key, options.corp_id)
        self._webhook = Webhook(crypto, self._notice, count)
        self._problem: str | None = None
        self._stopping = asyncio.Event()
        self.connected = asyncio.Event()

    def routes(self) -> Sequence[BaseRoute]:
        """Where WeCom checks the address and says that something came."""
        return (self._webhook.route(),)

    async def run(self) -> None:
        """Say what a crash has cut off, get a token, look for what came meanwhile; callbacks come in through the route."""
        if self._stopping.is_set():
            return
        connecting = asyncio.create_task(self._connect())
        await self._stopping.wait()
        connecting.cancel()
        await asyncio.wait({connecting})

    async def stop(self, seconds: float) -> None:
        """Pull no more and finish what is in work, within so many seconds."""
        self._stopping.set()
        await self._syncer.stop()
        await self._intake.finish(seconds)
        for keeper in self._keepers:
            if keeper is not None:
                await keeper.finish(seconds)
        await self._api.close()

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        """Write to a person proactively, all of it or nothing where the quota is known; raises SendError."""
        if reply.originals:
            raise SendError(SendFailure.OTHER, "text_only", remedy=wording.TEXT_TO_SEND)
        messages = sending.outgoing(reply)
        await self._quotas.refresh(person.user)
        left = self._quotas.left(person.user)
        if left is not None and left < len(messages):
            self._count("quota")
            raise SendError(SendFailure.OTHER, "quota", remedy=wording.QUOTA.format(needed=len(messages), left=left))
        known = self._quotas.account(person.user)
        accounts = (known,) if known is not None else tuple(dict.fromkeys((*self._known, *self._syncer.accounts)))
        error = SendError(SendFailure.CHAT_NOT_FOUND, "no_account", remedy=wording.NOT_HEARD_OF)
        cause = token_hex(16)
        # Of somebody who hasn't written since the start it isn't known where they did: another account isn't let through to them.
        for account in accounts:
            try:
                await self._delivery.deliver(account, person.user, deque(messages), cause)
            except APIError as refused:
                error = SendError(SendFailure.OTHER, str(refused), remedy=f"{refused.remedy}。")
            else:
                return
        raise error

    async def health(self) -> str | None:
        """None while messages come in and go out; otherwise what WeCom refuses and what to do about it."""
        return self._problem or self._syncer.problem or self._sessions.problem

    def _notice(self, callback: Callback) -> None:
        self._syncer.wake(callback.account, callback.token, callback.created)

    async def _connect(self) -> None:
        """Get a token and pull what came meanwhile; what the operator must mend first is told once, and tried again."""
        if not self._several:
            await self._report_lost()
        while True:
            try:
                await retry_token(self._api, "wecom_not_reached", SETTINGS_CODES | TOKEN_CODES, self._first_pause)
                accounts = await known_accounts(self._api, self._pulls)
            except APIError as error:
                if error.remedy != self._problem:
                    self._problem = error.remedy
                    self._count(str(error))
                    log.error("wecom_api_refused", kind=str(error), remedy=error.remedy)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._problem = None
                self._known = tuple(accounts)
                for account in accounts:
                    self._syncer.wake(account)
                log.info("wecom_connected", accounts=len(accounts))
                self.connected.set()
                return

    async def _report_lost(self) -> None:
        try:
            await self._intake.report_lost()
        except StoreError as error:
            log.error("lost_not_read", reason=str(error))

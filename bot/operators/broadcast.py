"""Sends one message to everybody with a talk in a channel: shown first, sent after a confirmation, slowly."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from secrets import token_hex

import structlog
from aiolimiter import AsyncLimiter

from bot.choices import AdminAction, AdminButton
from bot.messages import UNREACHABLE, ChatIdentity, Choice, Reply, Section, Send, SendError, SendFailure
from bot.store.broadcasts import QueuedBroadcast
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.talk import wording
from intents import Decision

log = structlog.get_logger(__name__)

PER_SECOND = 10.0
"""A third of what Telegram allows to everybody (https://core.telegram.org/bots/faq), so that answers aren't held up."""
CLOSE_SECONDS = 2.0
"""How long a message under way may take at the end."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A text that its operator has seen and not yet confirmed."""

    key: str
    text: str


@dataclass(slots=True)
class _Delivery:
    """How far one broadcast got."""

    before_restart: int
    """Recipients whom a process before this one had reached, or tried to."""
    sent: int = 0
    blocked: int = 0
    """They don't want to hear from the bot any more."""
    failed: int = 0
    remaining: int = 0

    def count(self, failure: SendFailure | None) -> None:
        """One more recipient, and why they weren't reached, if they weren't."""
        if failure is None:
            self.sent += 1
        elif failure is SendFailure.BLOCKED:
            self.blocked += 1
        else:
            self.failed += 1

    @property
    def summary(self) -> str:
        """What the operator reads at the end."""
        parts = [
            *([f"服务重启前已发过 {self.before_restart} 人"] if self.before_restart else []),
            f"送到 {self.sent} 人",
            *([f"{self.blocked} 人已屏蔽机器人"] if self.blocked else []),
            *([f"{self.failed} 人没送到"] if self.failed else []),
            *([f"服务停了，{self.remaining} 人没发"] if self.remaining else []),
        ]
        return f"群发结束：{'，'.join(parts)}。"


class BroadcastSender:
    """Sends one broadcast at a time, and after a crash the rest of it, to everybody at most once.

    Drafts live in memory: after a restart nothing old goes out by a stray tap.
    """

    def __init__(self, store: Store, senders: Mapping[str, Send], per_second: float = PER_SECOND) -> None:
        self._store = store
        self._senders = senders
        self._per_second = per_second
        self._drafts: dict[ChatIdentity, _Draft] = {}
        self._confirmed: dict[ChatIdentity, tuple[str, Reply]] = {}
        """The draft that each operator confirmed last, by its key, and what they were told."""
        self._sending: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    async def preview(self, admin: ChatIdentity, text: str) -> Reply:
        """What would go out, to how many, with a button to send it; raises StoreError."""
        if not text:
            return wording.text_reply("请把要发的话写在后面：/broadcast 今晚系统维护，八点恢复。")
        if admin.channel not in self._senders:
            return wording.text_reply("这个渠道只能回话，不能群发。")
        people = [person for person in await self._store.broadcasts.audience(admin.channel) if person != admin]
        if not people:
            return wording.text_reply("还没有人和机器人聊过，没有人可发。")
        draft = _Draft(token_hex(6), text)
        self._drafts[admin] = draft
        choices = (
            Choice(f"发给 {len(people)} 人", AdminButton(AdminAction.SEND, draft.key).encode()),
            Choice("不发了", AdminButton(AdminAction.DISCARD, draft.key).encode()),
        )
        return Reply(Decision.CLARIFY, (Section(("群发预览，对方看到的是：",)), Section((text,))), choices=choices)

    async def confirm(self, admin: ChatIdentity, key: str) -> Reply:
        """Start sending the draft that was shown; raises StoreError."""
        if (last := self._confirmed.get(admin)) is not None and last[0] == key:
            return last[1]  # tapped twice
        draft = self._drafts.get(admin)
        if draft is None or draft.key != key:
            return wording.text_reply("这份预览已经失效，没有发。请重新发 /broadcast。")
        if self._sending is not None and not self._sending.done():
            return wording.text_reply("上一次群发还没发完，这次没有发。请等它发完再发一次 /broadcast。")
        del self._drafts[admin]
        broadcast = await self._store.broadcasts.enqueue(admin, draft.text)
        self._sending = asyncio.create_task(self._send_all([broadcast]))
        started = wording.text_reply(f"开始发给 {broadcast.recipient_count} 人，发完会告诉您。")
        self._confirmed[admin] = key, started
        return started

    async def discard(self, admin: ChatIdentity) -> Reply:
        """Forget the draft."""
        self._drafts.pop(admin, None)
        return wording.text_reply("好，没有发。")

    async def resume(self) -> None:
        """Go on with what a process left behind that was killed; never raises."""
        try:
            unfinished = await self._store.broadcasts.unfinished()
        except StoreError as error:
            log.error("broadcast_not_resumed", reason=str(error))
            return
        broadcasts = [each for each in unfinished if each.admin.channel in self._senders]
        if broadcasts and (self._sending is None or self._sending.done()):
            log.info("broadcast_resumed", number=len(broadcasts))
            self._sending = asyncio.create_task(self._send_all(broadcasts))

    async def close(self) -> None:
        """Send no more, and tell the operator how far it got."""
        self._stopped.set()
        if self._sending is None:
            return
        try:
            await asyncio.wait_for(self._sending, CLOSE_SECONDS)
        except TimeoutError:
            log.warning("broadcast_cut")

    async def _send_all(self, broadcasts: Sequence[QueuedBroadcast]) -> None:
        for broadcast in broadcasts:
            send = self._senders[broadcast.admin.channel]
            try:
                summary = (await self._send_rest(broadcast, send)).summary
            except StoreError as error:
                # Who has got it can't be known now; the next start goes on.
                log.error("broadcast_interrupted", reason=str(error))
                summary = "群发停了：数据库没有应答。重启服务后会接着发，不会重复。"
            await _deliver(send, broadcast.admin, summary)

    async def _send_rest(self, broadcast: QueuedBroadcast, send: Send) -> _Delivery:
        """Send to those who are still to get it; raises StoreError."""
        queue = self._store.broadcasts
        pace = AsyncLimiter(1, 1 / self._per_second)
        delivery = _Delivery(broadcast.recipient_count - await queue.remaining(broadcast.id))
        while not self._stopped.is_set() and (recipients := await queue.next_recipients(broadcast.id)):
            for recipient in recipients:
                await pace.acquire()
                if self._stopped.is_set():
                    break
                # Crossed off first: a crash in between costs one message, and nobody gets two.
                if await queue.take(broadcast.id, recipient):
                    failure = await _deliver(send, recipient.person, broadcast.text)
                    delivery.count(failure)
                    if failure is SendFailure.BLOCKED:
                        await self._store.channel_states.save(recipient.person, UNREACHABLE, "1")
        delivery.remaining = await queue.remaining(broadcast.id)
        await queue.finish(broadcast.id)
        log.info("broadcast_done", **asdict(delivery))
        return delivery


async def _deliver(send: Send, person: ChatIdentity, text: str) -> SendFailure | None:
    """Send one message; why it did not arrive, if it didn't."""
    try:
        await send(person, wording.text_reply(text))
    except SendError as error:
        return error.failure
    return None

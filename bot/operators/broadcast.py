"""Sends one message to everybody with a talk in a channel: shown first, sent after a confirmation, slowly."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import structlog
from aiolimiter import AsyncLimiter
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.choices import AdminAction, AdminButton
from bot.jobs.jobs import Defer, Job, Jobs, Payload
from bot.messages import UNREACHABLE, ChatIdentity, Choice, Reply, Section, Send, SendError, SendFailure
from bot.store.broadcasts import QueuedBroadcast
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.talk import wording
from intents import Decision

log = structlog.get_logger(__name__)

PER_SECOND = 10.0
"""A third of what Telegram allows to everybody (https://core.telegram.org/bots/faq), so that answers aren't held up."""
SENDING = "broadcast"
"""The name of the job that sends."""


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
    """Sends one broadcast at a time, and after a crash the rest of it, to everybody at most once."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Send],
        jobs: Jobs,
        *,
        per_second: float = PER_SECOND,
        several: bool = False,
        reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        """Nothing is sent before the jobs run.

        Args:
            store: keeps drafts, and who is still to get what.
            senders: how to write to people, by channel.
            jobs: among which the sending is.
            per_second: how many messages go out.
            several: whether other processes go on where this one is told to stop.
            reachable: whether people can be written to by now.
        """
        self._store = store
        self._senders = senders
        self._jobs = jobs
        self._per_second = per_second
        self._several = several
        self._reachable = reachable
        self._confirmed: dict[ChatIdentity, tuple[str, Reply]] = {}
        """The draft that each operator confirmed last here, by its key, and what they were told."""
        self._stopped = asyncio.Event()
        jobs.handle(SENDING, self._send_unfinished)
        jobs.every(1, SENDING)

    async def preview(self, admin: ChatIdentity, text: str) -> Reply:
        """What would go out, to how many, with a button to send it; raises StoreError."""
        if not text:
            return wording.text_reply("请把要发的话写在后面：/broadcast 今晚系统维护，八点恢复。")
        if admin.channel not in self._senders:
            return wording.text_reply("这个渠道只能回话，不能群发。")
        people = [person for person in await self._store.broadcasts.audience(admin.channel) if person != admin]
        if not people:
            return wording.text_reply("还没有人和机器人聊过，没有人可发。")
        key = await self._store.broadcasts.draft(admin, text)
        choices = (
            Choice(f"发给 {len(people)} 人", AdminButton(AdminAction.SEND, key).encode()),
            Choice("不发了", AdminButton(AdminAction.DISCARD, key).encode()),
        )
        return Reply(Decision.CLARIFY, (Section(("群发预览，对方看到的是：",)), Section((text,))), choices=choices)

    async def confirm(self, admin: ChatIdentity, key: str) -> Reply:
        """Start sending the draft that was shown; raises StoreError."""
        if (last := self._confirmed.get(admin)) is not None and last[0] == key:
            return last[1]  # tapped twice
        unfinished = await self._store.broadcasts.unfinished()
        if begun := next((each for each in unfinished if each.id == key and each.admin == admin), None):
            return _started(begun)  # tapped twice, and the first tap went to another process
        if unfinished:
            return wording.text_reply("上一次群发还没发完，这次没有发。请等它发完再发一次 /broadcast。")
        await self._store.turns.settle()

        async def enqueue(connection: AsyncConnection, defer: Defer) -> QueuedBroadcast | None:
            broadcast = await self._store.broadcasts.confirm(connection, admin, key)
            if broadcast is not None:
                await defer(Job(SENDING))
            return broadcast

        broadcast = await self._jobs.write(enqueue)
        if broadcast is None:
            return wording.text_reply("这份预览已经发过或失效了，这一次没有发。要发请重新发 /broadcast。")
        started = _started(broadcast)
        self._confirmed[admin] = key, started
        return started

    async def discard(self, admin: ChatIdentity) -> Reply:
        """Forget the draft; raises StoreError."""
        await self._store.broadcasts.discard(admin)
        return wording.text_reply("好，没有发。")

    async def resume(self) -> None:
        """Go on soon with what a process left behind that was killed; never raises."""
        try:
            await self._jobs.defer(Job(SENDING))
        except StoreError as error:
            log.error("broadcast_not_resumed", reason=str(error))

    def stop(self) -> None:
        """Send no more: the job ends with the message under way."""
        self._stopped.set()

    async def _send_unfinished(self, _: Payload) -> None:
        if not self._reachable():
            return
        try:
            unfinished = await self._store.broadcasts.unfinished()
        except StoreError as error:
            log.error("broadcast_not_resumed", reason=str(error))
            return
        for broadcast in unfinished:
            send = self._senders.get(broadcast.admin.channel)
            if send is not None and not self._stopped.is_set():
                await self._send_one(broadcast, send)

    async def _send_one(self, broadcast: QueuedBroadcast, send: Send) -> None:
        try:
            delivery = await self._send_rest(broadcast, send)
        except StoreError as error:
            # Who has got it can't be known now; a later job goes on.
            log.error("broadcast_interrupted", reason=str(error))
            summary = "群发停了：数据库没有应答。等它好了会接着发，不会重复。"
        else:
            if delivery.remaining and self._several:
                log.info("broadcast_handed_on", **asdict(delivery))
                return
            summary = delivery.summary
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
        if delivery.remaining and self._several:
            return delivery
        await queue.finish(broadcast.id)
        log.info("broadcast_done", **asdict(delivery))
        return delivery


def _started(broadcast: QueuedBroadcast) -> Reply:
    return wording.text_reply(f"开始发给 {broadcast.recipient_count} 人，发完会告诉您。")


async def _deliver(send: Send, person: ChatIdentity, text: str) -> SendFailure | None:
    """Send one message; why it did not arrive, if it didn't."""
    try:
        await send(person, wording.text_reply(text))
    except SendError as error:
        return error.failure
    return None

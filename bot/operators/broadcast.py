"""One message to everybody with a talk in a channel: shown first, sent after a confirmation, slowly."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import structlog
from aiolimiter import AsyncLimiter

from bot.messages import ChatIdentity, Choice, Reply, Section
from bot.operators.handoff import Send, SendError
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
BLOCKED = "blocked"
"""How a channel names that somebody doesn't want to hear from the bot any more."""

SEND, DROP = "a:send", "a:drop"
"""What the values of the two buttons begin with."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A text that its operator has seen and not yet confirmed."""

    key: str
    text: str


class Broadcast:
    """Sends one broadcast at a time, and after a crash the rest of it, to everybody at most once.

    Drafts live in memory: after a restart nothing old goes out by a stray tap.
    """

    def __init__(self, store: Store, senders: Mapping[str, Send], per_second: float = PER_SECOND) -> None:
        self._store = store
        self._senders = senders
        self._per_second = per_second
        self._drafts: dict[ChatIdentity, _Draft] = {}
        self._sending: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    async def preview(self, admin: ChatIdentity, text: str) -> Reply:
        """What would go out, to how many, with a button to send it; raises StoreError."""
        if not text:
            return wording.text_reply("请把要发的话写在后面：/broadcast 今晚系统维护，八点恢复。")
        if admin.channel not in self._senders:
            return wording.text_reply("这个渠道只能回话，不能群发。")
        people = await self._people(admin)
        if not people:
            return wording.text_reply("还没有人和机器人聊过，没有人可发。")
        draft = _Draft(sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12], text)
        self._drafts[admin] = draft
        choices = (Choice(f"发给 {len(people)} 人", f"{SEND}:{draft.key}"), Choice("不发了", f"{DROP}:{draft.key}"))
        return Reply(Decision.CLARIFY, (Section(("群发预览，对方看到的是：",)), Section((text,))), choices=choices)

    async def confirmed(self, admin: ChatIdentity, key: str) -> Reply:
        """Start sending the draft that was shown; raises StoreError."""
        draft = self._drafts.get(admin)
        if draft is None or draft.key != key:
            return wording.text_reply("这份预览已经失效，没有发。请重新发 /broadcast。")
        if self._sending is not None and not self._sending.done():
            return wording.text_reply("上一次群发还没发完，这次没有发。请等它发完再发一次 /broadcast。")
        del self._drafts[admin]
        mailing = await self._store.broadcasts.enqueue(admin, draft.text)
        self._sending = asyncio.create_task(self._send_all([mailing]))
        return wording.text_reply(f"开始发给 {mailing.recipient_count} 人，发完会告诉您。")

    async def resume(self) -> None:
        """Go on with what a process left behind that was killed; never raises."""
        try:
            mailings = [
                each for each in await self._store.broadcasts.unfinished() if each.admin.channel in self._senders
            ]
        except StoreError as error:
            log.error("broadcast_not_resumed", reason=str(error))
            return
        if mailings and (self._sending is None or self._sending.done()):
            log.info("broadcast_resumed", number=len(mailings))
            self._sending = asyncio.create_task(self._send_all(mailings))

    async def dropped(self, admin: ChatIdentity) -> Reply:
        """Forget the draft."""
        self._drafts.pop(admin, None)
        return wording.text_reply("好，没有发。")

    async def close(self) -> None:
        """Send no more, and tell the operator how far it got."""
        self._stopped.set()
        if self._sending is None:
            return
        try:
            await asyncio.wait_for(self._sending, CLOSE_SECONDS)
        except TimeoutError:
            log.warning("broadcast_cut")

    async def _people(self, admin: ChatIdentity) -> list[ChatIdentity]:
        return [person for person in await self._store.turns.people(admin.channel) if person != admin]

    async def _send_all(self, mailings: Sequence[QueuedBroadcast]) -> None:
        for mailing in mailings:
            send = self._senders[mailing.admin.channel]
            try:
                summary = await self._send_rest(mailing, send)
            except StoreError as error:
                # Who has got it can't be known now; the next start goes on.
                log.error("broadcast_interrupted", reason=str(error))
                summary = "群发停了：数据库没有应答。重启服务后会接着发，不会重复。"
            await _sent(send, mailing.admin, wording.text_reply(summary))

    async def _send_rest(self, mailing: QueuedBroadcast, send: Send) -> str:
        """Send to those who are still to get it: what came of it; raises StoreError."""
        mailings = self._store.broadcasts
        pace = AsyncLimiter(1, 1 / self._per_second)
        came_of_it: Counter[str] = Counter()
        before = mailing.recipient_count - await mailings.remaining(mailing.id)
        while not self._stopped.is_set() and (following := await mailings.next_recipients(mailing.id)):
            for recipient in following:
                await pace.acquire()
                if self._stopped.is_set():
                    break
                # Crossed off first: a crash in between costs one message, and nobody gets two.
                if await mailings.take(mailing.id, recipient):
                    came_of_it[await _sent(send, recipient.person, wording.text_reply(mailing.text))] += 1
        left = await mailings.remaining(mailing.id)
        await mailings.finish(mailing.id)
        log.info("broadcast_done", remaining=left, before=before, **came_of_it)
        return _summary(came_of_it, left, before)


async def _sent(send: Send, person: ChatIdentity, reply: Reply) -> str:
    """What came of one message: `sent`, or the kind of failure."""
    try:
        await send(person, reply)
    except SendError as error:
        return str(error)
    return "sent"


def _summary(came_of_it: Counter[str], left: int, before: int) -> str:
    sent, blocked = came_of_it["sent"], came_of_it[BLOCKED]
    others = came_of_it.total() - sent - blocked
    parts = [
        *([f"服务重启前已发过 {before} 人"] if before else []),
        f"送到 {sent} 人",
        *([f"{blocked} 人已屏蔽机器人"] if blocked else []),
        *([f"{others} 人没送到"] if others else []),
        *([f"服务停了，{left} 人没发"] if left else []),
    ]
    return f"群发结束：{'，'.join(parts)}。"

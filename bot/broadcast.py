"""One message to everybody with a talk in a channel: shown first, sent after a confirmation, slowly."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import structlog
from aiolimiter import AsyncLimiter

from bot import wording
from bot.handover import Send, SendError
from bot.messages import Choice, Person, Reply, Section
from bot.store import Store
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
    """Sends one broadcast at a time. Drafts live in memory: after a restart nothing old goes out by a stray tap."""

    def __init__(self, store: Store, senders: Mapping[str, Send], per_second: float = PER_SECOND) -> None:
        self._store = store
        self._senders = senders
        self._per_second = per_second
        self._drafts: dict[Person, _Draft] = {}
        self._sending: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    async def preview(self, admin: Person, text: str) -> Reply:
        """What would go out, to how many, with a button to send it; raises StoreError."""
        if not text:
            return wording.said("请把要发的话写在后面：/broadcast 今晚系统维护，八点恢复。")
        if admin.channel not in self._senders:
            return wording.said("这个渠道只能回话，不能群发。")
        people = await self._people(admin)
        if not people:
            return wording.said("还没有人和机器人聊过，没有人可发。")
        draft = _Draft(sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12], text)
        self._drafts[admin] = draft
        choices = (Choice(f"发给 {len(people)} 人", f"{SEND}:{draft.key}"), Choice("不发了", f"{DROP}:{draft.key}"))
        return Reply(Decision.CLARIFY, (Section(("群发预览，对方看到的是：",)), Section((text,))), choices=choices)

    async def confirmed(self, admin: Person, key: str) -> Reply:
        """Start sending the draft that was shown; raises StoreError."""
        draft = self._drafts.get(admin)
        if draft is None or draft.key != key:
            return wording.said("这份预览已经失效，没有发。请重新发 /broadcast。")
        if self._sending is not None and not self._sending.done():
            return wording.said("上一次群发还没发完，这次没有发。请等它发完再发一次 /broadcast。")
        del self._drafts[admin]
        people = await self._people(admin)
        self._sending = asyncio.create_task(self._send_all(admin, draft.text, people))
        return wording.said(f"开始发给 {len(people)} 人，发完会告诉您。")

    async def dropped(self, admin: Person) -> Reply:
        """Forget the draft."""
        self._drafts.pop(admin, None)
        return wording.said("好，没有发。")

    async def close(self) -> None:
        """Send no more, and tell the operator how far it got."""
        self._stopped.set()
        if self._sending is None:
            return
        try:
            await asyncio.wait_for(self._sending, CLOSE_SECONDS)
        except TimeoutError:
            log.warning("broadcast_cut")

    async def _people(self, admin: Person) -> list[Person]:
        return [person for person in await self._store.people(admin.channel) if person != admin]

    async def _send_all(self, admin: Person, text: str, people: Sequence[Person]) -> None:
        send = self._senders[admin.channel]
        pace = AsyncLimiter(1, 1 / self._per_second)
        came_of_it: Counter[str] = Counter()
        for person in people:
            await pace.acquire()
            if self._stopped.is_set():
                break
            came_of_it[await _sent(send, person, wording.said(text))] += 1
        left = len(people) - came_of_it.total()
        log.info("broadcast_done", left=left, **came_of_it)
        await _sent(send, admin, wording.said(_summary(came_of_it, left)))


async def _sent(send: Send, person: Person, reply: Reply) -> str:
    """What came of one message: `sent`, or the kind of failure."""
    try:
        await send(person, reply)
    except SendError as error:
        return str(error)
    return "sent"


def _summary(came_of_it: Counter[str], left: int) -> str:
    sent, blocked = came_of_it["sent"], came_of_it[BLOCKED]
    others = came_of_it.total() - sent - blocked
    parts = [
        f"送到 {sent} 人",
        *([f"{blocked} 人已屏蔽机器人"] if blocked else []),
        *([f"{others} 人没送到"] if others else []),
        *([f"服务停了，{left} 人没发"] if left else []),
    ]
    return f"群发结束：{'，'.join(parts)}。"

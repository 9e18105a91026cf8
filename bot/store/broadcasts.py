"""The queue of broadcasts: the operator's own text, and who is still to get it. Gone when it is done."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from secrets import token_hex

from sqlalchemy import BigInteger, ColumnElement, delete, exists, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import UNREACHABLE, ChatIdentity
from bot.store.database import Database
from bot.store.statements import insert as insert_or
from bot.store.tables import broadcasts, channel_states, names_person, recipients, talks

PAGE_SIZE = 100
"""How many recipients are read at a time."""
RESUME_SECONDS = 24 * 3600
"""How old a broadcast may be and still go on after a restart: 「今晚维护」 is no news the day after."""

DRAFT_SECONDS = 3600
"""How long what an operator was shown may be confirmed: later nothing old goes out by a stray tap."""
DRAFT = "broadcast_draft"
"""Under what a draft is kept, of its operator."""


@dataclass(frozen=True, slots=True)
class QueuedBroadcast:
    """One broadcast."""

    id: str
    admin: ChatIdentity
    """The operator who sends it."""
    text: str
    recipient_count: int
    """How many were to get it at its beginning."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is still to get it."""

    number: int
    person: ChatIdentity


@dataclass(frozen=True)
class BroadcastQueue:
    """Keeps who is still to get each broadcast over a crash; every call may raise StoreError."""

    database: Database
    now: Callable[[], int]
    settle: Callable[[], Awaitable[None]]
    """Waits for the turns that are still being kept: whoever has just written is reached too."""

    async def draft(self, admin: ChatIdentity, text: str) -> str:
        """Keep a text that its operator is shown, in place of the one before; the key to confirm it by."""
        key = token_hex(6)
        row = {"channel": admin.channel, "user": admin.user, "kind": DRAFT}
        data = {"data": json.dumps([key, text], ensure_ascii=False), "updated_at": self.now()}

        async def write(connection: AsyncConnection) -> None:
            statement = insert_or(connection.dialect.name, channel_states).values(**row, **data)
            await connection.execute(statement.on_conflict_do_update(index_elements=[*row], set_=data))

        await self.database.write(write)
        return key

    async def discard(self, admin: ChatIdentity) -> None:
        """Forget the draft of an operator."""

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(delete(channel_states).where(_is_draft_of(admin)))

        await self.database.write(write)

    async def confirm(self, connection: AsyncConnection, admin: ChatIdentity, key: str) -> QueuedBroadcast | None:
        """Put the draft with this key into the queue, once whoever confirms it; None where there is none, or it is too old."""
        recent = channel_states.c.updated_at > self.now() - DRAFT_SECONDS
        draft = (await connection.execute(select(channel_states.c.data).where(_is_draft_of(admin), recent))).scalar()
        if draft is None or json.loads(draft)[0] != key:
            return None
        same = delete(channel_states).where(_is_draft_of(admin), channel_states.c.data == draft)
        if (await connection.execute(same)).rowcount == 0:
            return None  # another process is just confirming it
        return await self._enqueue(connection, key, admin, json.loads(draft)[1])

    async def enqueue(self, admin: ChatIdentity, text: str) -> QueuedBroadcast:
        """Keep a broadcast to everybody else with a talk in the operator's channel, those heard from last first."""
        await self.settle()
        return await self.database.write(
            lambda connection: self._enqueue(connection, token_hex(6), admin, text),
        )

    async def _enqueue(self, connection: AsyncConnection, key: str, admin: ChatIdentity, text: str) -> QueuedBroadcast:
        now = self.now()
        others = (talks.c.channel == admin.channel) & (talks.c.user != admin.user) & ~_is_unreachable()
        people = select(literal(key), talks.c.channel, talks.c.user, literal(now, BigInteger)).where(others)
        columns = ["broadcast", "channel", "user", "at"]
        chosen = insert(recipients).from_select(columns, people.order_by(talks.c.updated_at.desc()))
        row = {"id": key, "admin_channel": admin.channel, "admin_user": admin.user, "text": text, "at": now}
        count = (await connection.execute(chosen)).rowcount
        await connection.execute(insert(broadcasts).values(**row, people=count))
        return QueuedBroadcast(key, admin, text, count)

    async def audience(self, channel: str) -> Sequence[ChatIdentity]:
        """Everybody with a talk in a channel who wants to hear from the bot, those heard from last first."""
        query = select(talks.c.user).where((talks.c.channel == channel) & ~_is_unreachable())
        await self.settle()
        rows = await self.database.execute(query.order_by(talks.c.updated_at.desc()))
        return [ChatIdentity(channel, row.user) for row in rows]

    async def unfinished(self) -> Sequence[QueuedBroadcast]:
        """What a process left behind, oldest first, none too old to go on."""
        query = select(broadcasts).where(broadcasts.c.at > self.now() - RESUME_SECONDS).order_by(broadcasts.c.at)
        return [
            QueuedBroadcast(row.id, ChatIdentity(row.admin_channel, row.admin_user), row.text, row.people)
            for row in await self.database.execute(query)
        ]

    async def remaining(self, broadcast_id: str) -> int:
        """How many are still to get it."""
        query = select(func.count()).select_from(recipients).where(recipients.c.broadcast == broadcast_id)
        [(count,)] = await self.database.execute(query)
        return int(count)

    async def next_recipients(self, broadcast_id: str) -> Sequence[Recipient]:
        """The next who are to get it, at most PAGE_SIZE; they stay until take()."""
        query = select(recipients.c.number, recipients.c.channel, recipients.c.user)
        query = query.where(recipients.c.broadcast == broadcast_id).order_by(recipients.c.number).limit(PAGE_SIZE)
        return [
            Recipient(number, ChatIdentity(channel, user))
            for number, channel, user in await self.database.execute(query)
        ]

    async def take(self, broadcast_id: str, recipient: Recipient) -> bool:
        """Cross somebody off before the message goes out; false where they have been, or were forgotten."""
        # SQLite gives numbers out again, so the number alone may by now be somebody else.
        same = (recipients.c.number == recipient.number) & (recipients.c.broadcast == broadcast_id)
        crossed_off = delete(recipients).where(same & names_person(recipients, recipient.person))
        return len(await self.database.execute(crossed_off.returning(recipients.c.number))) == 1

    async def finish(self, broadcast_id: str) -> None:
        """Delete the text and who was still to get it."""

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(delete(recipients).where(recipients.c.broadcast == broadcast_id))
            await connection.execute(delete(broadcasts).where(broadcasts.c.id == broadcast_id))

        await self.database.write(write)


def _is_draft_of(admin: ChatIdentity) -> ColumnElement[bool]:
    return names_person(channel_states, admin) & (channel_states.c.kind == DRAFT)


def _is_unreachable() -> ColumnElement[bool]:
    """That somebody who has a talk has blocked the bot."""
    same = (channel_states.c.channel == talks.c.channel) & (channel_states.c.user == talks.c.user)
    return exists().where(same & (channel_states.c.kind == UNREACHABLE))

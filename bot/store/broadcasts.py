"""A broadcast under way, as it is kept: the operator's own text, and who is still to get it. Gone when it is done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import uuid4

from sqlalchemy import BigInteger, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.tables import broadcasts, recipients, talks

T = TypeVar("T")

AT_ONCE = 100
"""How many recipients are read at a time."""
RESUME_SECONDS = 24 * 3600
"""How old a broadcast may be and still go on after a restart: 「今晚维护」 is no news the day after."""


@dataclass(frozen=True, slots=True)
class QueuedBroadcast:
    """One broadcast."""

    id: str
    admin: ChatIdentity
    text: str
    people: int
    """How many were to get it at its beginning."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is still to get it."""

    number: int
    person: ChatIdentity


class Run(Protocol):
    """How something is done in the database; raises StoreError."""

    def __call__(self, work: Callable[[AsyncConnection], Awaitable[T]], /) -> Awaitable[T]:
        """What the work gives."""
        ...


@dataclass(frozen=True)
class BroadcastQueue:
    """The broadcasts under way; every call may raise StoreError."""

    single: Run
    """For reads, or one statement that writes."""
    write: Run
    """For several, in one transaction."""
    now: Callable[[], int]

    async def begin(self, admin: ChatIdentity, text: str) -> QueuedBroadcast:
        """Keep a broadcast to everybody else with a talk in the operator's channel, those heard from last first."""
        key, now = uuid4().hex, self.now()
        others = (talks.c.channel == admin.channel) & (talks.c.user != admin.user)
        wanted = select(literal(key), talks.c.channel, talks.c.user, literal(now, BigInteger)).where(others)
        columns = ["broadcast", "channel", "user", "at"]
        chosen = insert(recipients).from_select(columns, wanted.order_by(talks.c.updated_at.desc()))
        row = {"id": key, "admin_channel": admin.channel, "admin_user": admin.user, "text": text, "at": now}

        async def write(connection: AsyncConnection) -> QueuedBroadcast:
            people = (await connection.execute(chosen)).rowcount
            await connection.execute(insert(broadcasts).values(**row, people=people))
            return QueuedBroadcast(key, admin, text, people)

        return await self.write(write)

    async def unfinished(self) -> Sequence[QueuedBroadcast]:
        """What a process left behind, oldest first, none too old to go on."""
        query = select(broadcasts).where(broadcasts.c.at > self.now() - RESUME_SECONDS).order_by(broadcasts.c.at)

        async def read(connection: AsyncConnection) -> Sequence[QueuedBroadcast]:
            rows = (await connection.execute(query)).all()
            return [
                QueuedBroadcast(row.id, ChatIdentity(row.admin_channel, row.admin_user), row.text, row.people)
                for row in rows
            ]

        return await self.single(read)

    async def remaining(self, key: str) -> int:
        """How many are still to get it."""
        query = select(func.count()).select_from(recipients).where(recipients.c.broadcast == key)

        async def read(connection: AsyncConnection) -> int:
            return int((await connection.execute(query)).scalar_one())

        return await self.single(read)

    async def next_recipients(self, key: str) -> Sequence[Recipient]:
        """The next who are to get it."""
        query = select(recipients.c.number, recipients.c.channel, recipients.c.user)
        query = query.where(recipients.c.broadcast == key).order_by(recipients.c.number).limit(AT_ONCE)

        async def read(connection: AsyncConnection) -> Sequence[Recipient]:
            rows = await connection.execute(query)
            return [Recipient(number, ChatIdentity(channel, user)) for number, channel, user in rows]

        return await self.single(read)

    async def take(self, key: str, recipient: Recipient) -> bool:
        """Cross somebody off before the message goes out; false where they have been, or were forgotten."""
        # SQLite gives numbers out again, so the number alone may by now be somebody else.
        same = (recipients.c.number == recipient.number) & (recipients.c.broadcast == key)
        whom = (recipients.c.channel == recipient.person.channel) & (recipients.c.user == recipient.person.user)

        async def write(connection: AsyncConnection) -> bool:
            return (await connection.execute(delete(recipients).where(same & whom))).rowcount == 1

        return await self.single(write)

    async def end(self, key: str) -> None:
        """Forget the text and who was still to get it."""

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(delete(recipients).where(recipients.c.broadcast == key))
            await connection.execute(delete(broadcasts).where(broadcasts.c.id == key))

        await self.write(write)

"""Which talks operators have taken, and until when."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.database import Database
from bot.store.statements import insert
from bot.store.tables import handoffs, names_person


@dataclass(frozen=True, slots=True)
class Handoff:
    """A talk that an operator has taken."""

    person: ChatIdentity
    admin: ChatIdentity
    until: int
    """Seconds since 1970 UTC; the bot speaks again from then on."""


@dataclass(frozen=True)
class HandoffRepository:
    """Takes talks and gives them back; what a turn needs to know of them comes with the turn. Raises StoreError."""

    database: Database
    now: Callable[[], int]

    async def take(self, handoff: Handoff) -> bool:
        """Put a talk into an operator's hands; false if another operator has it. The operator lets go of any other."""
        now = self.now()
        keys = {"channel": handoff.person.channel, "user": handoff.person.user}
        row = {"admin_channel": handoff.admin.channel, "admin_user": handoff.admin.user, "until": handoff.until}

        async def write(connection: AsyncConnection) -> bool:
            await connection.execute(delete(handoffs).where(names_person(handoffs, handoff.admin, "admin_")))
            statement = insert(connection.dialect.name, handoffs).values(**keys, **row)
            free = handoffs.c.until <= now
            statement = statement.on_conflict_do_update(index_elements=list(keys), set_=row, where=free)
            return (await connection.execute(statement.returning(handoffs.c.until))).first() is not None

        return await self.database.write(write)

    async def release(self, person: ChatIdentity) -> int:
        """Give a talk back to the bot, named by the person or by the operator who has it; the number of talks."""
        theirs = or_(names_person(handoffs, person), names_person(handoffs, person, "admin_"))

        async def write(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(handoffs).where(theirs))).rowcount

        return await self.database.write(write)

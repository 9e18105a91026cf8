"""What is remembered of a talk: only what continues it; no message text."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Column, DateTime, MetaData, String, Table, Text, delete, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.messages import Person

BUSY_TIMEOUT_SECONDS = 10.0

_metadata = MetaData()

_talks = Table(
    "talks",
    _metadata,
    Column("channel", String(32), primary_key=True),
    Column("user", String(128), primary_key=True),
    Column("state", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, index=True),
)


class StoreError(Exception):
    """The database can't be reached or refuses."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Where one talk stands."""

    intent: str | None = None
    """The intent answered last."""
    offered: tuple[str, ...] = ()
    """The values of the choices offered last, in order, so that a number picks one."""
    misses: int = 0
    """How many messages in a row were not understood."""

    def after(self, *, intent: str | None, offered: tuple[str, ...], misses: int = 0) -> "Talk":
        """The talk one turn later."""
        return replace(self, intent=intent, offered=offered, misses=misses)


@dataclass
class Store:
    """The tables behind a URL; open before use, close at the end."""

    url: str
    _engine: AsyncEngine | None = field(default=None, repr=False)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect and make the tables that aren't there; raises StoreError."""
        self._engine = _engine(self.url)
        try:
            async with self._engine.begin() as connection:
                await connection.run_sync(_metadata.create_all)
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(type(error).__name__) from error

    async def close(self) -> None:
        """Give back every connection."""
        if self._engine is not None:
            await self._engine.dispose()

    async def ping(self) -> None:
        """One round trip; raises StoreError."""
        await self._read(select(1))

    async def talk(self, person: Person) -> Talk:
        """Where this person's talk stands; a new one if nothing is kept."""
        query = select(_talks.c.state).where(*_is(person))
        state = await self._read(query)
        if state is None:
            return Talk()
        kept = json.loads(state)
        return Talk(kept["intent"], tuple(kept["offered"]), kept["misses"])

    async def save(self, person: Person, talk: Talk) -> None:
        """Keep where this person's talk stands."""
        state = json.dumps({"intent": talk.intent, "offered": talk.offered, "misses": talk.misses})
        row = {"channel": person.channel, "user": person.user, "state": state, "updated_at": datetime.now(UTC)}
        try:
            async with self._connected.begin() as connection:
                await connection.execute(delete(_talks).where(*_is(person)))
                await connection.execute(_talks.insert().values(**row))
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(type(error).__name__) from error

    async def forget(self, person: Person) -> int:
        """Delete every row of a person; the number of rows that went."""
        try:
            async with self._connected.begin() as connection:
                result = await connection.execute(delete(_talks).where(*_is(person)))
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(type(error).__name__) from error
        return int(result.rowcount)

    @property
    def _connected(self) -> AsyncEngine:
        if self._engine is None:
            raise StoreError("not open")
        return self._engine

    async def _read(self, query: Any) -> Any:  # noqa: ANN401 -- a scalar of whatever type the query selects
        try:
            async with self._connected.connect() as connection:
                return (await connection.execute(query)).scalar()
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(type(error).__name__) from error


def _is(person: Person) -> tuple[Any, ...]:
    return (_talks.c.channel == person.channel, _talks.c.user == person.user)


def _engine(url: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def _set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 -- the driver's own connection type
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    return engine

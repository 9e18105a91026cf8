"""The statements of every turn on a SQLite file, as plain functions for its threads; bot.store.statements has them for SQLAlchemy."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import sqlite

from bot.messages import ChatIdentity
from bot.store.statements import Steps, claim_statement, turn_statements
from bot.store.tables import talks

Row = Mapping[str, object]


def load_states(connection: sqlite3.Connection, people: Sequence[ChatIdentity]) -> dict[ChatIdentity, str]:
    """Where these people's talks stand, of those who have one; each by its key, because a list of pairs reads the whole table."""
    found = ((each, connection.execute(_load(), (each.channel, each.user)).fetchone()) for each in people)
    return {person: row[0] for person, row in found if row is not None}


def load_handoffs(connection: sqlite3.Connection, now: int) -> Sequence[Sequence[Any]]:
    """Channel, user, operator's channel, operator's user and end of the handoffs in force."""
    return connection.execute(_text("load_handoffs"), {"now": now}).fetchall()


def run(connection: sqlite3.Connection, steps: Steps) -> None:
    """Do steps one after the other, as bot.store.statements.run does on other databases."""
    try:
        name, parameters = next(steps)
        while True:
            name, parameters = steps.send(connection.execute(_text(name), parameters).fetchall())
    except StopIteration:
        return


def save(connection: sqlite3.Connection, states: Sequence[Row], counts: Sequence[Row]) -> None:
    """Keep talks and count outcomes, as bot.store.turns has the rows."""
    connection.executemany(_text("save_state"), states)
    if counts:
        connection.executemany(_text("count_outcome"), counts)


def claim(connection: sqlite3.Connection, keys: Sequence[str], now: int, claim_seconds: int) -> list[str]:
    """Those of the keys that are ours now."""
    statement = _claim(claim_seconds)
    found = (connection.execute(statement, {"key": key, "at": now}).fetchone() for key in keys)
    return [row[0] for row in found if row is not None]


@cache
def _load() -> str:
    statement = select(talks.c.state).where(talks.c.channel == "", talks.c.user == "")
    return str(statement.compile(dialect=sqlite.dialect()))


@cache
def _text(name: str) -> str:
    """One of TurnStatements as SQLite's own text, its parameters by name."""
    return str(getattr(turn_statements("sqlite"), name).compile(dialect=sqlite.dialect(paramstyle="named")))


@cache
def _claim(claim_seconds: int) -> str:
    return str(claim_statement("sqlite", claim_seconds).compile(dialect=sqlite.dialect(paramstyle="named")))

"""The statements of every turn on a SQLite file, as plain functions for its threads; bot.store.statements has them for SQLAlchemy.

Whatever may be many rows is one step of SQLite's: at each it lets go of the interpreter's lock, which beside a loop that computes it
gets back only after sys.getswitchinterval(), 5 ms. A list of 2,000 rows, read one by one, would take ten seconds then.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import sqlite

from bot.messages import ChatIdentity
from bot.store.statements import Steps, claim_statement, turn_statements
from bot.store.tables import channel_states, pull_work, talks

Row = Mapping[str, object]
_LISTS: Final = frozenset({"list_miss", "list_doubt"})
"""Those of TurnStatements that read many rows, of id and likeness."""


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
            name, parameters = steps.send(_rows(connection, name, parameters))
    except StopIteration:
        return


def _rows(connection: sqlite3.Connection, name: str, parameters: Row) -> Sequence[Sequence[Any]]:
    if name in _LISTS:
        rows: list[list[Any]] = json.loads(connection.execute(_list_text(name), parameters).fetchone()[0])
        return rows
    return connection.execute(_text(name), parameters).fetchall()


def save(connection: sqlite3.Connection, states: Sequence[Row], counts: Sequence[Row]) -> None:
    """Keep talks and count outcomes, as bot.store.turns has the rows."""
    _insert(connection, "save_state", states)
    _insert(connection, "count_outcome", counts)


def save_channel_states(connection: sqlite3.Connection, kept: Sequence[Row], gone: Sequence[Row]) -> None:
    """Keep channels' states, and others no longer, as bot.store.channel_states has the rows."""
    _insert(connection, "save_channel_state", kept)
    connection.executemany(_text("delete_channel_state"), gone)


def read_channel_state(connection: sqlite3.Connection, person: ChatIdentity, kind: str) -> str | None:
    """What a channel keeps of a person under this word; None where nothing is."""
    row = connection.execute(_read_channel_state(), (person.channel, person.user, kind)).fetchone()
    return row[0] if row is not None else None


def finish_pulled(connection: sqlite3.Connection, keys: Sequence[str]) -> None:
    """Note that pulled messages are done with, by their keys."""
    connection.execute(_finish(), (json.dumps(keys),))


def claim(connection: sqlite3.Connection, keys: Sequence[str], now: int, claim_seconds: int) -> list[str]:
    """Those of the keys that are ours now."""
    statement = _claim(claim_seconds)
    found = (connection.execute(statement, {"key": key, "at": now}).fetchone() for key in keys)
    return [row[0] for row in found if row is not None]


def _insert(connection: sqlite3.Connection, name: str, rows: Sequence[Row]) -> None:
    """As executemany, with 64, 32, 16 … rows to a step, so that there are few texts to prepare."""
    begin = 0
    while begin < len(rows):
        size = 1 << min((len(rows) - begin).bit_length() - 1, 6)
        several = rows[begin : begin + size]
        parameters = {f"{column}_{n}": value for n, row in enumerate(several) for column, value in row.items()}
        connection.execute(_rows_text(name, size, tuple(several[0])), parameters)
        begin += size


@cache
def _load() -> str:
    statement = select(talks.c.state).where(talks.c.channel == "", talks.c.user == "")
    return str(statement.compile(dialect=sqlite.dialect()))


@cache
def _text(name: str) -> str:
    """One of TurnStatements as SQLite's own text, its parameters by name."""
    return str(getattr(turn_statements("sqlite"), name).compile(dialect=sqlite.dialect(paramstyle="named")))


@cache
def _rows_text(name: str, number: int, columns: tuple[str, ...]) -> str:
    """The same of an insert of so many rows, whose parameters are numbered: `state_0`."""
    rows: list[dict[str, Any]] = [{column: bindparam(f"{column}_{n}") for column in columns} for n in range(number)]
    statement = getattr(turn_statements("sqlite"), name).values(rows)
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))


@cache
def _list_text(name: str) -> str:
    """The same of a list, all of it as JSON in one row."""
    return f"SELECT json_group_array(json_array(id, likeness)) FROM ({_text(name)})"  # noqa: S608 -- our own text


@cache
def _read_channel_state() -> str:
    named = (channel_states.c[name] == "" for name in ("channel", "user", "kind"))
    return str(select(channel_states.c.data).where(*named).compile(dialect=sqlite.dialect()))


@cache
def _finish() -> str:
    return f"DELETE FROM {pull_work.name} WHERE key IN (SELECT value FROM json_each(?))"  # noqa: S608 -- our own text


@cache
def _claim(claim_seconds: int) -> str:
    return str(claim_statement("sqlite", claim_seconds).compile(dialect=sqlite.dialect(paramstyle="named")))

"""The statements of every turn, built once for each dialect: building one costs more than running it."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, Table, bindparam, delete, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.tables import (
    channel_states,
    claims,
    clarify_choices,
    doubts,
    handoffs,
    misses,
    names_person,
    outcomes,
    talks,
    votes,
)

Steps = Generator[tuple[str, Mapping[str, object]], Sequence[Any], None]
"""Statements, by their name in TurnStatements, with their parameters; each is answered with its rows. They are the same wherever
they are run: by SQLAlchemy, or in the thread of a SQLite file."""


@dataclass(frozen=True)
class TurnStatements:
    """Ready to execute with their parameters by name; those that write, with many rows at once."""

    load_handoffs: Select[Any]
    """(now) -> the handoffs in force, no more than there are operators."""
    save_state: Any
    """(channel, user, state, updated_at): keep a talk."""
    count_outcome: Any
    """(day, decision, intent, count): count so many more."""
    add_clarify_choice: Any
    """(day, shown, picked, count): count so many more."""
    add_vote: Any
    """(channel, user, intent, useful, reason, at): keep a vote in place of the one before."""
    find_miss: Any
    """(likeness) -> id of the miss of this very likeness."""
    list_miss: Any
    """() -> id and likeness of each miss, the latest first."""
    count_miss: Any
    """(same, now): count one more of this id."""
    delete_miss: Any
    """(surplus): delete this id."""
    add_miss: Any
    """(text, likeness, count, first_at, last_at): keep a miss, or count one more of the same."""
    find_doubt: Any
    """(kind, likeness) -> id of the doubt of this very likeness."""
    list_doubt: Any
    """(kind) -> id and likeness of each doubt of this kind, the latest first."""
    count_doubt: Any
    """(same, now): count one more of this id."""
    delete_doubt: Any
    """(surplus): delete this id."""
    add_doubt: Any
    """(kind, intent, text, likeness, count, first_at, last_at): keep a doubt, or count one more of the same."""
    save_channel_state: Any
    """(channel, user, kind, data, updated_at): keep a channel's state in place of the one before."""
    delete_channel_state: Any
    """(of_channel, of_user, of_kind): keep it no longer."""


@cache
def turn_statements(dialect: str) -> TurnStatements:
    """What reads and writes a turn in this dialect."""
    written = (talks, outcomes, clarify_choices, votes, channel_states)
    talk, outcome, choice, vote, state = (insert(dialect, table) for table in written)
    now: BindParameter[int] = bindparam("now")
    return TurnStatements(
        load_handoffs=select(handoffs).where(handoffs.c.until > now),
        save_state=talk.on_conflict_do_update(
            index_elements=["channel", "user"],
            set_={"state": talk.excluded.state, "updated_at": talk.excluded.updated_at},
        ),
        count_outcome=outcome.on_conflict_do_update(
            index_elements=["day", "decision", "intent"], set_={"count": outcomes.c.count + outcome.excluded.count}
        ),
        add_clarify_choice=choice.on_conflict_do_update(
            index_elements=["day", "shown", "picked"],
            set_={"count": clarify_choices.c.count + choice.excluded.count},
        ),
        add_vote=vote.on_conflict_do_update(
            index_elements=["channel", "user", "intent"],
            set_={name: vote.excluded[name] for name in ("useful", "reason", "at")},
        ),
        save_channel_state=state.on_conflict_do_update(
            index_elements=["channel", "user", "kind"],
            set_={name: state.excluded[name] for name in ("data", "updated_at")},
        ),
        delete_channel_state=delete(channel_states).where(
            *(channel_states.c[name] == bindparam(f"of_{name}") for name in ("channel", "user", "kind"))
        ),
        **_sentence_statements(dialect, "miss", misses, ()),
        **_sentence_statements(dialect, "doubt", doubts, ("kind",)),
    )


def _sentence_statements(dialect: str, name: str, table: Table, keys: Sequence[str]) -> dict[str, Any]:
    """The statements of a table of sentences, of which those with the same keys are compared."""
    # The id is the database's.
    columns = [each.name for each in table.columns if each.name != "id"]
    added = insert(dialect, table).values({column: bindparam(column) for column in columns})
    among = [table.c[key] == bindparam(key) for key in keys]
    return {
        f"find_{name}": select(table.c.id).where(*among, table.c.likeness == bindparam("likeness")),
        f"list_{name}": select(table.c.id, table.c.likeness).where(*among).order_by(table.c.last_at.desc()),
        f"count_{name}": update(table)
        .where(table.c.id == bindparam("same"))
        .values(count=table.c.count + literal_column("1", BigInteger), last_at=bindparam("now")),
        f"delete_{name}": delete(table).where(table.c.id == bindparam("surplus")),
        f"add_{name}": added.on_conflict_do_update(
            index_elements=[*keys, "likeness"],
            set_={"count": table.c.count + added.excluded.count, "last_at": added.excluded.last_at},
        ),
    }


async def run(connection: AsyncConnection, steps: Steps) -> None:
    """Do steps one after the other."""
    statements = turn_statements(connection.dialect.name)
    try:
        name, parameters = next(steps)
        while True:
            result = await connection.execute(getattr(statements, name), parameters)
            name, parameters = steps.send(result.all() if result.returns_rows else ())
    except StopIteration:
        return


def load_states(people: Iterable[ChatIdentity]) -> Select[Any]:
    """Channel, user and state of each of these people's talks; by its keys, because a list of pairs reads the whole table."""
    theirs = or_(*(names_person(talks, person) for person in people))
    return select(talks.c.channel, talks.c.user, talks.c.state).where(theirs)


@cache
def claim_statement(dialect: str, claim_seconds: int) -> Any:  # noqa: ANN401 -- as insert()
    """(key, at) -> the key, where nobody has claimed it for so many seconds; with many rows at once."""
    claim = insert(dialect, claims)
    # Without a parameter of its own the statement can take many rows at once.
    expired = claim.excluded.at - literal_column(str(claim_seconds), BigInteger)
    return claim.on_conflict_do_update(
        index_elements=["key"], set_={"at": claim.excluded.at}, where=claims.c.at <= expired
    ).returning(claims.c.key)


def insert(dialect: str, table: Table) -> Any:  # noqa: ANN401 -- the two dialects' Insert share no base with on_conflict
    """An insert with `on_conflict_do_…` of this dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)

"""The statements of every turn, built once for each dialect: building one costs more than running it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, Table, bindparam, literal_column, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import ChatIdentity
from bot.store.tables import claims, handoffs, names_person, outcomes, talks


@dataclass(frozen=True)
class TurnStatements:
    """Ready to execute with their parameters by name; those that write, with many rows at once."""

    load_handoffs: Select[Any]
    """(now) -> the handoffs in force, no more than there are operators."""
    save_state: Any
    """(channel, user, state, updated_at): keep a talk."""
    count_outcome: Any
    """(day, decision, intent, count): count so many more."""


@cache
def turn_statements(dialect: str) -> TurnStatements:
    """What reads and writes a turn in this dialect."""
    talk, outcome = insert(dialect, talks), insert(dialect, outcomes)
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
    )


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

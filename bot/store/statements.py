"""The statements of every turn, built once for each dialect: building one costs more than running it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, Table, bindparam, literal_column, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.tables import claims, handovers, outcomes, talks


@dataclass(frozen=True)
class Statements:
    """Ready to execute with their parameters by name; those that write, with many rows at once."""

    states: Select[Any]
    """(people: pairs of channel and user) -> channel, user and state of each of their talks."""
    handovers: Select[Any]
    """(now) -> the handovers in force, no more than there are operators."""
    talk: Any
    """(channel, user, state, updated_at): keep a talk."""
    outcome: Any
    """(day, decision, intent, count): count so many more."""
    claim: Any
    """(key, at) -> the key if the claim is ours."""


def statements(dialect: str, claim_seconds: int) -> Statements:
    """The statements in this dialect; a claim holds for so many seconds."""
    kept, counted, claimed = (insert(dialect, table) for table in (talks, outcomes, claims))
    people: BindParameter[Any] = bindparam("people", expanding=True)
    now: BindParameter[int] = bindparam("now")
    # Without a parameter of its own the statement can take many rows at once.
    expired = claimed.excluded.at - literal_column(str(claim_seconds), BigInteger)
    return Statements(
        states=select(talks.c.channel, talks.c.user, talks.c.state).where(
            tuple_(talks.c.channel, talks.c.user).in_(people)
        ),
        handovers=select(handovers).where(handovers.c.until > now),
        talk=kept.on_conflict_do_update(
            index_elements=["channel", "user"],
            set_={"state": kept.excluded.state, "updated_at": kept.excluded.updated_at},
        ),
        outcome=counted.on_conflict_do_update(
            index_elements=["day", "decision", "intent"], set_={"count": outcomes.c.count + counted.excluded.count}
        ),
        claim=claimed.on_conflict_do_update(
            index_elements=["key"], set_={"at": claimed.excluded.at}, where=claims.c.at <= expired
        ).returning(claims.c.key),
    )


def insert(dialect: str, table: Table) -> Any:  # noqa: ANN401 -- the two dialects' Insert share no base with on_conflict
    """An insert with `on_conflict_do_…` of this dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)

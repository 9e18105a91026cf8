"""The statements of every turn, built once for each dialect: building one costs more than running it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Select, Table, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.tables import claims, handovers, outcomes, talks


@dataclass(frozen=True)
class Statements:
    """Ready to execute with their parameters by name."""

    state: Select[Any]
    """(channel, user) -> the talk's state."""
    handovers: Select[Any]
    """(channel, user, now) -> handovers that the person is in, on either side."""
    talk: Any
    """(channel, user, state, updated_at): keep a talk."""
    outcome: Any
    """(day, decision, intent): count one more."""
    claim: Any
    """(key, at, expired) -> the key if the claim is ours."""


def statements(dialect: str) -> Statements:
    """The statements in this dialect."""
    channel: BindParameter[str] = bindparam("channel")
    user: BindParameter[str] = bindparam("user")
    now: BindParameter[int] = bindparam("now")
    person = (handovers.c.channel == channel) & (handovers.c.user == user)
    admin = (handovers.c.admin_channel == channel) & (handovers.c.admin_user == user)
    kept, counted, claimed = (insert(dialect, table) for table in (talks, outcomes, claims))
    return Statements(
        state=select(talks.c.state).where(talks.c.channel == channel, talks.c.user == user),
        handovers=select(handovers).where(handovers.c.until > now, or_(person, admin)),
        talk=kept.on_conflict_do_update(
            index_elements=["channel", "user"],
            set_={"state": kept.excluded.state, "updated_at": kept.excluded.updated_at},
        ),
        outcome=counted.values(
            day=bindparam("day"), decision=bindparam("decision"), intent=bindparam("intent"), count=1
        ).on_conflict_do_update(index_elements=["day", "decision", "intent"], set_={"count": outcomes.c.count + 1}),
        claim=claimed.on_conflict_do_update(
            index_elements=["key"], set_={"at": claimed.excluded.at}, where=claims.c.at <= bindparam("expired")
        )
        .values(key=bindparam("key"), at=bindparam("at"))
        .returning(claims.c.key),
    )


def insert(dialect: str, table: Table) -> Any:  # noqa: ANN401 -- the two dialects' Insert share no base with on_conflict
    """An insert with `on_conflict_do_…` of this dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)

"""Saves a turn only where the talk still stands as it was read: of two processes that answer one person, the second reads again.

Optimistic, because a lock over processes would hold a connection for as long as a turn takes.
"""

from functools import cache
from typing import Any

from sqlalchemy import Integer, bindparam, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store import analytics
from bot.store.analytics import OutcomeKey, TurnEvent
from bot.store.statements import insert, run, turn_statements
from bot.store.tables import outcomes, talks


async def swap(
    connection: AsyncConnection, person: ChatIdentity, before: str | None, state: str, *, event: TurnEvent, now: int
) -> bool:
    """Keep where a talk stands and count the turn; false, and nothing is kept, where the talk isn't as it was read.

    Args:
        connection: on which this is one transaction, or one statement by itself where is_one_statement.
        person: whose talk.
        before: how it was read; None for a new talk.
        state: how it stands now.
        event: what to count.
        now: seconds since 1970 UTC.
    """
    row = {"channel": person.channel, "user": person.user, "state": state, "updated_at": now}
    outcome = event.outcome(now)
    if outcome is not None and before is not None and is_one_statement(connection.dialect.name, before, event, now):
        return bool((await connection.execute(_at_once(), {**_named(row, before), **_counted(outcome)})).scalar_one())
    if before is None:
        statement: Any = insert(connection.dialect.name, talks).values(row).on_conflict_do_nothing()
        swapped = await connection.execute(statement.returning(talks.c.updated_at))
    else:
        swapped = await connection.execute(_swap(), _named(row, before))
    if swapped.first() is None:
        return False
    if outcome is not None:
        await connection.execute(turn_statements(connection.dialect.name).count_outcome, _counted(outcome))
    await run(connection, analytics.additions(person, event, now))
    return True


def is_one_statement(dialect: str, before: str | None, event: TurnEvent, now: int) -> bool:
    """Whether swap() needs no more than one statement, which is a transaction of its own."""
    return dialect == "postgresql" and event.outcome(now) is not None and before is not None and not event.chosen


def _named(row: dict[str, object], before: str) -> dict[str, object]:
    return {f"its_{name}": value for name, value in row.items()} | {"before": before}


def _counted(outcome: OutcomeKey) -> dict[str, object]:
    return {"day": outcome.day, "decision": outcome.decision, "intent": outcome.intent, "count": 1}


@cache
def _swap() -> Any:  # noqa: ANN401 -- as insert()
    """(its_channel, its_user, its_state, its_updated_at, before) -> a row where the talk was as it was read."""
    same = [talks.c[name] == bindparam(f"its_{name}") for name in ("channel", "user")]
    return (
        update(talks)
        .where(*same, talks.c.state == bindparam("before"))
        .values(state=bindparam("its_state"), updated_at=bindparam("its_updated_at"))
        .returning(talks.c.updated_at)
    )


@cache
def _at_once() -> Any:  # noqa: ANN401 -- as insert()
    """The same and the count of the outcome in one round trip; gives how many talks were swapped, 0 or 1."""
    swapped = _swap().cte("swapped")
    columns = ("day", "decision", "intent", "count")
    values = [bindparam(name, type_=outcomes.c[name].type) for name in columns]
    added = insert("postgresql", outcomes).from_select(columns, select(*values).select_from(swapped))
    counted = added.on_conflict_do_update(
        index_elements=["day", "decision", "intent"], set_={"count": outcomes.c.count + added.excluded.count}
    ).returning(literal_column("1", Integer))
    return select(func.count()).select_from(swapped).add_cte(counted.cte("counted"))

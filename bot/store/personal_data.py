"""What is kept of one person: deletes it, and shows it to them. Goes by bot.store.data_map."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.analytics import CHINA
from bot.store.data_map import DATA_MAP
from bot.store.database import Database

_JSON_COLUMNS = frozenset({"state", "data"})
"""Columns that hold JSON, where another version didn't write something else."""


async def delete_person(database: Database, person: ChatIdentity) -> int:
    """Delete every row that names a person, in private and in groups; the number of rows. Raises StoreError."""

    async def write(connection: AsyncConnection) -> int:
        rows = 0
        for kept in DATA_MAP:
            for subject in kept.subjects:
                rows += (await connection.execute(delete(kept.table).where(kept.names(person, subject)))).rowcount
        return rows

    return await database.write(write)


async def export_person(database: Database, person: ChatIdentity) -> list[dict[str, object]]:
    """All that is kept of a person, table by table, ready for JSON; raises StoreError.

    A row that names two people shows the one who asks. Moments are ISO 8601 in Beijing time.
    """

    async def read(connection: AsyncConnection) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for kept in DATA_MAP:
            for subject in kept.subjects:
                others = {
                    f"{other}{name}" for other in kept.subjects if other != subject for name in ("channel", "user")
                }
                query = select(kept.table).where(kept.names(person, subject)).order_by(*kept.table.primary_key)
                rows = (await connection.execute(query)).mappings().all()
                shown = [_shown(kept.table, row, others) for row in rows]
                if shown:
                    found.append({"table": kept.table.name, "title": kept.title, "rows": shown})
        return found

    # One transaction: what was moved from one table to another meanwhile is in one of them.
    return await database.write(read)


def _shown(table: Table, row: Mapping[Any, Any], hidden: set[str]) -> dict[str, object]:
    return {
        column.name: _value(column.name, row[column.name], is_moment=isinstance(column.type, BigInteger))
        for column in table.columns
        if column.name not in hidden
    }


def _value(name: str, value: Any, *, is_moment: bool) -> object:  # noqa: ANN401 -- of whatever type the column is
    if is_moment:
        return datetime.fromtimestamp(value, CHINA).isoformat()
    if name in _JSON_COLUMNS:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value

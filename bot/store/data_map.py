"""The data map: of each table, whom its rows name, how long they are kept, and what they are called in front of people.

What forgets somebody, shows what is kept of them, and deletes what has expired goes by this list alone; docs/privacy.md is the same
for people, and tests/bot/store/test_data_map.py holds every table to both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, String, Table, or_

from bot.messages import ChatIdentity
from bot.store.analytics import day_of
from bot.store.broadcasts import RESUME_SECONDS
from bot.store.claims import CLAIM_SECONDS
from bot.store.tables import (
    broadcasts,
    channel_states,
    claims,
    clarify_choices,
    doubts,
    handoffs,
    misses,
    names_person,
    outcomes,
    pull_cursors,
    pull_work,
    recipients,
    talks,
    votes,
)

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTable:
    """What is kept in one table."""

    table: Table
    title: str
    """What it is, in Chinese."""
    subjects: tuple[str, ...] = ()
    """Whom a row names: "" is whoever talks to the bot, by the columns channel and user; "admin_" an operator, by admin_channel and
    admin_user. Empty: nobody can be found by it."""
    expires_by: str
    """The column that its age is counted from: seconds since 1970 UTC, or a day in China (YYYY-MM-DD)."""
    seconds: int | None = None
    """How long a row is kept; None: as long as YOUSHU_RETENTION_DAYS says."""

    def names(self, person: ChatIdentity, subject: str) -> ColumnElement[bool]:
        """That a row names this person, in private or in groups, as one of `subjects`."""
        return or_(*(names_person(self.table, each, subject) for each in person.everywhere))

    def expired(self, now: int, retention_days: int) -> ColumnElement[bool]:
        """That a row has been kept long enough at a moment in seconds since 1970 UTC."""
        column: Column[int] | Column[str] = self.table.c[self.expires_by]
        seconds = retention_days * DAY_SECONDS if self.seconds is None else self.seconds
        if isinstance(column.type, String):
            return column < day_of(now - seconds)
        return column <= now - seconds


DATA_MAP: Sequence[KeptTable] = (
    KeptTable(table=talks, title="聊到哪里", subjects=("",), expires_by="updated_at"),
    KeptTable(table=votes, title="对回答的评价", subjects=("",), expires_by="at"),
    KeptTable(
        table=channel_states,
        title="渠道自己记的：还没看完的回答、还能发几条、屏蔽了没有、值班群里的话题、管理员没确认的群发",
        subjects=("",),
        expires_by="updated_at",
    ),
    KeptTable(table=handoffs, title="正由工作人员接着的对话", subjects=("", "admin_"), expires_by="until", seconds=0),
    KeptTable(table=recipients, title="还没轮到的群发", subjects=("",), expires_by="at", seconds=RESUME_SECONDS),
    KeptTable(table=broadcasts, title="没发完的群发", subjects=("admin_",), expires_by="at", seconds=RESUME_SECONDS),
    KeptTable(table=misses, title="没听懂的句子，遮盖过", expires_by="last_at"),
    KeptTable(table=doubts, title="反问过的、被点“没用”的句子，遮盖过", expires_by="last_at"),
    KeptTable(table=clarify_choices, title="反问时选了什么的次数", expires_by="day"),
    KeptTable(table=outcomes, title="每天每个话题的次数", expires_by="day"),
    KeptTable(table=claims, title="收到过的消息编号的摘要", expires_by="at", seconds=CLAIM_SECONDS),
    KeptTable(table=pull_cursors, title="微信客服拉取到哪里", expires_by="at"),
    KeptTable(table=pull_work, title="微信客服正在回答的消息编号的摘要", expires_by="at"),
)
"""Every table; those that name people first."""

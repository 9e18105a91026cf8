"""The tables. Their names in the database are those of the first version, so that what is kept outlives an update."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
)

from bot.messages import ChatIdentity

metadata = MetaData()


def _moment(name: str) -> Column[int]:
    # Whole seconds since 1970 UTC: SQLite would give a timestamp back without its zone.
    return Column(name, BigInteger, nullable=False, index=True)


talks = Table(
    "talks",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("user", String(128), primary_key=True),
    Column("state", Text, nullable=False),
    _moment("updated_at"),
)

misses = Table(
    "misses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", String(400), nullable=False),
    Column("likeness", String(400), nullable=False, unique=True),
    Column("count", Integer, nullable=False),
    _moment("first_at"),
    _moment("last_at"),
)

doubts = Table(
    "doubts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("intent", String(40), nullable=False),
    Column("text", String(400), nullable=False),
    Column("likeness", String(400), nullable=False),
    Column("count", Integer, nullable=False),
    _moment("first_at"),
    _moment("last_at"),
    UniqueConstraint("kind", "likeness"),
)

votes = Table(
    "votes",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("user", String(128), primary_key=True),
    Column("intent", String(40), primary_key=True),
    Column("useful", Boolean, nullable=False),
    Column("reason", String(16)),
    _moment("at"),
)

clarify_choices = Table(
    "picks",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("shown", String(200), primary_key=True),
    Column("picked", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("decision", String(16), primary_key=True),
    Column("intent", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("key", String(64), primary_key=True),
    _moment("at"),
)

pull_cursors = Table(
    "pull_cursors",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", String(128), primary_key=True),
    Column("cursor", String(256), nullable=False),
    _moment("at"),
)

pull_work = Table(
    "pull_work",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    _moment("at"),
)

handoffs = Table(
    "handovers",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("user", String(128), primary_key=True),
    Column("admin_channel", String(32), nullable=False),
    Column("admin_user", String(128), nullable=False),
    _moment("until"),
    UniqueConstraint("admin_channel", "admin_user"),
)

channel_states = Table(
    "channel_states",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("user", String(128), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("data", Text, nullable=False),
    _moment("updated_at"),
)

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("admin_channel", String(32), nullable=False),
    Column("admin_user", String(128), nullable=False),
    Column("text", Text, nullable=False),
    Column("people", Integer, nullable=False),
    _moment("at"),
)

recipients = Table(
    "recipients",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("broadcast", String(32), nullable=False, index=True),
    Column("channel", String(32), nullable=False),
    Column("user", String(128), nullable=False),
    _moment("at"),
    UniqueConstraint("channel", "user", "broadcast"),
)


def names_person(table: Table, person: ChatIdentity, prefix: str = "") -> ColumnElement[bool]:
    """That a row is this person's; with the prefix `admin_`, that the person is its operator."""
    return and_(table.c[f"{prefix}channel"] == person.channel, table.c[f"{prefix}user"] == person.user)

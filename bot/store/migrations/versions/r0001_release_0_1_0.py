"""The tables of release 0.1.0, where they aren't there yet.

Until 0002 databases had no version: an old one has some of these tables, each as it is here, or is of the days before the first release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what isn't there."""
    _drop_talks_with_timestamps()
    op.create_table(
        "talks",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("user", sa.String(128), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "misses",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.String(400), nullable=False),
        sa.Column("likeness", sa.String(400), nullable=False, unique=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "votes",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("user", sa.String(128), primary_key=True),
        sa.Column("intent", sa.String(40), primary_key=True),
        sa.Column("useful", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "picks",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("shown", sa.String(200), primary_key=True),
        sa.Column("picked", sa.String(40), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "outcomes",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("decision", sa.String(16), primary_key=True),
        sa.Column("intent", sa.String(40), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "claims",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    _create_tables_of_operators()
    for table, column in (
        ("talks", "updated_at"),
        ("misses", "first_at"),
        ("misses", "last_at"),
        ("votes", "at"),
        ("claims", "at"),
        ("handovers", "until"),
        ("broadcasts", "at"),
        ("recipients", "broadcast"),
        ("recipients", "at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column], if_not_exists=True)


def _create_tables_of_operators() -> None:
    op.create_table(
        "handovers",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("user", sa.String(128), primary_key=True),
        sa.Column("admin_channel", sa.String(32), nullable=False),
        sa.Column("admin_user", sa.String(128), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("admin_channel", "admin_user"),
        if_not_exists=True,
    )
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("admin_channel", sa.String(32), nullable=False),
        sa.Column("admin_user", sa.String(128), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "recipients",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("broadcast", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("user", sa.String(128), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("channel", "user", "broadcast"),
        if_not_exists=True,
    )


def _drop_talks_with_timestamps() -> None:
    """Drop the table of talks where its moments are timestamps, as for some hours before the first release.

    They are of a form of talk that nothing reads any more.
    """
    inspector = sa.inspect(op.get_bind())
    if inspector.has_table("talks"):
        moments = [column for column in inspector.get_columns("talks") if column["name"] == "updated_at"]
        if any(isinstance(column["type"], sa.DateTime) for column in moments):
            op.drop_table("talks")

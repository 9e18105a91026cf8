"""What has been kept since 0.1.0: doubts, a channel's own states, what is pulled from WeCom; where it isn't there yet.

The first builds after 0.1.0 made these tables without giving the database a version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make what isn't there."""
    op.create_table(
        "doubts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("intent", sa.String(40), nullable=False),
        sa.Column("text", sa.String(400), nullable=False),
        sa.Column("likeness", sa.String(400), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("kind", "likeness"),
        if_not_exists=True,
    )
    op.create_table(
        "channel_states",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("user", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "pull_cursors",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("account", sa.String(128), primary_key=True),
        sa.Column("cursor", sa.String(256), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "pull_work",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    for table, column in (
        ("doubts", "first_at"),
        ("doubts", "last_at"),
        ("channel_states", "updated_at"),
        ("pull_cursors", "at"),
        ("pull_work", "at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column], if_not_exists=True)

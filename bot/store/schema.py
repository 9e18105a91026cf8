"""The version of the tables: what a database has, and how it gets to what this program needs."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import structlog
from sqlalchemy import Column, Connection, MetaData, String, Table, bindparam, func, insert, inspect, select
from typing_extensions import override

from bot.store.errors import StoreError
from bot.store.tables import metadata

log = structlog.get_logger(__name__)

REVISIONS: Sequence[str] = ("0001", "0002")
"""Every version that this program can read and bring up to date, oldest first: one for each script in bot/store/migrations/versions."""
HEAD = REVISIONS[-1]
"""The version whose tables are those of bot.store.tables."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x796F7573_6875
"""`youshu`: the number of PostgreSQL's advisory lock for whoever changes the tables."""

# As alembic makes it, so that alembic's own commands can be used on the same database.
_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), primary_key=True),
)


class NewerSchemaError(StoreError):
    """The tables are of a version that this program doesn't know."""

    def __init__(self, version: str) -> None:
        """The database says that it has this version."""
        super().__init__("NewerSchema")
        self.version = version

    @property
    @override
    def user_message(self) -> str:
        return (
            f"数据库的版本是 {self.version}，这份程序只认得到 {HEAD}：它被更新的有数升级过。"
            "请改用那个新版本，或者停下服务、放回升级之前的备份（docs/operators.md“升级和退回”）"
        )


def version_of(connection: Connection) -> str | None:
    """The version that a database says it has; None where it says nothing."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables, or change those that are there to HEAD; others who want the same wait until it is done.

    Args:
        connection: in a transaction, which holds the whole change. On SQLite it must have the lock for writing already.

    Raises:
        NewerSchemaError: the tables are newer than this program.
        SQLAlchemyError: as the database says.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(bindparam("lock", _LOCK))))
    version = version_of(connection)
    if version == HEAD:
        return
    if version is not None and version not in REVISIONS:
        raise NewerSchemaError(version)
    if version is None and not set(inspect(connection).get_table_names()) & set(metadata.tables):
        # Nothing to keep: the tables at once, as the scripts would make them one by one.
        metadata.create_all(connection, checkfirst=False)
        _version.create(connection, checkfirst=True)
        connection.execute(insert(_version).values(version_num=HEAD))
        return
    log.info("database_migrating", before=version, after=HEAD)
    _migrate(connection)
    log.info("database_migrated", version=HEAD)


def _migrate(connection: Connection) -> None:
    """Run the scripts that are missing. A database without a version has been through none of them."""
    # Not before: a start where nothing has to change doesn't wait for alembic.
    command, config = import_module("alembic.command"), import_module("alembic.config")
    settings = config.Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    command.upgrade(settings, HEAD)

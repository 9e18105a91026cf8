"""Real databases for tests: SQLite in a file, PostgreSQL in a cluster of the tests' own."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from tests.requirements import require


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL that listens on a socket in its own folder only."""

    programs: Path
    folder: Path
    _free: list[str] = field(default_factory=list)
    """Databases that are empty again."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database that is emptied at the end."""
        name = self._free.pop() if self._free else self._new()
        yield f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"
        with self._connected(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        self._free.append(name)

    def _new(self) -> str:
        """A further database: making one takes PostgreSQL longer than emptying one."""
        name = f"t{next(self._numbers)}"
        with self._connected("postgres") as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return name

    def _connected(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as a user that it accepts."""
        # PostgreSQL refuses to run as root; Debian's package brings a user for it.
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        own = [] if os.geteuid() == 0 or program in {"pg_ctl", "initdb"} else ["--username", "postgres"]
        subprocess.run(
            [*as_user, str(self.programs / program), *own, *arguments],
            check=True,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        """Stop the server at once."""
        self.run("pg_ctl", "stop", "--mode=immediate", "--pgdata", str(self.folder / "data"))

    def restart(self) -> None:
        """Stop the server, cutting off whoever is connected, and start it again."""
        self.run("pg_ctl", "stop", "--mode=fast", "--pgdata", str(self.folder / "data"))
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self.run("pg_ctl", "start", "--wait", "--pgdata", data, "--log", log, "--options", options)


@contextmanager
def postgresql() -> Iterator[Cluster]:
    """A private cluster; skips the test where PostgreSQL isn't installed, or fails it where it is required."""
    programs = Path(require("postgresql")).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="youshu-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    cluster = Cluster(programs, folder)
    try:
        data = str(folder / "data")
        cluster.run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--pgdata", data)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

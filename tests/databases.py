"""Real databases for tests: SQLite in a file, PostgreSQL in a cluster of the tests' own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.requirements import require


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL that listens on a socket in its own folder only."""

    programs: Path
    folder: Path

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database that is dropped at the end."""
        name = f"t{uuid4().hex}"
        self.run("createdb", "--host", str(self.folder), name)
        try:
            yield f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"
        finally:
            self.run("dropdb", "--force", "--host", str(self.folder), name)

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

"""The last good version of a FAQ on disk: the latest backup, or what git has, whichever is younger."""

import io
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from intents.faq.backups import backup_time, backups
from intents.faq.files import FAQFiles, read_files
from intents.faq.question_files import QUESTIONS_FOLDER

GIT_SECONDS = 10
"""How long git may take; in a folder on a slow network drive it hangs."""


@dataclass(frozen=True, slots=True)
class LastVersion:
    """A version of the files, and what it is called."""

    name: str
    files: FAQFiles


def last_version(path: Path) -> LastVersion | None:
    """The version before the one on disk; None where nothing is kept of it, or it can't be read."""
    backup = next(iter(backups(path)), None)
    committed = _committed_at(path)
    # git keeps whole seconds.
    if backup is not None and (committed is None or backup_time(backup).replace(microsecond=0) > committed):
        try:
            return LastVersion(f"备份 {backup.name} ", read_files(backup))
        except OSError:
            return None
    files = _committed(path) if committed is not None else None
    return LastVersion("上次提交到 git 的那一份", files) if files is not None else None


def _committed_at(path: Path) -> datetime | None:
    """When the files were last committed; None where they aren't in git, or there is no git."""
    said = _git(path, "log", "-1", "--format=%cI", "--", path.name, QUESTIONS_FOLDER)
    return datetime.fromisoformat(said.decode().strip()) if said and said.strip() else None


def _committed(path: Path) -> FAQFiles | None:
    """The files as they were last committed."""
    packed = _git(path, "archive", "HEAD", "--", path.name, QUESTIONS_FOLDER) or _git(
        path, "archive", "HEAD", "--", path.name
    )
    if not packed:
        return None
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        contents = {member.name: file.read() for member in archive if (file := archive.extractfile(member)) is not None}
    main = contents.pop(path.name, None)
    if main is None:
        return None
    return FAQFiles(path, main, {Path(name).name: content for name, content in contents.items()})


def _git(path: Path, *arguments: str) -> bytes | None:
    """What git prints, run in the file's folder; None where it fails or isn't there."""
    try:
        done = subprocess.run(  # noqa: S603 -- git by name, with arguments of our own  # nosec B603 B607
            ["git", *arguments],  # noqa: S607 -- wherever it is installed
            cwd=path.resolve().parent,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout

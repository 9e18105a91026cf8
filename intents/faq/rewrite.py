"""Writes faq.yaml safely: one writer at a time, a backup first, and the new file in one step."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from intents.errors import ExpectedError, os_error_reason

LOCK_SECONDS = 30.0
"""How long one writer waits for another."""
KEPT_BACKUPS = 10
"""Older backups are deleted."""


class RewriteError(ExpectedError):
    """The file can't be replaced and is as it was; one line in Chinese."""


@contextlib.contextmanager
def exclusive_writer(path: Path) -> Iterator[Path]:
    """Wait for the writer's lock on a file, and give the file behind its links; raises RewriteError after LOCK_SECONDS."""
    target = path.resolve()
    if not os.access(target.parent, os.W_OK):  # taking the lock would wait forever
        raise RewriteError(f"{target.parent} 里写不进去；请检查这个文件夹在不在、有没有写权限")
    try:
        with FileLock(target.parent / f".{target.name}.lock", timeout=LOCK_SECONDS):
            yield target
    except Timeout as error:
        raise RewriteError(f"{path.name} 一直被另一个程序占着，请过一会儿再试") from error


def replace(target: Path, before: bytes, after: bytes) -> Path:
    """Replace a file's content atomically, keeping its mode, and return the backup that was made of `before`.

    Raises RewriteError when the file no longer holds `before` (an editor saved it meanwhile) or can't be written.
    """
    try:
        backup = _write_backup(target, before)
        new = _write_beside(target, after)
        if target.read_bytes() != before:
            new.unlink()
            raise RewriteError(f"{target.name} 刚刚被别人改过，什么也没写；请再试一次")
        new.replace(target)
        _delete_old_backups(target)
    except OSError as error:
        raise RewriteError(
            f"{target.name} 写不进去（{os_error_reason(error)}）；请检查文件和所在文件夹的写权限"
        ) from error
    return backup


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is the file again."""

    source: Path
    """The backup that was used."""
    backup: Path
    """The backup of what was there before."""


def restore(path: Path, backup: Path | None = None) -> Restored:
    """Put a backup, the latest unless told, in place of the file; raises RewriteError. Doing it again undoes it."""
    with exclusive_writer(path) as target:
        available = backups(path)
        if backup is None and not available:
            raise RewriteError(f"{path.name} 还没有备份，没有可以退回的版本")
        chosen = backup or available[0]
        try:
            content, before = chosen.read_bytes(), target.read_bytes()
        except OSError as error:
            raise RewriteError(f"{chosen.name} 打不开（{os_error_reason(error)}）；请检查名字和权限") from error
        return Restored(chosen, replace(target, before, content))


def backups(path: Path) -> list[Path]:
    """The backups of a file, the latest first."""
    target = path.resolve()
    return sorted(target.parent.glob(f"{target.name}.*.bak"), reverse=True)


def _write_backup(target: Path, content: bytes) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    backup = target.with_name(f"{target.name}.{stamp}.bak")
    backup.write_bytes(content)
    shutil.copymode(target, backup)
    return backup


def _write_beside(target: Path, content: bytes) -> Path:
    """Write a new file in the target's folder, with its mode and owner."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new = Path(file.name)
    shutil.copymode(target, new)
    with contextlib.suppress(PermissionError):  # only root may change a file's owner
        owner = target.stat()
        os.chown(new, owner.st_uid, owner.st_gid)
    return new


def _delete_old_backups(target: Path) -> None:
    for old in backups(target)[KEPT_BACKUPS:]:
        old.unlink()

"""Replace faq.yaml safely: one writer at a time, a backup first, never half a file."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from intents.errors import ExpectedError, reason

LOCK_SECONDS = 30.0
"""How long one writer waits for another."""
KEPT_BACKUPS = 10


class RewriteError(ExpectedError):
    """The file could not be replaced and is as it was; one line in Chinese."""


@contextlib.contextmanager
def exclusive_writer(path: Path) -> Iterator[Path]:
    """The file behind the path (links followed), with every other writer of this program kept out."""
    target = path.resolve()
    if not os.access(target.parent, os.W_OK):  # the lock would wait for what never comes
        raise RewriteError(f"{target.parent} 里写不进去；请检查这个文件夹在不在、有没有写权限")
    try:
        with FileLock(target.parent / f".{target.name}.lock", timeout=LOCK_SECONDS):
            yield target
    except Timeout as error:
        raise RewriteError(f"{path.name} 一直被另一个程序占着，请过一会儿再试") from error


def replace(target: Path, before: bytes, after: bytes) -> Path:
    """Put `after` in place of `before`, at once, mode kept; the backup that was made of `before`.

    Raises RewriteError when the file no longer says `before` (an editor saved it meanwhile) or can't be written.
    """
    try:
        backup = _backed_up(target, before)
        draft = _draft(target, after)
        if target.read_bytes() != before:
            draft.unlink()
            raise RewriteError(f"{target.name} 刚刚被别人改过，什么也没写；请再试一次")
        draft.replace(target)
        _drop_old(target)
    except OSError as error:
        raise RewriteError(f"{target.name} 写不进去（{reason(error)}）；请检查文件和所在文件夹的写权限") from error
    return backup


def restore(path: Path, backup: Path | None = None) -> tuple[Path, Path]:
    """Put a backup (the latest unless told) in place of the file: the backup used, and the one of what was there.

    Raises RewriteError. Done twice, it undoes itself.
    """
    with exclusive_writer(path) as target:
        kept = backups(path)
        if backup is None and not kept:
            raise RewriteError(f"{path.name} 还没有备份，没有可以退回的版本")
        chosen = backup or kept[0]
        try:
            content, before = chosen.read_bytes(), target.read_bytes()
        except OSError as error:
            raise RewriteError(f"{chosen.name} 打不开（{reason(error)}）；请检查名字和权限") from error
        return chosen, replace(target, before, content)


def backups(path: Path) -> list[Path]:
    """The backups of a file, the latest first."""
    target = path.resolve()
    return sorted(target.parent.glob(f"{target.name}.*.bak"), reverse=True)


def _backed_up(target: Path, content: bytes) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    backup = target.with_name(f"{target.name}.{stamp}.bak")
    backup.write_bytes(content)
    shutil.copymode(target, backup)
    return backup


def _draft(target: Path, content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft = Path(file.name)
    shutil.copymode(target, draft)
    with contextlib.suppress(PermissionError):  # only root may give a file away; then it stays the writer's
        owner = target.stat()
        os.chown(draft, owner.st_uid, owner.st_gid)
    return draft


def _drop_old(target: Path) -> None:
    for old in backups(target)[KEPT_BACKUPS:]:
        old.unlink()

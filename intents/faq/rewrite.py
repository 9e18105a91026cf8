"""Writes faq.yaml safely: one writer at a time, a backup first, and the new file in one step."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from intents.errors import ExpectedError, os_error_reason, os_error_remedy

LOCK_SECONDS = 30.0
"""How long one writer waits for another."""
KEPT_BACKUPS = 10
"""How many different contents are kept as backups."""

_TIME = re.compile(r"\d{8}-\d{6}-\d{6}")
"""When a backup was made, in its name: date, time, microseconds."""


class RewriteError(ExpectedError):
    """The file can't be replaced and is as it was; one line in Chinese."""


@contextlib.contextmanager
def exclusive_writer(path: Path) -> Iterator[Path]:
    """Wait for the writer's lock on a file, and give the file behind its links; raises RewriteError after LOCK_SECONDS."""
    target = path.resolve()
    lock = FileLock(target.parent / f".{target.name}.lock", timeout=LOCK_SECONDS)
    try:
        # In a folder that takes no files, taking the lock would wait until the timeout.
        tempfile.TemporaryFile(dir=target.parent).close()
        lock.acquire()
    except Timeout as error:
        raise RewriteError(f"{path.name} 一直被另一个程序占着，请过一会儿再试") from error
    except FileNotFoundError as error:
        raise RewriteError(f"找不到文件夹 {target.parent}；请检查路径") from error
    except OSError as error:
        raise RewriteError(
            f"{target.parent} 里写不进去（{os_error_reason(error)}）；{os_error_remedy(error)}"
        ) from error
    try:
        yield target
    finally:
        lock.release()


def replace(target: Path, before: bytes, after: bytes) -> Path:
    """Replace a file's content atomically, keeping its mode, and return the backup that was made of `before`.

    Raises RewriteError when the file no longer holds `before` (an editor saved it meanwhile) or can't be written; then
    no new file is left behind.
    """
    with _cleaning_up(target) as cleanup:
        new, copy = _write_beside(target, after, cleanup), _write_beside(target, before, cleanup)
        _refuse_changed(target, before)
        backup = copy.replace(_backup_path(target))
        cleanup.callback(backup.unlink, missing_ok=True)
        new.replace(target)
    with contextlib.suppress(OSError):  # the file says what it should; a backup too many does no harm
        _delete_old_backups(target)
    return backup


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is the file again."""

    source: Path
    """The backup that was used."""
    backup: Path | None
    """The backup of what was there before; None where the file was gone."""


def restore(path: Path, backup: Path | None = None) -> Restored:
    """Put a backup, the latest unless told, in place of the file, also of one that is gone; raises RewriteError.

    Doing it again undoes it.
    """
    with exclusive_writer(path) as target:
        chosen = choose_backup(path, backup)
        try:
            content, before = chosen.read_bytes(), _content(target)
        except OSError as error:
            raise RewriteError(
                f"{path.name} 或 {chosen.name} 打不开（{os_error_reason(error)}）；请检查权限"
            ) from error
        if before is not None:
            return Restored(chosen, replace(target, before, content))
        with _cleaning_up(target) as cleanup:
            new = _write_beside(target, content, cleanup)
            _refuse_changed(target, None)
            new.replace(target)
        return Restored(chosen, None)


def choose_backup(path: Path, named: Path | None = None) -> Path:
    """The backup with this path or file name, or the latest without one; raises RewriteError."""
    available = backups(path)
    if named is None:
        if not available:
            raise RewriteError(f"{path.name} 还没有备份，没有可以退回的版本")
        return available[0]
    folder = path.resolve().parent
    chosen = next((each for each in (named, folder / named) if each.exists()), None)
    if chosen is None:
        raise RewriteError(f"{named} 打不开（找不到这个文件）；名字见 youshu undo --list")
    if chosen.resolve() not in available:
        raise RewriteError(f"{named} 不是 {path.name} 的备份，什么也没改；备份见 youshu undo --list")
    return chosen.resolve()


def backups(path: Path) -> list[Path]:
    """The backups of a file, the latest first; an empty file is none, nor is one with another kind of name."""
    target = path.resolve()
    beginning = f"{target.name}."
    return sorted(
        (
            each
            for each in target.parent.glob("*.bak")
            if each.name.startswith(beginning)
            and _TIME.fullmatch(each.name.removeprefix(beginning).removesuffix(".bak"))
            and each.is_file()
            and each.stat().st_size
        ),
        reverse=True,
    )


@contextlib.contextmanager
def _cleaning_up(target: Path) -> Iterator[contextlib.ExitStack]:
    """Run the callbacks, which delete new files, only if the block fails; raises RewriteError for an OSError."""
    try:
        with contextlib.ExitStack() as cleanup:
            yield cleanup
            cleanup.pop_all()
    except OSError as error:
        raise RewriteError(f"{target.name} 写不进去（{os_error_reason(error)}）；{os_error_remedy(error)}") from error


def _refuse_changed(target: Path, before: bytes | None) -> None:
    if _content(target) != before:
        raise RewriteError(f"{target.name} 刚刚被别人改过，什么也没写；请再试一次")


def _content(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None


def _backup_path(target: Path) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    return target.with_name(f"{target.name}.{stamp}.bak")


def _write_beside(target: Path, content: bytes, cleanup: contextlib.ExitStack) -> Path:
    """Write a new file in the target's folder, with its mode and owner; `cleanup` deletes it."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        new = Path(file.name)
        cleanup.callback(new.unlink, missing_ok=True)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    model = target if target.exists() else next(iter(backups(target)), new)
    shutil.copymode(model, new)
    with contextlib.suppress(PermissionError, AttributeError):  # only root may change an owner; Windows has no chown
        owner = model.stat()
        os.chown(new, owner.st_uid, owner.st_gid)
    return new


def _delete_old_backups(target: Path) -> None:
    """Keep the latest KEPT_BACKUPS different contents: going back and forth must not push out what is further back."""
    kept: set[bytes] = set()
    for backup in backups(target):
        digest = sha256(backup.read_bytes()).digest()
        if digest in kept or len(kept) == KEPT_BACKUPS:
            backup.unlink()
        kept.add(digest)

"""Replace faq.yaml safely: one writer at a time, a backup first, never half a file."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from intents.errors import ExpectedError, reason, remedy

LOCK_SECONDS = 30.0
"""How long one writer waits for another."""
KEPT_BACKUPS = 10
"""How many different contents are kept."""

_STAMP = re.compile(r"\d{8}-\d{6}-\d{6}")


class RewriteError(ExpectedError):
    """The file could not be replaced and is as it was; one line in Chinese."""


@contextlib.contextmanager
def exclusive_writer(path: Path) -> Iterator[Path]:
    """The file behind the path (links followed), with every other writer of this program kept out."""
    target = path.resolve()
    lock = FileLock(target.parent / f".{target.name}.lock", timeout=LOCK_SECONDS)
    try:
        # The lock would wait for what never comes, in a folder that takes no files.
        tempfile.TemporaryFile(dir=target.parent).close()
        lock.acquire()
    except Timeout as error:
        raise RewriteError(f"{path.name} 一直被另一个程序占着，请过一会儿再试") from error
    except FileNotFoundError as error:
        raise RewriteError(f"找不到文件夹 {target.parent}；请检查路径") from error
    except OSError as error:
        raise RewriteError(f"{target.parent} 里写不进去（{reason(error)}）；{remedy(error)}") from error
    try:
        yield target
    finally:
        lock.release()


def replace(target: Path, before: bytes, after: bytes) -> Path:
    """Put `after` in place of `before`, at once, mode kept; the backup that was made of `before`.

    Raises RewriteError when the file no longer says `before` (an editor saved it meanwhile) or can't be written; then
    nothing is left behind.
    """
    with _all_or_nothing(target) as unfinished:
        draft, copy = _draft(target, after, unfinished), _draft(target, before, unfinished)
        _refuse_changed(target, before)
        backup = copy.replace(_backup_name(target))
        unfinished.callback(backup.unlink, missing_ok=True)
        draft.replace(target)
    with contextlib.suppress(OSError):  # the file says what it should; a backup too many does no harm
        _drop_old(target)
    return backup


def restore(path: Path, backup: Path | None = None) -> tuple[Path, Path | None]:
    """Put a backup (the latest unless told) in place of the file: the backup used, and the one of what was there.

    Raises RewriteError. Done twice, it undoes itself. A file that is gone is there again.
    """
    with exclusive_writer(path) as target:
        chosen = choose_backup(path, backup)
        try:
            content, before = chosen.read_bytes(), _content(target)
        except OSError as error:
            raise RewriteError(f"{path.name} 或 {chosen.name} 打不开（{reason(error)}）；请检查权限") from error
        if before is not None:
            return chosen, replace(target, before, content)
        with _all_or_nothing(target) as unfinished:
            draft = _draft(target, content, unfinished)
            _refuse_changed(target, None)
            draft.replace(target)
        return chosen, None


def choose_backup(path: Path, named: Path | None = None) -> Path:
    """The backup that is named, by its path or by its name alone, or else the latest; raises RewriteError."""
    kept = backups(path)
    if named is None:
        if not kept:
            raise RewriteError(f"{path.name} 还没有备份，没有可以退回的版本")
        return kept[0]
    folder = path.resolve().parent
    chosen = next((each for each in (named, folder / named) if each.exists()), None)
    if chosen is None:
        raise RewriteError(f"{named} 打不开（找不到这个文件）；名字见 youshu undo --list")
    if chosen.resolve() not in kept:
        raise RewriteError(f"{named} 不是 {path.name} 的备份，什么也没改；备份见 youshu undo --list")
    return chosen.resolve()


def backups(path: Path) -> list[Path]:
    """The backups of a file, the latest first; what is empty or only has a similar name is none."""
    target = path.resolve()
    beginning = f"{target.name}."
    return sorted(
        (
            each
            for each in target.parent.glob("*.bak")
            if each.name.startswith(beginning)
            and _STAMP.fullmatch(each.name.removeprefix(beginning).removesuffix(".bak"))
            and each.is_file()
            and each.stat().st_size
        ),
        reverse=True,
    )


@contextlib.contextmanager
def _all_or_nothing(target: Path) -> Iterator[contextlib.ExitStack]:
    """Holds what takes away the files that were made for a change, should it fail; raises RewriteError."""
    try:
        with contextlib.ExitStack() as unfinished:
            yield unfinished
            unfinished.pop_all()
    except OSError as error:
        raise RewriteError(f"{target.name} 写不进去（{reason(error)}）；{remedy(error)}") from error


def _refuse_changed(target: Path, before: bytes | None) -> None:
    if _content(target) != before:
        raise RewriteError(f"{target.name} 刚刚被别人改过，什么也没写；请再试一次")


def _content(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None


def _backup_name(target: Path) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    return target.with_name(f"{target.name}.{stamp}.bak")


def _draft(target: Path, content: bytes, unfinished: contextlib.ExitStack) -> Path:
    """A file beside the target with this content, wholly on the disk, which goes when `unfinished` closes."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        draft = Path(file.name)
        unfinished.callback(draft.unlink, missing_ok=True)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    alike = target if target.exists() else next(iter(backups(target)), draft)
    shutil.copymode(alike, draft)
    with contextlib.suppress(PermissionError, AttributeError):  # only root may give a file away; Windows knows no owner
        owner = alike.stat()
        os.chown(draft, owner.st_uid, owner.st_gid)
    return draft


def _drop_old(target: Path) -> None:
    """Keep the latest different contents: going back and forth must not push out what is further back."""
    kept: set[bytes] = set()
    for backup in backups(target):
        digest = sha256(backup.read_bytes()).digest()
        if digest in kept or len(kept) == KEPT_BACKUPS:
            backup.unlink()
        kept.add(digest)

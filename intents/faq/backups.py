"""The versions of a FAQ that are kept: one file where all of it is one file, else a folder with faq.yaml and questions/."""

import re
import shutil
from datetime import datetime
from pathlib import Path

from intents.errors import ExpectedError
from intents.faq.files import main_file, read_files

KEPT_BACKUPS = 10
"""How many different contents are kept."""

_STAMP = "%Y%m%d-%H%M%S-%f"
_TIME = re.compile(r"\d{8}-\d{6}-\d{6}")
"""When a backup was made, in its name: date, time, microseconds."""


class RewriteError(ExpectedError):
    """The files can't be replaced and are as they were; one line in Chinese."""


def backups(path: Path) -> list[Path]:
    """The backups of a FAQ, the latest first; an empty file is none, nor is one with another kind of name."""
    target = main_file(path).resolve()
    beginning = f"{target.name}."
    return sorted(
        (
            each
            for each in target.parent.glob("*.bak")
            if each.name.startswith(beginning)
            and _TIME.fullmatch(each.name.removeprefix(beginning).removesuffix(".bak"))
            and (file := main_file(each)).is_file()
            and file.stat().st_size
        ),
        reverse=True,
    )


def backup_time(backup: Path) -> datetime:
    """When a backup was made, by its name; aware."""
    found = _TIME.search(backup.name)
    if found is None:
        raise ValueError(f"{backup.name} is no backup")
    return datetime.strptime(found[0], _STAMP).astimezone()


def backup_path(target: Path) -> Path:
    """The path of a backup that is made now."""
    stamp = datetime.now().astimezone().strftime(_STAMP)
    return target.with_name(f"{target.name}.{stamp}.bak")


def choose_backup(path: Path, named: Path | None = None) -> Path:
    """The backup with this path or name, or the latest without one; raises RewriteError."""
    available = backups(path)
    if named is None:
        if not available:
            raise RewriteError(f"{path.name} 还没有备份，没有可以退回的版本")
        return available[0]
    folder = main_file(path).resolve().parent
    chosen = next((each for each in (named, folder / named) if each.exists()), None)
    if chosen is None:
        raise RewriteError(f"{named} 打不开（找不到这个文件）；名字见 youshu undo --list")
    if chosen.resolve() not in available:
        raise RewriteError(f"{named} 不是 {path.name} 的备份，什么也没改；备份见 youshu undo --list")
    return chosen.resolve()


def delete_old_backups(target: Path) -> None:
    """Keep the latest KEPT_BACKUPS different contents: going back and forth must not push out what is further back."""
    kept: set[str] = set()
    for backup in backups(target):
        digest = read_files(backup).digest
        if digest in kept or len(kept) == KEPT_BACKUPS:
            delete_backup(backup)
        kept.add(digest)


def delete_backup(backup: Path) -> None:
    """Delete a backup, be it a file or a folder; raises OSError."""
    if backup.is_dir():
        # Aside first, so that a half-deleted folder is never taken for a backup.
        aside = backup.rename(backup.with_name(f".{backup.name}.old"))
        shutil.rmtree(aside)
    else:
        backup.unlink(missing_ok=True)

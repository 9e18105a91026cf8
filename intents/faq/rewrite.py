"""Writes the files of a FAQ safely: one writer at a time, a backup first, and all of the new files or none."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from intents.errors import os_error_reason, os_error_remedy
from intents.faq.backups import (
    RewriteError,
    backup_path,
    backups,
    choose_backup,
    delete_backup,
    delete_old_backups,
)
from intents.faq.files import FAQFiles, main_file, read_files
from intents.faq.journal import Step, finish_interrupted, take, write_journal
from intents.faq.question_files import QUESTIONS_FOLDER

__all__ = ["Restored", "RewriteError", "backups", "choose_backup", "exclusive_writer", "replace", "restore"]

LOCK_SECONDS = 30.0
"""How long one writer waits for another."""

Changes = Mapping[str, bytes | None]
"""The new content of files by name, None to delete one; an empty name is faq.yaml, others stand in questions/."""


@contextlib.contextmanager
def exclusive_writer(path: Path) -> Iterator[Path]:
    """Wait for the writer's lock on a FAQ, and give the file behind its links; raises RewriteError after LOCK_SECONDS."""
    target = main_file(path).resolve()
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
        with _cleaning_up(target):
            finish_interrupted(target)
        yield target
    finally:
        lock.release()


def replace(before: FAQFiles, changes: Changes) -> Path:
    """Give files of a FAQ new content, all of them or none, keeping their modes; return the backup of `before`.

    Every new file is on the disk before the first takes its place. Raises RewriteError when a file no longer holds what
    `before` says (an editor saved it meanwhile) or can't be written; then every file is as it was, and no new one is left.
    """
    target = before.path.resolve()
    with _cleaning_up(target) as cleanup:
        steps = _prepared(before, changes, cleanup)
        copy = _backup_copy(before, target, cleanup)
        _refuse_changed(before)
        backup = copy.replace(backup_path(target))
        cleanup.callback(delete_backup, backup)
        _take(target, steps, cleanup)
    with contextlib.suppress(OSError):  # the files say what they should; a backup too many does no harm
        _tidy(steps, before.folder)
        delete_old_backups(target)
    return backup


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is the FAQ again."""

    source: Path
    """The backup that was used."""
    backup: Path | None
    """The backup of what was there before; None where faq.yaml was gone."""
    files: int = 1
    """How many files were written or deleted."""


def restore(path: Path, backup: Path | None = None) -> Restored:
    """Put a backup, the latest unless told, in place of the FAQ, also of one that is gone; raises RewriteError.

    Doing it again undoes it.
    """
    path = main_file(path)
    with exclusive_writer(path) as target:
        chosen = choose_backup(path, backup)
        try:
            content, before = read_files(chosen), _read(path)
        except OSError as error:
            raise RewriteError(
                f"{path.name} 或 {chosen.name} 打不开（{os_error_reason(error)}）；请检查权限"
            ) from error
        if before is not None:
            changes = _differences(before, content)
            return Restored(chosen, replace(before, changes or {"": content.main}), len(changes) or 1)
        with _cleaning_up(target) as cleanup:
            gone = FAQFiles(path, b"", {})
            # What stands in questions/ may be newer than the backup, and nothing would keep it.
            missing = {name: text for name, text in content.questions.items() if not gone.path_of(name).exists()}
            steps = _prepared(gone, {"": content.main, **missing}, cleanup)
            if _read(path) is not None:
                raise _changed_meanwhile(path)
            _take(target, steps, cleanup)
        return Restored(chosen, None, len(steps))


def _differences(before: FAQFiles, after: FAQFiles) -> dict[str, bytes | None]:
    """What must be written and deleted so that files with the content `before` have the content `after`."""
    old, new = {"": before.main, **before.questions}, {"": after.main, **after.questions}
    changed: dict[str, bytes | None] = {name: text for name, text in new.items() if old.get(name) != text}
    return changed | dict.fromkeys(name for name in old if name not in new)


@contextlib.contextmanager
def _cleaning_up(target: Path) -> Iterator[contextlib.ExitStack]:
    """Run the callbacks, which put everything back, only if the block fails; raises RewriteError for an OSError."""
    try:
        with contextlib.ExitStack() as cleanup:
            yield cleanup
            cleanup.pop_all()
    except OSError as error:
        raise RewriteError(f"{target.name} 写不进去（{os_error_reason(error)}）；{os_error_remedy(error)}") from error


def _prepared(before: FAQFiles, changes: Changes, cleanup: contextlib.ExitStack) -> list[Step]:
    """Write all that is new beside the files; first come the questions, then faq.yaml, then what goes.

    In this order a reader in between finds a question twice rather than nowhere.
    """
    _make_folder(before, changes, cleanup)
    order = sorted(changes, key=lambda name: (changes[name] is None, name == "", name))
    steps = []
    for name in order:
        content, path = changes[name], before.path_of(name).resolve()
        kept = (before.main if before.path.exists() else None) if name == "" else before.questions.get(name)
        model = path if path.exists() else _model(before)
        new = None if content is None else _write_beside(path, content, model, cleanup)
        old = None if kept is None or name == order[-1] else _write_beside(path, kept, model, cleanup)
        steps.append(Step(path, new, old))
    return steps


def _make_folder(before: FAQFiles, changes: Changes, cleanup: contextlib.ExitStack) -> None:
    if before.folder.exists() or not any(name and content is not None for name, content in changes.items()):
        return
    before.folder.mkdir()
    cleanup.callback(before.folder.rmdir)
    if before.path.exists():
        _copy_owner(before.path.resolve().parent, before.folder)


def _take(target: Path, steps: list[Step], cleanup: contextlib.ExitStack) -> None:
    journal = write_journal(target, steps) if len(steps) > 1 else None
    if journal is not None:
        cleanup.callback(journal.unlink)
    for step in steps:
        take(step)
        if step.old is not None:
            cleanup.callback(step.old.replace, step.path)
        else:
            cleanup.callback(step.path.unlink, missing_ok=True)
    if journal is not None:
        journal.unlink()


def _tidy(steps: list[Step], folder: Path) -> None:
    for step in steps:
        if step.old is not None:
            step.old.unlink(missing_ok=True)
    if any(step.new is None for step in steps) and not any(folder.iterdir()):
        folder.rmdir()


def _backup_copy(before: FAQFiles, target: Path, cleanup: contextlib.ExitStack) -> Path:
    """Write what the files hold now, to be renamed to a backup."""
    if not before.questions:
        return _write_beside(target, before.main, target, cleanup)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    shutil.copymode(target.parent, folder)
    inside = folder / QUESTIONS_FOLDER
    inside.mkdir()
    _write(folder / target.name, before.main, target)
    for name, content in before.questions.items():
        _write(inside / name, content, target)
    _copy_owner(target.parent, folder)
    _copy_owner(target.parent, inside)
    return folder


def _refuse_changed(before: FAQFiles) -> None:
    now = _read(before.path)
    if now is None or (now.main, now.questions) != (before.main, before.questions):
        raise _changed_meanwhile(before.path)


def _changed_meanwhile(path: Path) -> RewriteError:
    return RewriteError(f"{path.name} 刚刚被别人改过，什么也没写；请再试一次")


def _read(path: Path) -> FAQFiles | None:
    """What the files hold; None where faq.yaml is gone."""
    try:
        return read_files(path)
    except FileNotFoundError:
        return None


def _model(before: FAQFiles) -> Path | None:
    """A file whose mode and owner a new one takes."""
    if before.path.exists():
        return before.path.resolve()
    return next(
        (file for kept in backups(before.path) for file in (kept, *kept.glob("*.yaml")) if file.is_file()), None
    )


def _write_beside(target: Path, content: bytes, model: Path | None, cleanup: contextlib.ExitStack) -> Path:
    """Write a new file in the target's folder; `cleanup` deletes it."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        new = Path(file.name)
        cleanup.callback(new.unlink, missing_ok=True)
    _write(new, content, model)
    return new


def _write(new: Path, content: bytes, model: Path | None) -> None:
    """Write a file that survives a power cut, with the mode and owner of another."""
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if model is not None:
        shutil.copymode(model, new)
        _copy_owner(model, new)


def _copy_owner(model: Path, new: Path) -> None:
    with contextlib.suppress(PermissionError, AttributeError):  # only root may change an owner; Windows has no chown
        owner = model.stat()
        os.chown(new, owner.st_uid, owner.st_gid)

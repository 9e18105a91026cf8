"""What a writer is about to do to several files, kept on disk while it does it, so that one that is killed is finished by the next."""

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """A file that takes the place of another, or one that goes."""

    path: Path
    new: Path | None
    """What takes its place; None where it only goes."""
    old: Path | None
    """A copy of what it holds now, to be put back if a later step fails; None where there is no file, or no later step."""


def take(step: Step) -> None:
    """Do a step; raises OSError."""
    if step.new is None:
        step.path.unlink(missing_ok=True)
    else:
        step.new.replace(step.path)


def write_journal(target: Path, steps: Sequence[Step]) -> Path:
    """Put down the steps beside faq.yaml, each with a digest of what its file holds before it; raises OSError."""
    journal = _journal(target)
    written = [
        {"path": str(step.path), "new": _text(step.new), "old": _text(step.old), "before": _digest(step.path)}
        for step in steps
    ]
    aside = journal.with_name(f"{journal.name}.tmp")
    try:
        with aside.open("w", encoding="utf-8") as file:
            json.dump(written, file)
            file.flush()
            os.fsync(file.fileno())
        return aside.replace(journal)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def finish_interrupted(target: Path) -> None:
    """Do what is left of the steps of a writer that was killed, unless somebody changed one of the files since; raises OSError."""
    journal = _journal(target)
    try:
        written = json.loads(journal.read_text("utf-8"))
    except FileNotFoundError:
        return
    steps = [Step(Path(each["path"]), _path(each["new"]), _path(each["old"])) for each in written]
    left = [
        (step, each["before"])
        for step, each in zip(steps, written, strict=True)
        if (step.new.exists() if step.new else step.path.exists())
    ]
    if all(_digest(step.path) == before for step, before in left):
        for step, _ in left:
            take(step)
    for step in steps:
        for rest in (step.new, step.old):
            if rest is not None:
                rest.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        journal.unlink()


def _journal(target: Path) -> Path:
    return target.with_name(f".{target.name}.pending")


def _digest(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)

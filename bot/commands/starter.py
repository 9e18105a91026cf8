"""The shipped FAQ, to begin with: from the wheel, or from the checkout."""

import contextlib
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

from intents.errors import ExpectedError, os_error_reason, os_error_remedy

CONTENT = ("faq.yaml", "faq.schema.json", ".env.example", "questions")
"""What is laid into a folder."""


class StarterError(ExpectedError):
    """Nothing was laid out; one line in Chinese."""


def lay_out(folder: Path) -> list[str]:
    """Copy the shipped FAQ with its questions into a folder, all of it or nothing; raises StarterError.

    Nothing that is there is overwritten.
    """
    source = _source()
    there = [name for name in CONTENT if (folder / name).exists() or (folder / name).is_symlink()]
    if there:
        raise StarterError(f"{folder.resolve()} 里已经有 {'、'.join(there)}，什么也没写；请换一个空文件夹")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".youshu-") as aside, contextlib.ExitStack() as undo:
            for name in CONTENT:
                _copy(source / name, Path(aside) / name)
            for name in CONTENT:
                (Path(aside) / name).rename(folder / name)
                undo.callback(_remove, folder / name)
            undo.pop_all()
    except OSError as error:
        raise StarterError(
            f"{folder.resolve()} 里写不进去（{os_error_reason(error)}）；{os_error_remedy(error)}"
        ) from error
    return [*CONTENT]


def _source() -> Path:
    installed = Path(str(files("bot") / "content"))
    source = installed if installed.is_dir() else Path(str(files("bot"))).parent
    if not (source / "faq.yaml").is_file():
        raise StarterError("这份安装里没有带上 faq.yaml；请重新安装 youshu")
    return source


def _copy(source: Path, target: Path) -> None:
    if not source.is_dir():
        shutil.copyfile(source, target)
        return
    target.mkdir()
    for text in sorted(source.glob("*.txt")):
        shutil.copyfile(text, target / text.name)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

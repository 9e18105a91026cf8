"""Put a backup back in the place of the FAQ, if it is one that loads."""

from pathlib import Path

from intents.errors import reason
from intents.faq.rewrite import RewriteError, choose_backup, restore
from intents.load import check_text


def undo(path: Path, backup: Path | None = None, *, force: bool = False) -> tuple[Path, Path | None]:
    """Put a backup (the latest unless told) in place of the file: the backup used, and the one of what was there.

    Args:
        path: the FAQ; where it is gone, it is there again, and nothing was there to be kept.
        backup: by its path or by its name alone.
        force: take a backup that has errors too, as a topic that was laid out and half filled in.

    Raises RewriteError, and the file is as it was.
    """
    chosen = choose_backup(path, backup)
    if not force:
        _refuse_broken(chosen)
    return restore(path, chosen)


def _refuse_broken(backup: Path) -> None:
    try:
        checked = check_text(backup.read_text("utf-8"), advice=False)
    except UnicodeDecodeError as error:
        raise RewriteError(f"{backup.name} 不是 UTF-8 编码，没有退回；请另选一个，见 youshu undo --list") from error
    except OSError as error:
        raise RewriteError(f"{backup.name} 打不开（{reason(error)}）；请检查权限") from error
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    if errors:
        first = f"第 {errors[0].line} 行 {errors[0].code} {errors[0].message}"
        raise RewriteError(
            f"{backup.name} 有 {len(errors)} 处错误（{first}），没有退回；"
            "可以另选一个，见 youshu undo --list；就要这一个，加 --force"
        )

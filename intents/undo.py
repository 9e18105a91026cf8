"""Puts a backup of the FAQ back in its place, unless it has errors."""

from pathlib import Path

from intents.faq.problems import FAQError
from intents.faq.rewrite import Restored, RewriteError, choose_backup, restore
from intents.load import check_file


def undo(path: Path, backup: Path | None = None, *, force: bool = False) -> Restored:
    """Put a backup, the latest unless told, in place of the file; raises RewriteError, and the file is as it was.

    Args:
        path: the FAQ; it may be gone.
        backup: the backup's path or file name.
        force: also take a backup with errors, such as one with a skeleton that isn't filled in.
    """
    chosen = choose_backup(path, backup)
    if not force:
        _refuse_broken(chosen)
    return restore(path, chosen)


def _refuse_broken(backup: Path) -> None:
    try:
        checked = check_file(backup, advice=False)
    except FAQError as error:
        raise RewriteError(f"{backup.name} 打不开（{error.problems[0].message}）；请检查权限") from error
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    if errors:
        file = f"{errors[0].file} " if errors[0].file else ""
        first = f"{file}第 {errors[0].line} 行 {errors[0].code} {errors[0].message}"
        raise RewriteError(
            f"{backup.name} 有 {len(errors)} 处错误（{first}），没有退回；"
            "可以另选一个，见 youshu undo --list；就要这一个，加 --force"
        )

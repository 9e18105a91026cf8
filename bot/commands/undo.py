"""`youshu undo`: put a backup of faq.yaml and its questions back in its place."""

from pathlib import Path

import click

from bot.settings import load_settings
from intents.faq.rewrite import backups
from intents.undo import undo as put_back


@click.command(help="退回 faq.yaml 和 questions 的上一个备份；再运行一次就换回来。")
@click.option("--list", "only_list", is_flag=True, help="只列出备份，最近的在前")
@click.option("--force", is_flag=True, help="备份检查通不过也退回，例如没填完的新话题")
@click.argument("backup", metavar="[备份]", type=click.Path(path_type=Path), required=False)
def undo(backup: Path | None, *, only_list: bool, force: bool) -> None:
    """Put a backup in place of the file."""
    path = load_settings().faq
    if only_list:
        for kept in backups(path):
            click.echo(kept.name)
        return
    done = put_back(path, backup, force=force)
    kept_as = f"；退回之前的文件存在 {done.backup.name}" if done.backup else "；原来的文件已经不见了"
    files = f"（{done.files} 个文件）" if done.files > 1 else ""
    click.echo(f"{path.name} 已退回 {done.source.name}{files}{kept_as}")

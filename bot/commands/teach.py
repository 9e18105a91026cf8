"""`youshu teach`, `youshu new`, `youshu undo`: the changes of faq.yaml that the program makes itself."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from bot.operators.teaching import describe_result, teach_without_personal_data
from bot.settings import load_settings
from intents.faq.rewrite import backups, restore
from intents.faq.schema import Group
from intents.faq.skeleton import add_intent, refuse_id
from intents.matching.corpus import LabeledUtterance, read_labeled_utterances


@click.command(help="给话题 INTENT 加一句问法 TEXT；不归这里管的问题，INTENT 写 out_of_scope。")
@click.option(
    "--corpus", "files", multiple=True, type=click.Path(path_type=Path), help="再对照这个带标注的 TSV 文件，可以写几次"
)
@click.argument("intent")
@click.argument("text", nargs=-1, required=True)
def teach(intent: str, text: tuple[str, ...], files: tuple[Path, ...]) -> None:
    """Write a question into the FAQ, unless it does harm."""
    path = load_settings().faq
    corpus: Sequence[LabeledUtterance] = [sentence for file in files for sentence in read_labeled_utterances(file)]
    console = Console(stderr=True)
    with console.status("对照已有的问法……") if console.is_terminal else nullcontext():
        taught = teach_without_personal_data(path, intent, " ".join(text), corpus)
    for line in describe_result(path, taught):
        click.echo(line)


def _new_id(_context: click.Context, _parameter: click.Parameter, key: str) -> str:
    """Refuse the id before anything is asked for."""
    refuse_id(load_settings().faq, key)
    return key


@click.command(help="在所属那一组的最后，铺好新话题 INTENT 的空白，等您填。")
@click.option(
    "--group",
    type=click.Choice([group.value for group in Group]),
    prompt="、".join(f"{group.value} {group.heading}" for group in Group) + "\n属于哪一组",
    show_choices=False,
    help="属于哪一组：" + "、".join(f"{group.value} {group.heading}" for group in Group),
)
@click.option("--title", prompt="标题", help="显示在按钮上的标题")
@click.argument("intent", is_eager=True, callback=_new_id)
def new(intent: str, group: str, title: str) -> None:
    """Lay out a skeleton."""
    path = load_settings().faq
    today = datetime.now().astimezone().date()
    added = add_intent(path, intent, Group(group), title.strip(), today)
    click.echo(f"已在 {path.name} 第 {added.line} 行铺好“{intent}”，请用编辑器填上，再运行 youshu check。")
    click.echo("没填完之前检查通不过，机器人照旧用原来的版本回答。")
    click.echo(f"改之前的文件存在 {added.backup.name}；不要了就运行 youshu undo。")


@click.command(help="退回 faq.yaml 上一个备份；再运行一次就换回来。")
@click.option("--list", "only_list", is_flag=True, help="只列出备份，最近的在前")
@click.argument("backup", type=click.Path(path_type=Path), required=False)
def undo(backup: Path | None, *, only_list: bool) -> None:
    """Put a backup in place of the file."""
    path = load_settings().faq
    if only_list:
        for kept in backups(path):
            click.echo(kept.name)
        return
    used, kept = restore(path, backup)
    click.echo(f"{path.name} 已退回 {used.name}；退回之前的文件存在 {kept.name}")

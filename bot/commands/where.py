"""`youshu where`: the line of an answer, by its title, its id or what the bot said."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click

from bot.settings import load_settings
from intents.faq.files import main_file
from intents.faq.problems import FAQError
from intents.load import check_file
from intents.where import PARTS, FoundText, find

SHOWN = 8


@click.command(
    help="找一条回答在哪一行：写标题、编号，或从聊天里复制半句机器人说过的话；数字填好了的也找得到。",
)
@click.option(
    "--open", "with_editor", is_flag=True, help="找到了就在编辑器里打开那一行（VS Code，或 EDITOR 指的编辑器）"
)
@click.argument("words", metavar="字词…", nargs=-1, required=True)
def where(words: tuple[str, ...], *, with_editor: bool) -> None:
    """Print each place that fits; exit 1 where none does."""
    path = main_file(load_settings().faq)
    checked = check_file(path, advice=False)
    if checked.raw is None:
        raise FAQError(str(path), checked.problems)
    found = find(checked.raw, " ".join(words))
    if not found:
        raise click.ClickException("没有找到；请换几个字，或只写其中最特别的几个字")
    for each in found[:SHOWN]:
        _print(path, each)
    if len(found) > SHOWN:
        click.echo(f"另有 {len(found) - SHOWN} 个话题也提到；多写几个字就能分清。")
    if with_editor:
        _open(path, found[0])


def _print(path: Path, found: FoundText) -> None:
    click.echo(f"{_place(path, found)}: 【{found.title}】（{found.key}）{PARTS[found.part]}")
    click.echo(f"  {found.text}")
    for each in found.parameters:
        click.echo(f"  其中的 {each.text} 是参数 {each.name}，在 {path}:{each.place.line}")


def _file(path: Path, found: FoundText) -> Path:
    return path.parent / found.place.file if found.place.file else path


def _place(path: Path, found: FoundText) -> str:
    return f"{_file(path, found)}:{found.place.line}:{found.place.column}"


def _open(path: Path, found: FoundText) -> None:
    """Show the place in VS Code, else in the editor that VISUAL or EDITOR names."""
    code = shutil.which("code")
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "", posix=sys.platform != "win32")
    if code:
        command = [code, "--reuse-window", "--goto", _place(path, found)]
    elif editor:
        command = [*editor, f"+{found.place.line}", str(_file(path, found))]
    else:
        raise click.ClickException("没有找到编辑器：请装 VS Code（让 code 命令能用），或设置 EDITOR")
    try:
        subprocess.run(command, check=False)  # noqa: S603  # the operator's own editor  # nosec B603
    except OSError as error:
        raise click.ClickException(f"{command[0]} 打不开；请检查 EDITOR 的写法") from error

"""`youshu init`: the shipped FAQ in a folder of one's own."""

from pathlib import Path

import click

from bot.commands.starter import lay_out


@click.command(help="在文件夹里放一份有数自带的内容：faq.yaml、questions、.env.example；已经有的一个字也不动。")
@click.argument("folder", metavar="[文件夹]", type=click.Path(path_type=Path, file_okay=False), default=".")
def init(folder: Path) -> None:
    """Lay the content out."""
    names = lay_out(folder)
    click.echo(f"放好了：{'、'.join(names)}（{folder.resolve()}）")
    inside = "" if folder == Path() else f"先 cd {folder}，再"
    click.echo(f"{inside}运行 youshu serve，打开 http://127.0.0.1:8080 就能聊；改内容之后运行 youshu check。")

"""`youshu split`: move the questions of faq.yaml into questions/, a text for each topic."""

import click

from bot.settings import load_settings
from intents.split import split as split_faq


@click.command(help="把 faq.yaml 里的问法搬进 questions/，一个话题一个文本文件，一行一句；回答留在 faq.yaml。")
def split() -> None:
    """Split the FAQ."""
    path = load_settings().faq
    done = split_faq(path)
    if done is None:
        click.echo(f"{path.name} 里没有要搬的问法。")
        return
    click.echo(
        f"{done.questions} 句问法搬进了 questions/ 的 {done.files} 个文件，"
        f"{path.name} 从 {done.lines_before} 行变成 {done.lines_after} 行；内容一句没变。"
    )
    click.echo(f"改之前的存在 {done.backup.name}；后悔了就运行 youshu undo。")

"""`youshu teach`: write a question that people ask into faq.yaml."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click
from rich.console import Console

from bot.operators.teaching import describe_result, teach_without_personal_data
from bot.settings import load_settings
from intents.matching.corpus import LabeledUtterance, read_labeled_utterances


@click.command(help="给话题（写 id 或标题）加一句问法；不归这里管的问题，话题写 out_of_scope。")
@click.option(
    "--corpus", "files", multiple=True, type=click.Path(path_type=Path), help="再对照这个带标注的 TSV 文件，可以写几次"
)
@click.option("--force", is_flag=True, help="读起来像别的事、不归这里管，也照样写")
@click.argument("intent", metavar="话题")
@click.argument("text", metavar="问法…", nargs=-1, required=True)
def teach(intent: str, text: tuple[str, ...], files: tuple[Path, ...], *, force: bool) -> None:
    """Write a question into the FAQ, unless it does harm."""
    path = load_settings().faq
    corpus: Sequence[LabeledUtterance] = [sentence for file in files for sentence in read_labeled_utterances(file)]
    console = Console(stderr=True)
    with console.status("对照已有的问法……") if console.is_terminal else nullcontext():
        taught = teach_without_personal_data(path, intent, " ".join(text), corpus, force=force)
    for line in describe_result(path, taught):
        click.echo(line)

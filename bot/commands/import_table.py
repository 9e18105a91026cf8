"""`youshu import`: questions from a spreadsheet."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.privacy import kinds_of_personal_data
from bot.settings import load_settings
from intents.importing import ImportResult, import_rows
from intents.matching.corpus import read_labeled_utterances
from intents.spreadsheet import read_sheet

NAMED = 3
"""Files that are named."""
SHOWN = 30
"""Taken rows that are listed; of the refused ones all are."""


@click.command(
    "import",
    help="从表格（.xlsx、.csv）里加问法：一列话题（标题或编号），一列问法。和 teach 一样先检查，"
    "通得过的一起写进去，通不过的列出原因；一句也写不坏。",
)
@click.option("--topic", help="整张表都是这个话题的问法（标题或编号）；表里就只要一列")
@click.option("--sheet", "worksheet", help="只读这一个工作表；不写就读第一个有字的")
@click.option("--corpus", "corpora", multiple=True, type=click.Path(path_type=Path), help="还要守住的带标注句子（TSV）")
@click.option("--dry-run", is_flag=True, help="只看结果，不写")
@click.argument("table", metavar="文件", type=click.Path(path_type=Path))
def import_table(
    table: Path, topic: str | None, worksheet: str | None, corpora: tuple[Path, ...], *, dry_run: bool
) -> None:
    """Bring the questions of a table in."""
    path = load_settings().faq
    sheet = read_sheet(table, topic, worksheet)
    if not sheet.rows:
        raise click.ClickException(f"{table.name} 里没有问法")
    corpus = [sentence for file in corpora for sentence in read_labeled_utterances(file)]
    console = Console(stderr=True)
    with console.status(f"正在检查 {len(sheet.rows)} 句……"):
        result = import_rows(path, sheet.rows, _refusal, corpus, write=not dry_run)
    _print(result)
    if sheet.others:
        click.echo(f"只读了工作表“{sheet.name}”；还有：{'、'.join(sheet.others)}，要读就加 --sheet 名字。")
    if result.backup is not None:
        more = f" 等 {len(result.files)} 个文件" if len(result.files) > NAMED else ""
        click.echo(f"写进了 {'、'.join(result.files[:NAMED])}{more}。")
        click.echo(f"改之前的存在 {result.backup.name}；后悔了就运行 youshu undo。")
    elif dry_run:
        click.echo("只是看看，什么也没写。")
    if not result.taken:
        sys.exit(1)


def _refusal(question: str) -> str | None:
    kinds = kinds_of_personal_data(question)
    return f"里面有{'、'.join(kinds)}；请去掉，只留下别人也会这样问的话" if kinds else None


def _print(result: ImportResult) -> None:
    refused = [each for each in result.rows if each.reason]
    title = f"{len(result.rows)} 句：收下 {len(result.taken)} 句，没收 {len(refused)} 句"
    table = Table(title=title, title_justify="left")
    for heading in ("行", "话题", "问法", "结果"):
        table.add_column(heading, overflow="fold")
    for each in refused:
        table.add_row(
            str(each.row.number),
            escape(each.intent or each.row.topic),
            escape(each.row.question),
            f"没收：{escape(each.reason)}",
        )
    for each in result.taken[:SHOWN]:
        table.add_row(str(each.row.number), escape(each.intent or ""), escape(each.row.question), "收下")
    Console().print(table)
    if len(result.taken) > SHOWN:
        click.echo(f"收下的还有 {len(result.taken) - SHOWN} 句没有列出。")

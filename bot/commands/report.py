"""`youshu report`: what people asked in vain, what they think of the answers, what wants a review."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typing_extensions import override

from bot.commands.settings_without_logs import settings_without_logs
from bot.operators.report import DailyTurns, Report, build_report, parse_since
from bot.operators.report_page import percent, render_page
from bot.store.store import Store
from intents.errors import os_error_reason
from intents.faq.schema import OUT_OF_SCOPE
from intents.knowledge import Knowledge

SHOWN = 20
"""Rows of each table in the terminal; the page has all."""


class _SinceType(click.ParamType[datetime]):
    name = "期间"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """7d, 24h, 2w or a day."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_since(str(value), datetime.now(UTC))
        except (ValueError, OverflowError):
            self.fail("请写成 7d（七天）、24h、2w，或一个日期，例如 2026-11-01", param, ctx)


@click.command(help="报告：没听懂的话、投票、反问的结果、最常问的、该核对的。")
@click.option(
    "--since", type=_SinceType(), default="7d", show_default=True, help="从什么时候起：7d、24h、2w，或一个日期"
)
@click.option("--html", "target", type=click.Path(path_type=Path, dir_okay=False), help="写成一个网页文件")
def report(since: datetime, target: Path | None) -> None:
    """Print the report, or write it as a page."""
    settings = settings_without_logs()
    knowledge = Knowledge.load(settings.faq)
    found = asyncio.run(_load_report(settings.database_url.get_secret_value(), knowledge, since))
    if target is None:
        _print(Console(), found)
        return
    try:
        target.write_text(render_page(found), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{target} 写不进去（{os_error_reason(error)}）") from error
    click.echo(f"已写到 {target}，用浏览器打开就能看。")


async def _load_report(url: str, knowledge: Knowledge, since: datetime) -> Report:
    async with Store(url, call_seconds=30) as store:
        return await build_report(store, knowledge, since, datetime.now(UTC))


def _print(console: Console, found: Report) -> None:
    console.print(f"{found.since.date()} 至 {found.until.date()}，FAQ 版本 {found.digest}", highlight=False)
    if found.is_empty:
        console.print("这段时间还没有人来问。", highlight=False)
    else:
        _print_turns(console, found)
        _print_misses(console, found)
        _print_doubts(console, found)
        _print_votes(console, found)
        _print_confusions(console, found)
        _print_asked(console, found)
    _print_due(console, found)


def _table(title: str, *headings: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", justify="right" if heading in numbers else "left")
    return table


def _show(console: Console, table: Table) -> None:
    if table.row_count:
        console.print(table)


def _print_turns(console: Console, found: Report) -> None:
    table = _table(
        "每天的情况", "日期", "轮数", "直接回答", "反问", "没听懂", numbers=("轮数", "直接回答", "反问", "没听懂")
    )
    for day in found.days[-SHOWN:]:
        table.add_row(str(day.day), *_shares(day))
    table.add_section()
    table.add_row("合计", *_shares(found.totals))
    console.print(table)


def _shares(day: DailyTurns) -> list[str]:
    shares = (f"{count} ({percent(count, day.total)})" for count in (day.answer, day.clarify, day.fallback))
    return [str(day.total), *shares]


def _print_misses(console: Console, found: Report) -> None:
    table = _table("没听懂的话", "次数", "说法", "最近的话题", numbers=("次数",))
    for group in found.misses[:SHOWN]:
        more = f"\n[dim]还有 {len(group.texts) - 1} 种说法[/]" if len(group.texts) > 1 else ""
        near = (
            "\n".join(f"{_named(near.title, near.intent)} {near.score:.2f}" for near in group.nearest) or "没有相近的"
        )
        if group.resolved_to:
            how = "已记为不归我们管" if group.resolved_to == OUT_OF_SCOPE else "现在答得上"
            title = next((near.title for near in group.nearest if near.intent == group.resolved_to), None)
            near = f"[green]{how}[/] {_named(title, group.resolved_to) if title else group.resolved_to}"
        table.add_row(str(group.count), escape(group.texts[0]) + more, near)
    _show(console, table)
    teachable = next((group for group in found.misses if group.commands and not group.resolved_to), None)
    if teachable:
        lines = "\n".join(f"  {command}" for command in teachable.commands)
        told = f"要教给机器人，挑一行运行，话题不对就换一个（out_of_scope 是不归我们管；都靠不上就用 youshu new 加新的）：\n{lines}"
        console.print(told, highlight=False, markup=False, soft_wrap=True)


def _print_votes(console: Console, found: Report) -> None:
    table = _table("投票", "话题", "有用", "没用", "为什么没用", numbers=("有用", "没用"))
    for row in found.votes[:SHOWN]:
        reasons = "、".join(f"{reason} {count}" for reason, count in row.reasons)
        table.add_row(_named(row.title, row.intent), str(row.up), str(row.down), escape(reasons))
    _show(console, table)


def _print_doubts(console: Console, found: Report) -> None:
    for title, heading, rows in (
        ("反问过的话", "先给出的话题", found.asked_back),
        ("答了以后被说没用的话", "答的话题", found.voted_useless),
    ):
        table = _table(title, "次数", "说法", heading, numbers=("次数",))
        for row in rows[:SHOWN]:
            table.add_row(str(row.count), escape(row.text), _named(row.title, row.intent))
        _show(console, table)


def _named(title: str, intent: str) -> str:
    return escape(f"{title}（{intent}）")


def _print_confusions(console: Console, found: Report) -> None:
    table = _table("反问时人们选了什么", "拿不准的话题", "人们选的", "次数", numbers=("次数",))
    for row in found.confusions[:SHOWN]:
        table.add_row(escape("、".join(row.shown)), escape(row.picked), str(row.count))
    _show(console, table)


def _print_asked(console: Console, found: Report) -> None:
    table = _table("最常问的", "话题", "次数", numbers=("次数",))
    for row in found.asked_topics[:SHOWN]:
        table.add_row(_named(row.title, row.intent), str(row.count))
    _show(console, table)
    if found.unasked_topics:
        titles = "、".join(row.title for row in found.unasked_topics)
        console.print(
            f"没有人问到的 {len(found.unasked_topics)} 个话题：{titles}", highlight=False, markup=False, soft_wrap=True
        )


def _print_due(console: Console, found: Report) -> None:
    table = _table("该核对的", "行", "什么", "怎么办", numbers=("行",))
    for row in found.due_reviews[:SHOWN]:
        table.add_row(str(row.line), escape(row.message), escape(row.remedy))
    _show(console, table)

"""`youshu diff`: what a change of faq.yaml does to what people ask."""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import compress
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from bot.commands.settings_without_logs import settings_without_logs
from bot.store.errors import StoreError
from bot.store.store import Store
from intents.faq.rewrite import RewriteError, backups
from intents.faq.schema import FAQ
from intents.knowledge import Knowledge
from intents.matching.compare import ChangeEffect, DecisionChange, content_changes, decision_changes
from intents.matching.corpus import LabeledUtterance, faq_utterances, read_labeled_utterances
from intents.matching.decide import Decision
from intents.matching.matcher import Match
from intents.matching.shifts import may_differ

READ_MISSES = 2000
_MARKS = {ChangeEffect.BETTER: "[green]变好[/]", ChangeEffect.WORSE: "[red]变差[/]", ChangeEffect.OTHER: "变了"}
_ORDER = (ChangeEffect.WORSE, ChangeEffect.OTHER, ChangeEffect.BETTER)
T = TypeVar("T")


@click.command(help="比较 faq.yaml 的两个版本：哪些句子换了回答，哪些没听懂的现在答得上。不写旧文件就用最近的备份。")
@click.option(
    "--corpus",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="带标注的 TSV 文件，可以写几次；不写就用两个版本里的问法",
)
@click.argument("old", metavar="[旧文件]", type=click.Path(path_type=Path), required=False)
@click.argument("new", metavar="[新文件]", type=click.Path(path_type=Path), required=False)
def diff(old: Path | None, new: Path | None, files: tuple[Path, ...]) -> None:
    """Show every sentence that is understood differently."""
    settings = settings_without_logs()
    new = new or settings.faq
    with ThreadPoolExecutor(2) as pool:  # most of a load is training in numpy, which leaves the other processor free
        before, after = pool.map(partial(Knowledge.load, advice=False), (old or _latest_backup(new), new))
    console = Console()
    _print_content_changes(console, before.faq, after.faq)
    corpus = (
        [sentence for file in files for sentence in read_labeled_utterances(file)]
        if files
        else _questions_of_both(before, after)
    )
    claimed = (
        ()
        if files
        else {each.text for each in faq_utterances(after.faq)} - {each.text for each in faq_utterances(before.faq)}
    )
    found = list(decision_changes(before.matcher, after.matcher, corpus, claimed))
    if found:
        console.print(_table_of_changes(before.faq, after.faq, found, len(corpus)))
    else:
        console.print(f"对照了 {len(corpus)} 句，没有一句换回答。", highlight=False)
    _print_answered_misses(console, before, after, asyncio.run(_load_misses(settings.database_url.get_secret_value())))


def _latest_backup(path: Path) -> Path:
    kept = backups(path)
    if not kept:
        raise RewriteError(f"{path.name} 还没有备份；请写明两个文件：youshu diff 旧文件 新文件")
    return kept[0]


def _questions_of_both(before: Knowledge, after: Knowledge) -> Sequence[LabeledUtterance]:
    """The questions of both; where a question has moved, the new file tells what it means."""
    by_text = {sentence.text: sentence for sentence in [*faq_utterances(before.faq), *faq_utterances(after.faq)]}
    return list(by_text.values())


def _with_progress(items: Sequence[T], title: str) -> Iterable[T]:
    """A progress bar on stderr, only where someone is looking."""
    console = Console(stderr=True)
    return track(items, title, console=console, transient=True, disable=not console.is_terminal)


async def _load_misses(url: str) -> list[str] | None:
    """What wasn't understood; None when the database doesn't answer."""
    store = Store(url)
    try:
        await store.open()
        return [miss.text for miss in await store.analytics.misses(READ_MISSES)]
    except StoreError:
        return None
    finally:
        await store.close()


def _print_content_changes(console: Console, old: FAQ, new: FAQ) -> None:
    found = content_changes(old, new)
    for title, faq, keys in (
        ("新话题", new, found.added),
        ("删去的话题", old, found.removed),
        ("改了回答的话题", new, found.reworded),
    ):
        if keys:
            console.print(f"{title}：{'、'.join(named(faq, key) for key in keys)}", highlight=False, markup=False)


def _table_of_changes(old: FAQ, new: FAQ, found: Sequence[DecisionChange], asked: int) -> Table:
    table = Table(title=f"对照了 {asked} 句，{len(found)} 句换了回答", title_justify="left")
    for heading in ("", "句子", "原来", "现在"):
        table.add_column(heading, overflow="fold")
    for change in sorted(found, key=lambda change: _ORDER.index(change.effect)):
        before, after = describe_match(old, change.before), describe_match(new, change.after)
        table.add_row(_MARKS[change.effect], escape(change.text), escape(before), escape(after))
    return table


def _print_answered_misses(console: Console, before: Knowledge, after: Knowledge, misses: Sequence[str] | None) -> None:
    if misses is None:
        console.print("数据库没有应答，没能对照没听懂的话。", highlight=False)
        return
    answered = [
        (text, match)
        for text in _with_progress(
            list(compress(misses, may_differ(before.matcher, after.matcher, misses))), "对照没听懂的话"
        )
        if (match := after.matcher.match(text)).decision is Decision.ANSWER
        and before.matcher.match(text).decision is not Decision.ANSWER
    ]
    console.print(f"没听懂的 {len(misses)} 句里，{len(answered)} 句现在答得上。", highlight=False)
    for text, match in answered:
        console.print(f"  “{text}” → {named(after.faq, match.intent or '')}", highlight=False, markup=False)


def describe_match(faq: FAQ, match: Match) -> str:
    """A match in a few words, for operators; topics by title and id."""
    if match.decision is Decision.ANSWER:
        return f"回答 {named(faq, match.intent or '')}"
    if match.decision is Decision.CLARIFY:
        return "反问 " + "、".join(named(faq, candidate.intent) for candidate in match.candidates[:3])
    return "不回答"


def named(faq: FAQ, intent: str) -> str:
    """A topic's title with its id; an id alone where the FAQ doesn't have it."""
    found = faq.by_id.get(intent)
    return f"{found.title}（{intent}）" if found else intent

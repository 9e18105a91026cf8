"""`youshu eval`: how well labelled messages are understood, and where the thresholds should stand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from bot.commands import evaluate_by_author, evaluate_talks
from bot.commands.diff import named
from bot.commands.second_opinion import measured_opinions
from bot.settings import load_settings
from intents.errors import os_error_reason
from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.knowledge import Knowledge
from intents.load import load_faq
from intents.matching.corpus import LabeledUtterance, read_labeled_utterances
from intents.matching.decide import Thresholds, load_thresholds
from intents.matching.evaluate import (
    EvaluatedUtterance,
    InScopeMetrics,
    OutOfScopeMetrics,
    by_intent,
    by_style,
    confusions,
    evaluate_utterances,
)
from intents.matching.fit import as_yaml
from intents.matching.matcher import Matcher

SHOWN_CONFUSIONS = 20
_HEADINGS = ("句数", "首选对", "前三有", "答对", "答对或给出", "错答", "拒答")


class EvaluateError(click.ClickException):
    """Nothing can be measured; one line in Chinese."""


@click.command(
    "eval", help="用带标注的 TSV 文件测理解得准不准；列名：id intent also style text，没有 also、style 也行。"
)
@click.option(
    "--by-author",
    "by_author",
    is_flag=True,
    help="一位一位作者整个留出来测：他的话和他写的问法都不学，阈值也按别人定；再按作者分五份测 questions/ 里的问法",
)
@click.option(
    "--fit", "with_fit", is_flag=True, help="先按这些文件重定阈值（一位一位作者留出来算），写进 thresholds.yaml"
)
@click.option(
    "--talks",
    "whole_talks",
    is_flag=True,
    help="文件里是整段的对话（列名：author talk turn text intent also），一段一段真的聊一遍，按作者算",
)
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象，每个文件一项")
@click.option("--wrong", "with_wrong", is_flag=True, help="列出每一句没答对的")
@click.argument("paths", metavar="文件…", nargs=-1, required=True, type=click.Path(path_type=Path))
def evaluate(
    *, by_author: bool, with_fit: bool, whole_talks: bool, as_json: bool, with_wrong: bool, paths: tuple[Path, ...]
) -> None:
    """Measure each file, or each author, and with --fit set the thresholds first."""
    settings = load_settings()
    if whole_talks:
        knowledge = Knowledge.load(settings.faq)
        evaluate_talks.run(Console(), settings, knowledge, paths, as_json=as_json, with_wrong=with_wrong)
        return
    faq = load_faq(settings.faq)
    labelled = {path: _require_known_intents(faq, path, read_labeled_utterances(path)) for path in paths}
    console = Console(stderr=as_json)
    everyone = [sentence for sentences in labelled.values() for sentence in sentences]
    if by_author or with_fit:
        opinions = measured_opinions(settings)
        measured = evaluate_by_author.run(
            console, faq, settings.faq, everyone, by_question=by_author, opinions=opinions
        )
        if with_fit:
            _refit(console, measured.fitted)
        if by_author:
            evaluate_by_author.show(console, measured, as_json=as_json)
            return
    matcher = Matcher(faq)
    results = {
        path: evaluate_utterances(matcher.match, track(sentences, f"测 {path.name}", console=console, transient=True))
        for path, sentences in labelled.items()
    }
    if as_json:
        click.echo(json.dumps({str(path): _record(found) for path, found in results.items()}, ensure_ascii=False))
        return
    for path, found in results.items():
        _show(console, faq, path.name, found, with_wrong=with_wrong)


def _require_known_intents(faq: FAQ, path: Path, sentences: Sequence[LabeledUtterance]) -> Sequence[LabeledUtterance]:
    if not sentences:
        raise EvaluateError(f"{path} 里没有一句话；请检查文件")
    known = {intent.title: intent.id for intent in faq.intents} | {key: key for key in (*faq.by_id, OUT_OF_SCOPE)}
    strange = sorted({name for each in sentences for name in (each.intent, *each.also)} - {*known})
    if strange:
        raise EvaluateError(f"{path} 里有 faq.yaml 没有的话题：{'、'.join(strange)}；请改正，或检查 YOUSHU_FAQ")
    return [
        replace(each, intent=known[each.intent], also=tuple(known[name] for name in each.also)) for each in sentences
    ]


def _refit(console: Console, after: Thresholds) -> None:
    """Write the thresholds that the authors give, and show what changed."""
    before = load_thresholds()
    _save(after)
    table = Table("阈值", "原来", "现在", box=None)
    for name, value in _numbers(after).items():
        table.add_row(name, f"{_numbers(before)[name]:g}", f"{value:g}")
    console.print(table)


def _numbers(thresholds: Thresholds) -> dict[str, float]:
    numbers = asdict(thresholds)
    return {**{name: value for name, value in numbers.items() if name != "scope"}, **numbers["scope"]}


def _save(thresholds: Thresholds) -> None:
    path = Path(str(files("intents.matching").joinpath("thresholds.yaml")))
    try:
        path.write_text(as_yaml(thresholds), encoding="utf-8")
    except OSError as error:
        raise EvaluateError(f"{path} 写不进去（{os_error_reason(error)}）；请检查权限") from error


def _show(console: Console, faq: FAQ, name: str, results: Sequence[EvaluatedUtterance], *, with_wrong: bool) -> None:
    total, outside = InScopeMetrics.of(results), OutOfScopeMetrics.of(results)
    console.rule(escape(name))
    if total.count:
        console.print(_table("范围内", {"全部": total}))
        topics = {named(faq, key): score for key, score in by_intent(results).items()}
        for title, groups in (("写法", by_style(results)), ("话题", topics)):
            if groups:
                console.print(_table(title, groups))
    if outside.count:
        console.print(
            f"范围外 {outside.count} 句：没有误答 {outside.kept_out:.3f}，明说不归这里管 {outside.refused:.3f}",
            highlight=False,
        )
    mixed = confusions(results)
    if mixed:
        table = Table("本来是", "当成了", "次数", box=None)
        for wanted, got, count in mixed[:SHOWN_CONFUSIONS]:
            table.add_row(named(faq, wanted), named(faq, got), str(count))
        console.print(table)
    if with_wrong:
        for outcome in results:
            if outcome.misunderstood:
                _show_wrong(console, faq, outcome)


def _show_wrong(console: Console, faq: FAQ, outcome: EvaluatedUtterance) -> None:
    near = "、".join(f"{named(faq, each.intent)} {each.score:.2f}" for each in outcome.match.candidates[:3])
    console.print(
        f"[{outcome.match.decision.value}] {named(faq, outcome.utterance.intent)}：{outcome.utterance.text} → {near}",
        highlight=False,
        markup=False,
    )


def _table(title: str, groups: Mapping[str, InScopeMetrics]) -> Table:
    table = Table(title, *_HEADINGS, box=None)
    for name, score in groups.items():
        first, *shares = asdict(score).values()
        table.add_row(name, str(first), *(f"{share:.3f}" for share in shares))
    return table


def _record(results: Sequence[EvaluatedUtterance]) -> dict[str, object]:
    return {
        "in_scope": asdict(InScopeMetrics.of(results)),
        "out_of_scope": asdict(OutOfScopeMetrics.of(results)),
        "by_style": {name: asdict(score) for name, score in by_style(results).items()},
        "by_intent": {name: asdict(score) for name, score in by_intent(results).items()},
        "confusions": [{"wanted": wanted, "got": got, "count": count} for wanted, got, count in confusions(results)],
    }

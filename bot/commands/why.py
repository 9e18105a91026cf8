"""What `youshu ask --why` shows: how one message was understood."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.commands.diff import named
from bot.talk.context_features import ACKNOWLEDGES, OUTSIDE, Talked
from bot.talk.context_model import shipped_context
from bot.talk.message import Message
from intents.faq.schema import FAQ
from intents.knowledge import Knowledge
from intents.matching.decide import Decision, DecisionReason
from intents.matching.explain import Explanation
from intents.matching.features import FeatureView

_DECISIONS = {Decision.ANSWER: "回答", Decision.CLARIFY: "反问", Decision.FALLBACK: "不懂"}
_VIEWS = {FeatureView.PAIR: "字词", FeatureView.SOUND: "读音", FeatureView.CHARACTER: "单字"}
_RULES = {
    DecisionReason.DANGER: "有生命危险的迹象，先于一切",
    DecisionReason.EXACT: "和 faq.yaml 里的一条问法一样",
    DecisionReason.EMPTY: "去掉标点和语气词以后什么也没有",
    DecisionReason.OUT_OF_SCOPE: "更像不归这里管的事",
    DecisionReason.TOPIC_ONLY: "只有一个词，没有问什么",
    DecisionReason.UNSURE: "最高分低于 answer",
    DecisionReason.SMALL_LEAD: "第一名领先第二名不到 lead",
    DecisionReason.SURE: "分数和领先都够",
    DecisionReason.SEVERAL_QUESTIONS: "一条消息里有几个问题，先答最急的",
    DecisionReason.SECOND_OPINION: "自己没把握，和第二意见合起来定的",
}

_READINGS = {OUTSIDE: "不归这里管", ACKNOWLEDGES: "只是应一声"}
SHOWN_READINGS, SHOWN_INFLUENCES = 4, 8


def show(console: Console, faq: FAQ, why: Explanation) -> None:
    """Print an explanation."""
    match = why.match
    console.print(f"决定：[bold]{_DECISIONS[match.decision]}[/]（{_RULES[match.reason]}）", highlight=False)
    if why.signal is not None:
        console.print(f"危险迹象：“{escape(why.signal.words)}”（{why.signal.pattern}）", highlight=False)
    console.print(f"读作：{escape(why.analyzed.surface) or '（空）'}", highlight=False)
    if why.analyzed.normalized != why.analyzed.surface:
        console.print(f"统一用词：{escape(why.analyzed.normalized)}", highlight=False)
    console.print(f"认得的字：{why.known_share:.0%}　不归这里管的可能：{why.out_of_scope:.2f}", highlight=False)
    if match.also_asked:
        titles = "、".join(faq.by_id[each].title for each in match.also_asked)
        console.print(f"还问了：{escape(titles)}", highlight=False)
    if why.candidates:
        console.print(_table(faq, why))
    if why.influences:
        told = "　".join(f"{escape(each.word)} {each.weight:+.2f}" for each in why.influences)
        console.print(f"去掉它，领先就少这么多：{told}", highlight=False)


def show_in_talk(console: Console, knowledge: Knowledge, topic: str, text: str) -> None:
    """Print how likely each reading is after a topic, and what spoke for the likeliest."""
    talked, message, context = Talked(topic), Message(text, knowledge.matcher), shipped_context()
    likely = [*context.probabilities(knowledge.faq, talked, message).items()][:SHOWN_READINGS]
    told = "　".join(f"{_READINGS.get(name) or named(knowledge.faq, name)} {share:.2f}" for name, share in likely)
    console.print(f"接着“{named(knowledge.faq, topic)}”说，是：{told}", highlight=False, markup=False)
    influences = context.influences(knowledge.faq, talked, message, likely[0][0])[:SHOWN_INFLUENCES]
    told = "　".join(f"{each.name} {each.weight:+.2f}" for each in influences)
    console.print(f"最有分量的：{told}", highlight=False, markup=False)


def as_json(why: Explanation) -> dict[str, object]:
    """The same for a program."""
    return {
        "rule": why.match.reason.value,
        "written": why.analyzed.surface,
        "canonical": why.analyzed.normalized,
        "outside": round(why.out_of_scope, 4),
        "known": round(why.known_share, 4),
        "danger": why.signal.pattern if why.signal else None,
        "also": list(why.match.also_asked),
        "parts": [
            {
                "intent": part.intent,
                "score": part.score,
                "margin": round(part.margin, 4),
                **{view.name.lower(): round(share, 4) for view, share in part.shares.items()},
                "nearest": part.nearest_question,
                "likeness": round(part.likeness, 1),
            }
            for part in why.candidates
        ],
        "telling": [{"word": each.word, "weight": round(each.weight, 4)} for each in why.influences],
    }


def _table(faq: FAQ, why: Explanation) -> Table:
    table = Table("话题", "分数", "证据", *_VIEWS.values(), "最像的问法", "相似", box=None)
    for part in why.candidates:
        shares = [f"{part.shares[view]:+.2f}" for view in _VIEWS]
        title = f"{escape(faq.by_id[part.intent].title)} {part.intent}"
        table.add_row(
            title,
            f"{part.score:.2f}",
            f"{part.margin:+.2f}",
            *shares,
            escape(part.nearest_question),
            f"{part.likeness:.0f}",
        )
    return table

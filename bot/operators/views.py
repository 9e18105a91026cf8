"""What operators read in chat: figures and misses on one phone screen; pure functions of a report."""

from collections.abc import Sequence

from bot.choices import AdminAction, AdminButton
from bot.messages import Choice, Reply, Section
from bot.operators.miss_groups import MissGroup
from bot.operators.report import Report
from bot.talk.wording import text_reply
from intents import Decision
from intents.faq.schema import OUT_OF_SCOPE
from intents.teach import TeachResult

TOP = 5
"""Rows of each list of figures."""
LISTED = 10
"""Misses on one page, each with its button."""
VARIANTS = 3
"""How many wordings of one miss are shown."""


def stats(report: Report, people: int, trouble: str | None) -> Reply:
    """The figures of a report; `trouble` is why the file on disk isn't what is in force."""
    totals = report.totals
    head = (
        f"{report.since:%Y-%m-%d} 到 {report.until:%Y-%m-%d}：{totals.total} 次",
        "，".join(
            f"{name} {_share(part, totals.total)}"
            for name, part in (("直接回答", totals.answer), ("反问", totals.clarify), ("没听懂", totals.fallback))
        ),
        f"还记着的对话 {people} 个",
    )
    votes = [
        f"{row.title}：没用 {row.down}，有用 {row.up}" + "".join(f"；{reason} {n}" for reason, n in row.reasons)
        for row in report.votes[:TOP]
        if row.down
    ]
    lists = (
        ("问得最多", [f"{row.title} {row.count}" for row in report.asked_topics[:TOP]]),
        ("被说没用", votes),
        ("分不清", [f"{'、'.join(row.shown)} → {row.picked} {row.count}" for row in report.confusions[:TOP]]),
        ("faq.yaml", [f"版本 {report.digest}", *([trouble] if trouble else [])]),
    )
    sections = [Section((line,)) for line in head]
    sections += [Section(tuple(lines), heading=heading) for heading, lines in lists if lines]
    waiting = len(open_misses(report.misses))
    choices = (Choice(f"没听懂的话（{waiting}）", AdminButton(AdminAction.MISSES).encode()),) if waiting else ()
    return Reply(Decision.ANSWER, tuple(sections), title="近况", choices=choices)


def misses(groups: Sequence[MissGroup]) -> Reply:
    """What isn't understood, the most frequent first, a button for each."""
    waiting = open_misses(groups)
    if not waiting:
        return text_reply("没有听不懂的话，都教会了。")
    shown = waiting[:LISTED]
    lines = tuple(f"{group.texts[0]}（{group.count} 次）" for group in shown)
    more = [Section((f"还有 {len(waiting) - LISTED} 组，教完这些再看。",))] if len(waiting) > LISTED else []
    choices = tuple(
        Choice(str(number), AdminButton(AdminAction.MISS, group.key).encode()) for number, group in enumerate(shown, 1)
    )
    return Reply(Decision.CLARIFY, (Section(lines, numbered=True), *more), title="没听懂的话", choices=choices)


def miss(group: MissGroup) -> Reply:
    """One miss with the topics it could be taught to."""
    others = [Section(group.texts[1:VARIANTS], heading="相近的说法")] if len(group.texts) > 1 else []
    how = Section(
        ("{点下面的话题就教给它；别的话题，请回复这条消息：/teach 话题。想改问法：}/teach 话题 改好的问法。",)
    )
    places = [*((f"教给“{each.title}”", each.intent) for each in group.nearest), ("不归我们管", OUT_OF_SCOPE)]
    teach = tuple(Choice(label, AdminButton(AdminAction.TEACH, group.key, intent).encode()) for label, intent in places)
    choices = (*teach, Choice("返回", AdminButton(AdminAction.MISSES).encode()))
    head = Section((f"{group.texts[0]}", f"{group.count} 次，最近 {group.last_seen:%m-%d}"))
    return Reply(Decision.CLARIFY, (head, *others, how), title="没听懂的话", choices=choices)


def teach_result(done: TeachResult, title: str) -> Reply:
    """What was written, and what it changed besides."""
    how = "直接回答" if done.match.decision is Decision.ANSWER else "先反问一句"
    if done.intent == OUT_OF_SCOPE:
        head = f"已写进 {done.file} 第 {done.line} 行：“{done.question}”不归我们管，以后不硬答。"
    else:
        head = f"已写进 {done.file} 第 {done.line} 行：“{done.question}”→{title}，以后{how}。"
    weakened = tuple(f"“{each.text}”" for each in done.weakened[:TOP])
    warnings = tuple(f"{each.message}；{each.remedy}" for each in done.warnings[:TOP])
    extra = [
        *([Section(weakened, heading="这几句以后会先反问")] if weakened else []),
        *([Section(warnings, heading="新的警告")] if warnings else []),
    ]
    return Reply(Decision.ANSWER, (Section((head,)), *extra))


def open_misses(groups: Sequence[MissGroup]) -> list[MissGroup]:
    """Those that the FAQ in force neither answers nor has out of scope."""
    return [group for group in groups if group.resolved_to is None]


def _share(part: int, whole: int) -> str:
    return f"{part}（{part / whole:.0%}）" if whole else "0"

"""Teaching from the command line and from a chat alike: personal data stays out, the outcome is said in Chinese."""

from collections.abc import Sequence
from pathlib import Path

from bot.privacy import kinds_of_personal_data
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Decision
from intents.teach import TeachError, TeachResult, teach

SHOWN = 3
"""Weakened questions that are named."""


def teach_without_personal_data(
    path: Path, intent: str, question: str, corpus: Sequence[LabeledUtterance] = (), *, force: bool = False
) -> TeachResult:
    """Teach an intent a question, unless it tells who somebody is; raises TeachError. Blocks for seconds."""
    kinds = kinds_of_personal_data(question)
    if kinds:
        raise TeachError(f"没有写：这句话里有{'、'.join(kinds)}。请去掉，只留下别人也会这样问的话")
    return teach(path, intent, question, corpus, force=force)


def describe_result(path: Path, taught: TeachResult) -> list[str]:
    """What the operator reads after a lesson, a line each."""
    lines = [f"已写进 {taught.file} 第 {taught.line} 行：“{taught.question}” → {taught.intent}"]
    if taught.match.decision is Decision.CLARIFY:
        lines.append("注意：机器人还不够有把握，会先反问一句；再教两三种说法就好。")
    if taught.weakened:
        named = "、".join(f"“{each.text}”（{each.intent}）" for each in taught.weakened[:SHOWN])
        lines.append(f"注意：有 {len(taught.weakened)} 句原来直接回答，现在会先反问：{named}")
    lines += [problem.line_for(path.name) for problem in taught.warnings]
    lines.append(f"改之前的文件存在 {taught.backup.name}；后悔了就运行 youshu undo。")
    return lines

"""Lines that are missing, where what stood below them is left over, and lines that cut a file in two."""

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from intents.faq.problems import Problem, quoted
from intents.faq.schema import Answer, Basis, Intent, Parameter
from intents.faq.source import SourceText

_KEY = re.compile(r"^\s*(?:- +)?(\w+)\s*:")
_BASIS = re.compile(rf"^\s*- +\{{\s*(?:{'|'.join(Basis.model_fields)})\s*:")
_PARENTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^\s*- +id\s*:"), "intents"),
    (re.compile(rf"^\s*[a-z]\w*\s*:\s*\{{\s*(?:{'|'.join(Parameter.model_fields)})\s*:"), "parameters"),
    (re.compile(r"^\s*- +\[[^\]]*,[^\]]*\]\s*(?:#.*)?$"), "lexicon"),
    (_BASIS, "basis"),
    (re.compile(r"^  questions\s*:"), "out_of_scope"),
    (re.compile(rf"^\s*(?:{'|'.join(Answer.model_fields)})\s*:"), "answer"),
)
"""What a line looks like, and the key that it stands under."""

_DOCUMENT_MARK = re.compile(r"(?:---|\.\.\.)(?:\s|$)")
_TOPIC_KEYS = 3
"""From so many keys on that stand twice, a second topic has begun."""

CUT_OFF_REMEDY = "请从备份里找回断掉的部分（youshu undo --list 列出备份），或把这里补完"
"""What to do about a file whose end is missing."""

MENDED = frozenset({"E-DOCUMENTS", "E-LOST-LINE"})
"""Mistakes in a text that YAML can read, after which the rest is only as it was meant when they are mended."""

_LISTS: Mapping[type[BaseModel], tuple[str, ...]] = {
    Intent: ("questions",),
    Answer: ("consequences", "rights", "steps", "basis"),
}
"""The keys whose value is a list of lines, in the order of the file."""


def second_document(source: SourceText, line: int) -> Problem:
    """That another document begins on this line; told at its mark, which stands above it where it is `...`."""
    marked = next((number for number in range(line, 0, -1) if _DOCUMENT_MARK.match(source.line(number))), line)
    mark = source.line(marked)[:3]
    return Problem(marked, 1, "E-DOCUMENTS", f"“{mark}”把文件分成了两份，后一份不会生效", f"请删去这一行“{mark}”")


def repeated_keys(
    source: SourceText, topic: str, first: Mapping[str, int], repeated: Sequence[tuple[str, int]], *, in_topic: bool
) -> list[Problem]:
    """Keys that stand twice in one mapping: each by itself, or as the beginning of a topic whose `- id:` is gone.

    Args:
        source: the text.
        topic: the id that the mapping has.
        first: where each key stands for the first time, as an offset.
        repeated: the keys that stand there again, and where.
        in_topic: whether the mapping is a topic.
    """
    runs: list[dict[str, int]] = []
    for key, offset in repeated:
        if not runs or key in runs[-1]:
            runs.append({})
        runs[-1][key] = offset
    problems = []
    for run in runs:
        if in_topic and len(run) >= _TOPIC_KEYS and "title" in run and "id" not in run:
            problems.append(_lost_id(source, topic, next(iter(run.values()))))
            continue
        for key, offset in run.items():
            place, message = source.place(offset), f"在第 {source.place(first[key]).line} 行已经写过，YAML 只会留下一个"
            remedy = "请删去其一，或把两处内容合并"
            problems.append(Problem(place.line, place.column, "E-DUP-KEY", f"{quoted(key)}{message}", remedy))
    return problems


def mended_lines(source: SourceText, problems: Sequence[Problem]) -> dict[int, str]:
    """The lines, by number, without what MENDED problems tell of."""
    mended: dict[int, str] = {}
    for problem in problems:
        line = source.line(problem.line)
        if problem.code == "E-LOST-LINE":
            mended[problem.line] = f"{line[: problem.column - 3]}- {line[problem.column - 1 :]}"
        else:
            rest = range(problem.line, len(source) + 1)
            mended |= {number: "" for number in rest if _DOCUMENT_MARK.match(source.line(number))}
    return mended


def _lost_id(source: SourceText, topic: str, offset: int) -> Problem:
    place = source.place(offset)
    message = f"上面少了“- id:”那一行，从这里起的话题被接到了{quoted(topic)}里"
    remedy = f"请在这一行上面补一行“- id: 编号”，前面空 {max(place.column - 3, 0)} 格"
    return Problem(place.line, place.column, "E-LOST-LINE", message, remedy)


def lost_parent(source: SourceText, number: int) -> Problem | None:
    """The line that is missing above the one with this number, which no parent of its kind stands over; None where one does."""
    line = source.line(number)
    parent, indent = _expected_parent(line)
    if parent is None:
        return None
    above = _parent_above(source, number)
    if above == parent or (parent == "answer" and above == "summary"):
        return None
    return lost_line(source, number, f"{' ' * indent}{parent}:")


def lost_list(source: SourceText, number: int, model: type[BaseModel], written: Mapping[str, object]) -> Problem:
    """The key of a list that is missing above a list's first line, in a mapping that has these keys."""
    left = [key for key in _LISTS.get(model, ()) if key not in written]
    line = source.line(number)
    if _BASIS.match(line) and "basis" in left:
        left = ["basis"]
    indent = len(line) - len(line.lstrip()) - 2
    return lost_line(source, number, f"{' ' * max(indent, 0)}{left[0] if left else '…'}:")


def lost_line(source: SourceText, number: int, missing: str) -> Problem:
    """That a line is missing above the one with this number."""
    line = source.line(number)
    message = f"上面少了“{missing.strip()}”那一行"
    indent = len(missing) - len(missing.lstrip())
    before = f"，前面空 {indent} 格" if indent else "，顶着行首写"
    remedy = f"请在这一行上面补一行“{missing.strip()}”{before}"
    return Problem(number, len(line) - len(line.lstrip()) + 1, "E-LOST-LINE", message, remedy)


def _expected_parent(line: str) -> tuple[str | None, int]:
    """The key that a line stands under, and that key's indent."""
    indent = max(len(line) - len(line.lstrip()) - 2, 0)
    return next(((parent, indent) for pattern, parent in _PARENTS if pattern.match(line)), (None, 0))


def _parent_above(source: SourceText, number: int) -> str | None:
    """The key of the nearest line above that has less indent; for an item of a list the same indent does."""
    line = source.line(number)
    indent = len(line) - len(line.lstrip())
    for other in range(number - 1, 0, -1):
        above = source.line(other)
        if not above.strip() or above.lstrip().startswith("#"):
            continue
        if len(above) - len(above.lstrip()) < indent:
            found = _KEY.match(above)
            return found[1] if found else None
    return None

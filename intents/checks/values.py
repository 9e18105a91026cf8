"""Values that say something else than they look like: empty, converted by YAML, in curly quotes, cut by a #."""

import re
import unicodedata
from collections.abc import Iterator

from intents.checks.raw_faq import RawFaq
from intents.faq.lost_lines import lost_list
from intents.faq.problems import Problem, quoted
from intents.faq.reader import Path, Place, Value
from intents.faq.schema import Answer, Intent
from intents.faq.source import LIST_MARKS

_DATES = {"as_of", "reviewed"}
_NUMBERS = {"version", "recheck_days", "value"}
_ANY_HASH = re.compile(r"[ \t]#[^\s#]")
_HASH = re.compile(r"[ \t]+#(?=[^\s#])")
_HASH_FIRST = re.compile(r"^\s*(?:- +|\w+:[ \t]+)+#(?=[^\s#])")
_NOT_A_TEXT = re.compile(rf"[-{LIST_MARKS}]")
_ITEM = re.compile(r"^\s*- ")
_PLAIN_NUMBER = re.compile(r"0|[1-9]\d*|(?:0|[1-9]\d*)\.\d+")

_KINDS = {
    "bool": "是或否（true、false）",
    "int": "整数",
    "float": "小数",
    "timestamp": "日期",
    "merge": "合并键",
    "value": "默认键",
}


def empty_values(raw: RawFaq) -> Iterator[Problem]:
    """A key, a list or an item with nothing in it."""
    for path in _empties(raw.document.value, ()):
        name = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
        item = "里有一条" if isinstance(path[-1], int) else ""
        if (hash_place := _hash_in_place_of(raw, path)) is not None:
            message, remedy = (
                "句子用“#”开头，YAML 会把整句当成注释",
                "请给整句加一对半角双引号；要写注释就在“#”后面空一格",
            )
            yield Problem(hash_place.line, hash_place.column, "E-SPECIAL", message, remedy)
            continue
        remedy = "请写上内容，或删去这一项"
        yield raw.problem(path, "E-EMPTY-PART", f"“{name}”{item}是空的", remedy, at_key=True)


def _hash_in_place_of(raw: RawFaq, path: Path) -> Place | None:
    """The # at which a text begins that YAML took for a comment; None where nothing was written."""
    source, offset = raw.document.source, raw.document.spans.get(path, (0, 0))[0]
    line = source.place(offset).line
    found = _HASH_FIRST.search(source.line(line))
    if raw.document.at(path) is not None or found is None:
        return None
    return Place(line, found.end())


def _empties(value: Value, path: Path) -> Iterator[Path]:
    if value == "" and path[-1:] == ("unit",):
        return  # a figure without a unit
    if not (value.strip() if isinstance(value, str) else value):
        if path:
            yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _empties(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _empties(inner, (*path, index))


def silent_conversions(raw: RawFaq) -> Iterator[Problem]:
    """An unquoted no, 012, 1:30 or date where text belongs, which other YAML readers convert."""
    for path, kind in raw.document.conversions.items():
        last, text = path[-1] if path else "", raw.document.at(path)
        if not isinstance(text, str) or (last in _DATES and kind == "timestamp"):
            continue
        if last in _NUMBERS and kind in {"int", "float"} and _PLAIN_NUMBER.fullmatch(text):
            continue
        if last in _DATES | {"version", "recheck_days", "id", "group"}:
            continue  # the schema accepts only one form there
        message = f"{quoted(text)}没有加引号，YAML 会当成{_KINDS.get(kind, '别的东西')}"
        yield raw.problem(path, "E-CONVERSION", message, f'请写成 "{text}"')


def doubled_units(raw: RawFaq) -> Iterator[Problem]:
    """A unit at the end of a value that has its unit beside it: people would read it twice."""
    for name, parameter in raw.parameters.items():
        value, unit = (
            unicodedata.normalize("NFKC", text).strip() if isinstance(text := parameter.get(key), str) else ""
            for key in ("value", "unit")
        )
        if unit and value.endswith(unit):
            message = f"参数{quoted(name)}的 value 里已经有单位，会显示成“{value}{unit}”"
            remedy = f"请把 value 写成 {value.removesuffix(unit).rstrip()}"
            yield raw.problem(("parameters", name, "value"), "E-UNIT-TWICE", message, remedy)


def curly_quotes(raw: RawFaq) -> Iterator[Problem]:
    """A whole value in curly quotes, which YAML takes for part of the text."""
    for written in (*raw.questions, *raw.answer_texts, *raw.titles, *raw.citations):
        text = written.text.strip()
        if text[:1] != "“" or text[-1] != "”" or "”" in text[1:-1]:
            continue
        if written.path not in raw.document.plain and written.path not in raw.document.beside:
            continue
        message, remedy = "整句放在弯引号“ ”里，引号会原样显示", "请删去首尾的弯引号"
        yield raw.problem(written.path, "W-CURLY-QUOTE", message, remedy, character=0)


def several_lines(raw: RawFaq) -> Iterator[Problem]:
    """A text over several lines, which YAML joins with spaces; a list's lines that were joined to what stands above them."""
    source = raw.document.source
    for path, (start, end) in raw.document.spans.items():
        if not path or "\n" not in source.text[start:end] or not isinstance(raw.document.at(path), str):
            continue  # a file that is one text is told by itself
        lines = range(source.place(start).line + 1, source.place(end - 1).line + 1)
        item = next((number for number in lines if _ITEM.match(source.line(number))), None)
        if _NOT_A_TEXT.match(source.text, start):
            continue  # a list whose dashes lack their space is told by itself
        if item is None or path not in raw.document.plain:
            message, remedy = "这一条写成了几行，显示时会接成一句或多出空格", "请接成一行；是两条就在第二行前面加“- ”"
            yield raw.problem(path, "W-SEVERAL-LINES", message, remedy)
        elif isinstance(path[-1], int):
            column = len(source.line(item)) - len(source.line(item).lstrip()) + 1
            message, remedy = "这一行多缩进了，被接到了上一条后面", "请和上一条的“-”左边对齐"
            yield Problem(item, column, "E-INDENT", message, remedy)
        else:
            above = raw.document.at(path[:-1])
            model = Answer if "answer" in path else Intent
            yield lost_list(source, item, model, above if isinstance(above, dict) else {})


def cut_by_hash(raw: RawFaq) -> Iterator[Problem]:
    """A space and # in an unquoted text, whose rest YAML takes for a comment."""
    source = raw.document.source
    if not _ANY_HASH.search(source.text):
        return
    for written in (*raw.questions, *raw.answer_texts, *raw.titles):
        if written.path not in raw.document.plain:
            continue
        end = raw.document.spans[written.path][1]
        found = _HASH.match(source.text, end)
        if found:
            place = source.place(found.end() - 1)
            message, remedy = "“#”后面的字成了注释，不会显示", "请给整句加一对半角双引号；要写注释就在“#”后面空一格"
            yield Problem(place.line, place.column, "W-HASH", message, remedy)

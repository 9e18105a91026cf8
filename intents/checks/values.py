"""Values that say something else than they look like: empty, converted by YAML, in curly quotes, cut by a #."""

import re
import unicodedata
from collections.abc import Iterator

from intents.checks.raw_faq import RawFaq
from intents.faq.problems import Problem, quoted
from intents.faq.reader import Path, Value

_DATES = {"as_of", "reviewed"}
_NUMBERS = {"version", "recheck_days", "value"}
_ANY_HASH = re.compile(r"[ \t]#[^\s#]")
_HASH = re.compile(r"[ \t]+#(?=[^\s#])")
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
        remedy = "请写上内容，或删去这一项"
        yield raw.problem(path, "E-EMPTY-PART", f"“{name}”{item}是空的", remedy, at_key=True)


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
    texts = (*raw.questions, *raw.answer_texts, *raw.titles)
    for written in texts:
        text = written.text.strip()
        if text[:1] != "“" or text[-1] != "”" or "”" in text[1:-1]:
            continue
        if written.path not in raw.document.plain and written.path not in raw.document.beside:
            continue
        message, remedy = "整句放在弯引号“ ”里，引号会原样显示", "请删去首尾的弯引号"
        yield raw.problem(written.path, "W-CURLY-QUOTE", message, remedy, character=0)


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

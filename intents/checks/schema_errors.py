"""The schema's validation errors as problems: in Chinese, each at its place."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from intents.checks.raw_faq import RawFaq
from intents.faq.lost_lines import lost_line
from intents.faq.problems import Problem, quoted
from intents.faq.question_files import QUESTIONS_FOLDER
from intents.faq.reader import Path, Value
from intents.faq.schema import ALL_KEYS, FAQ, MODELS, Answer, Basis, Group, Intent, OutOfScope, Parameter
from intents.faq.source import LIST_MARKS, Place

_DAY_OF_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})-[0-9]{2}")
_MONTHS = 12
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_SEPARATOR = re.compile(r"\s*[、，,；;／/|]\s*|\s+")
_LOST_FOLDER = 3
"""From so many topics without any question on, their files are missing rather than forgotten."""
_QUOTES = "“”‘’\"' \t"


def schema_problems(raw: RawFaq, error: ValidationError) -> Iterator[Problem]:
    """One problem for each validation error, but none for what follows from another."""
    details = error.errors(include_url=False)
    # The keys that misspelt ones were meant for: where "questons" is a problem, the missing "questions" isn't another.
    meant = {
        (tuple(d["loc"][:-1]), _meant(str(d["loc"][-1]), tuple(d["loc"][:-1])))
        for d in details
        if d["type"] == "extra_forbidden"
    }
    unasked = [tuple(d["loc"]) for d in details if d["type"] == "missing" and d["loc"][-1] == "questions"]
    lost_folder = len(unasked) >= _LOST_FOLDER and not raw.document.beside
    if lost_folder:
        message = f"{len(unasked)} 个话题没有问法，旁边也没有 {QUESTIONS_FOLDER}/ 文件夹"
        remedy = f"请把 {QUESTIONS_FOLDER}/ 和 faq.yaml 放在同一个文件夹里"
        yield raw.problem(unasked[0][:1], "E-FILE", message, remedy, at_key=True)
    for detail in details:
        path = tuple(detail["loc"])
        if lost_folder and path in unasked:
            continue
        if detail["type"] == "missing" and (path[:-1], path[-1]) in meant:
            continue
        problem = _problem(raw, path, detail)
        if problem is not None:
            yield problem


def _problem(raw: RawFaq, path: Path, detail: ErrorDetails) -> Problem | None:
    kind, value = detail["type"], raw.document.at(path)
    if kind == "extra_forbidden":
        return _unknown_key(raw, path)
    if kind == "missing":
        name = str(path[-1])
        title = _title(name)
        remedy = f"请补上“{name}”" + _place_beside(raw, path)
        return raw.problem(path[:-1], "E-MISSING-KEY", f"缺少“{name}”（{title}）", remedy, at_key=True)
    if kind == "too_short" and isinstance(value, list) and len(value) >= detail["ctx"]["min_length"]:
        return None  # pydantic counts the items without a mistake
    if _is_empty(value) or (kind == "too_short" and _has_only_empty_items(value)):
        return None  # empty_values tells of it, also where the schema allows it
    explain = _EXPLAINED.get(kind, _wrong_value)
    return explain(raw, path, value)


def _number_expected(raw: RawFaq, path: Path, value: Value) -> Problem:
    remedy = "请写 1" if path[-1] == "version" else "请写阿拉伯数字的整数，至少是 1，不带单位，例如 400"
    return raw.problem(path, "E-VALUE", f"{_name(path)}的值{quoted(str(value))}不是这里要的数", remedy)


def _more_expected(raw: RawFaq, path: Path, value: Value) -> Problem:
    """A list that is too short: a group of the lexicon with one word."""
    words = value if isinstance(value, list) else []
    written = str(words[0]) if words else ""
    apart = [word for word in _SEPARATOR.split(written) if word]
    if len(apart) > 1:
        message = f"{quoted(written)}会被当成一个词，各个词要用半角逗号隔开"
        return raw.problem((*path, 0), "E-VALUE", message, f"请写成 [{', '.join(apart)}]")
    message, remedy = f"这一组只有{quoted(written)}一个词", "请再写上和它意思相同的词，用半角逗号隔开；没有就删去这一行"
    return raw.problem(path, "E-VALUE", message, remedy)


def _place_beside(raw: RawFaq, path: Path) -> str:
    """Where an intent's questions may stand instead."""
    owner = raw.document.at(path[:-1])
    key = owner.get("id") if isinstance(owner, dict) and path[-1] == "questions" else None
    return f"，或把问法写进 questions/{key}.txt，一行一句" if isinstance(key, str) else ""


def _is_empty(value: Value) -> bool:
    return not (value.strip() if isinstance(value, str) else value)


def _has_only_empty_items(value: Value) -> bool:
    """Whether every item of a list is empty, each of which is a problem of its own."""
    items = value if isinstance(value, list) else ()
    return all(not any(item.values()) if isinstance(item, dict) else _is_empty(item) for item in items)


def _unknown_key(raw: RawFaq, path: Path) -> Problem:
    written = str(path[-1])
    if "：" in written:
        message, remedy = "冒号是全角的“：”", "请换成半角冒号加一个空格“: ”"
        place = raw.document.key_place(path)
        return Problem(place.line, place.column + written.index("："), "E-FULLWIDTH-COLON", message, remedy)
    comma = _comma_before(raw, path)
    if comma is not None and written not in ALL_KEYS:
        message = "花括号里的半角逗号把一句话断成了两项"
        joined = "顿号“、”" if written.startswith("第") else "全角逗号“，”"
        remedy = f"请换成{joined}，或给整句加一对半角双引号"
        return Problem(comma.line, comma.column, "E-COMMA", message, remedy)
    bare = written.strip(_QUOTES)
    if bare != written and bare in ALL_KEYS:
        message, remedy = f"键{written}用了弯引号", f"请写成 {bare}，不加引号"
        return raw.problem(path, "E-CURLY-QUOTE", message, remedy, at_key=True)
    meant = _meant(written, path[:-1])
    if meant is not None:
        remedy = f"你是不是想写“{meant}”"
    elif written in ALL_KEYS:
        remedy = f"“{written}”应写在 {_home(written)}，请检查缩进"
    else:
        remedy = "请删去这一项，或检查缩进"
    return raw.problem(path, "E-UNKNOWN-KEY", f"这里没有{quoted(written)}这一项", remedy, at_key=True)


def _comma_before(raw: RawFaq, path: Path) -> Place | None:
    """The comma just before a key without a value, which only a mapping in braces has; None where there is none."""
    offset = raw.document.key_offsets.get(path, 0)
    before = raw.document.source.text[:offset].rstrip()
    if raw.document.at(path) is not None or not before.endswith(","):
        return None
    return raw.document.source.place(len(before) - 1)


def _meant(written: str, parent: Path) -> str | None:
    """The key that was probably meant: by likeness, or by its Chinese name."""
    model = _model_at(parent)
    if model is None:
        return None
    by_title = {info.title: key for key, info in model.model_fields.items()}
    bare = written.strip(_QUOTES)
    if bare in by_title:
        return by_title[bare]
    close = get_close_matches(bare.lower(), model.model_fields, 1, 0.6)
    return close[0] if close and written not in ALL_KEYS else None


def _model_at(path: Path) -> type[BaseModel] | None:
    """The model of the mapping at a path."""
    shape = tuple("*" if isinstance(step, int) else step for step in path)
    if len(shape) == len(("parameters", "name")) and shape[0] == "parameters":
        return Parameter
    kinds: Mapping[Path, type[BaseModel]] = {
        (): FAQ,
        ("out_of_scope",): OutOfScope,
        ("intents", "*"): Intent,
        ("intents", "*", "answer"): Answer,
        ("intents", "*", "answer", "basis", "*"): Basis,
    }
    return kinds.get(shape)


_HOMES: Mapping[type[BaseModel], str] = {
    FAQ: "文件最外层",
    Parameter: "parameters 的一项里",
    OutOfScope: "out_of_scope 下面",
    Intent: "话题里，和 id 同级",
    Answer: "answer 下面",
    Basis: "basis 的一项里",
}


def _home(key: str) -> str:
    return " 或 ".join(_HOMES[model] for model in MODELS if key in model.model_fields)


def _title(key: str) -> str:
    return next((info.title for model in MODELS if (info := model.model_fields.get(key)) and info.title), key)


def _list_expected(raw: RawFaq, path: Path, value: Value) -> Problem:
    name = _name(path)
    if isinstance(value, str) and value.startswith(("-", *LIST_MARKS)):
        place = raw.document.place(path)
        message = "“-”后面没有空格" if value[0] == "-" else f"列表的短横写成了“{value[0]}”"
        return Problem(place.line, place.column, "E-DASH", message, "请写成半角短横加一个空格“- ”")
    remedy = "请每条另起一行，前面加“- ”"
    if isinstance(value, str) and value[:1] in {"［", "【", "（", "("}:
        remedy = "请用半角方括号和半角逗号，如 [a, b]"
    return raw.problem(path, "E-TYPE", f"{name}应该是一个列表", remedy)


def _mapping_expected(raw: RawFaq, path: Path, value: Value) -> Problem:
    if path == ("out_of_scope",) and isinstance(value, list) and value:
        line = raw.line_of((*path, 0))
        indent = len(raw.document.source.line(line)) - len(raw.document.source.line(line).lstrip()) - 2
        return lost_line(raw.document.source, line, f"{' ' * max(indent, 1)}questions:")
    return raw.problem(path, "E-TYPE", f"{_name(path)}应该是“键: 值”，每行一项", "请对照别的条目检查冒号和缩进")


def _text_expected(raw: RawFaq, path: Path, value: Value) -> Problem:
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        if inner is None and _IDENTIFIER.fullmatch(key):
            message, remedy = "句子用花括号开头，YAML 会当成另一种写法", "请给整句加一对半角双引号"
            return raw.problem(path, "E-BRACE", message, remedy)
        if (inner is None or isinstance(inner, str)) and key not in ALL_KEYS:
            message = f"{'正文里的半角冒号加空格' if inner else '句末的半角冒号'}“:”会被 YAML 当成键"
            place = raw.document.key_place((*path, key))
            remedy = "请换成全角冒号“：”，或给整句加一对半角双引号"
            return Problem(place.line, place.column + len(key), "E-COLON", message, remedy)
    return raw.problem(path, "E-TYPE", f"{_name(path)}应该是一句话", "请写成一行文字，前面不加“- ”，也不加括号")


def _wrong_form(raw: RawFaq, path: Path, value: Value) -> Problem:
    if path and path[-1] in {"as_of", "reviewed"}:
        return _wrong_value(raw, path, value)
    message, remedy = "依据要写明法律和条号，或规定和文号", "请写 law 和 article，或 rule 和 document，只写一组"
    return raw.problem(path, "E-BASIS", message, remedy)


def _wrong_value(raw: RawFaq, path: Path, value: Value) -> Problem:
    shown = quoted(str(value))
    last = path[-1] if path else ""
    if last in {"as_of", "reviewed"}:
        return _wrong_date(raw, path, str(value))
    if last == "group":
        close = get_close_matches(str(value), list(Group), 1)
        by_heading = {group.heading: group.value for group in Group}
        meant = by_heading.get(str(value)) or (close[0] if close else None)
        remedy = f"你是不是想写“{meant}”" if meant else f"请从 {'、'.join(Group)} 里选一个"
        return raw.problem(path, "E-VALUE", f"没有{shown}这一组", remedy)
    return raw.problem(path, "E-VALUE", f"{_name(path)}不能这样写", "请对照别的条目里这一项的写法改")


def _wrong_date(raw: RawFaq, path: Path, written: str) -> Problem:
    found = _DAY_OF_MONTH.fullmatch(written)
    if found is None:
        remedy = "请写成 2026-11-23 这样，年-月-日，补足两位"
        return raw.problem(path, "E-DATE", f"{quoted(written)}不是日期", remedy)
    year, month = int(found[1]), int(found[2])
    known = 1 <= month <= _MONTHS and year > 0
    remedy = f"这个月只有 {monthrange(year, month)[1]} 天，请对照日历改" if known else "请对照日历改成真有的日子"
    return raw.problem(path, "E-DATE", f"没有 {written} 这一天", remedy)


def _wrong_id(raw: RawFaq, path: Path, value: Value) -> Problem:
    is_parameter = path[0] == "parameters"
    if is_parameter:  # pydantic points below the name: (parameters, name, [key])
        path = path[:2]
    written = str(path[-1] if is_parameter else value)
    apart = [key for key in _SEPARATOR.split(written) if key]
    if path[-1] != "id" and len(apart) > 1 and all(map(_IDENTIFIER.fullmatch, apart)):
        message = f"{quoted(written)}会被当成一个编号，各个编号要用半角逗号隔开"
        return raw.problem(path, "E-ID", message, f"请写成 {', '.join(apart)}", at_key=is_parameter)
    bare = written.strip(_QUOTES)
    remedy = f"你是不是想写“{bare}”，不加引号" if _IDENTIFIER.fullmatch(bare) else "请改成 home_visit 这样"
    message = f"编号{quoted(written)}只能用小写字母、数字和下划线，字母开头，最长 40 个"
    return raw.problem(path, "E-ID", message, remedy, at_key=is_parameter)


_Explain = Callable[[RawFaq, Path, Value], Problem]
_EXPLAINED: Mapping[str, _Explain] = {
    "tuple_type": _list_expected,
    "model_type": _mapping_expected,
    "mapping_type": _mapping_expected,
    "string_type": _text_expected,
    "string_pattern_mismatch": _wrong_id,
    "int_parsing": _number_expected,
    "int_type": _number_expected,
    "int_from_float": _number_expected,
    "int_parsing_size": _number_expected,
    "greater_than_equal": _number_expected,
    "less_than_equal": _number_expected,
    "too_short": _more_expected,
    "value_error": _wrong_form,
}
"""What explains each of pydantic's error types; any other is a wrong value."""


def _name(path: Path) -> str:
    names = [str(step) for step in path if isinstance(step, str)]
    if not names:
        return "整个文件"
    item = "里的一条" if isinstance(path[-1], int) else ""
    return f"“{names[-1]}”{item}"

"""Explains in Chinese why YAML can't parse a text, by the mistakes that people make."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from intents.faq.lost_lines import CUT_OFF_REMEDY, lost_parent, second_document
from intents.faq.problems import Problem
from intents.faq.quotes import bad_escape, unclosed, with_doubled_backslashes
from intents.faq.schema import ALL_KEYS
from intents.faq.source import LIST_MARKS, Place, SourceText

_KEY = rf"(?:{'|'.join(sorted(ALL_KEYS))})"
_BULLET = r"\s*+(?:-\s++)*+"

# Behind a bullet only a real key counts: "- LPR：…" is a line of text.
_FULLWIDTH_COLON = re.compile(rf"^(\s*[A-Za-z_]\w*\s*|{_BULLET}{_KEY}\s*)：\s*|([{{,，]\s*{_KEY}\s*)：\s*", re.ASCII)
_FULLWIDTH_COMMA = re.compile(rf"，(?=\s*{_KEY}\s*[:：])")
_COLON_SPACE = re.compile(rf"^({_BULLET}{_KEY}):(?=\S)")
_DASH = re.compile(rf"^(\s*)(?:-(?=[^\s\-])|[{LIST_MARKS}]\s*(?=\S))")
_WIDE_INDENT = re.compile(r"^[ \t]*[\u3000\u00a0]+\s*(?=\S)")
_TAB_INDENT = re.compile(r"^ *\t\s*(?=[^\s#])")
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?:\s|$)")


@dataclass(frozen=True, slots=True)
class SyntaxTrap:
    """A line that YAML can't parse, or not as it was meant."""

    problem: Problem
    repaired: str | None
    """The line as it was meant, so that the rest of the file can be read; None where that can't be known."""


def line_traps(source: SourceText) -> Iterator[SyntaxTrap]:
    """The lines whose mistake can be seen without their context, in a text that YAML can't parse."""
    for number in range(1, len(source) + 1):
        line = source.line(number)
        if line.strip() and not line.lstrip().startswith("#"):
            yield from _traps_of(number, line, source.line(number - 1))


def _traps_of(number: int, line: str, above: str) -> Iterator[SyntaxTrap]:
    if _CONFLICT.match(line):
        message = "这是合并版本时留下的冲突标记"
        yield SyntaxTrap(Problem(number, 1, "E-CONFLICT", message, "请留下要的那一份，删去三行标记和另一份"), None)
        return
    if found := _TAB_INDENT.match(line):
        column = line.index("\t") + 1
        repaired = _indent_below(above, line) + line[found.end() :]
        yield SyntaxTrap(Problem(number, column, "E-TAB", "行首用了制表符（Tab）", "请换成空格，每级两个"), repaired)
        return
    if found := _WIDE_INDENT.match(line):
        column = len(line) - len(line.lstrip(" \t")) + 1
        repaired = _indent_below(above, line) + line[found.end() :]
        message = "行首用了全角空格或不间断空格"
        yield SyntaxTrap(Problem(number, column, "E-WIDE-SPACE", message, "请换成半角空格，每级两个"), repaired)
        return
    yield from _punctuation_traps(number, line)


def _indent_below(above: str, line: str) -> str:
    """The indent that a line was probably meant to have, from the line above it."""
    indent = above[: len(above) - len(above.lstrip())]
    opens = above.rstrip().endswith(":")
    is_item, above_is_item = line.lstrip().startswith("-"), above.lstrip().startswith("-")
    return indent + ("  " if opens or (above_is_item and not is_item) else "")


def _punctuation_traps(number: int, line: str) -> Iterator[SyntaxTrap]:
    if found := _DASH.match(line):
        mark = line[found.end(1)]
        message = "“-”后面没有空格" if mark == "-" else f"列表的短横写成了“{mark}”"
        problem = Problem(number, found.end(1) + 1, "E-DASH", message, "请写成半角短横加一个空格“- ”")
        yield SyntaxTrap(problem, f"{found[1]}- {line[found.end() :]}")
        return
    if found := _FULLWIDTH_COLON.search(line):
        repaired = _FULLWIDTH_COMMA.sub(", ", line)
        while again := _FULLWIDTH_COLON.search(repaired):
            repaired = f"{repaired[: again.end(1) if again[1] else again.end(2)]}: {repaired[again.end() :]}"
        column = line.index("：", found.start()) + 1
        problem = Problem(number, column, "E-FULLWIDTH-COLON", "冒号是全角的“：”", "请换成半角冒号加一个空格“: ”")
        yield SyntaxTrap(problem, repaired)
        return
    if "{" in line and (found := _FULLWIDTH_COMMA.search(line)):
        message, remedy = "花括号里的逗号是全角的“，”", "请换成半角逗号加一个空格“, ”"
        problem = Problem(number, found.start() + 1, "E-FULLWIDTH-COMMA", message, remedy)
        yield SyntaxTrap(problem, _FULLWIDTH_COMMA.sub(", ", line))
        return
    if (backslash := bad_escape(line)) is not None:
        message, remedy = "双引号里的反斜杠“\\”有别的意思", "请在每个“\\”前面再加一个“\\”"
        yield SyntaxTrap(Problem(number, backslash, "E-BACKSLASH", message, remedy), with_doubled_backslashes(line))
        return
    if found := _COLON_SPACE.match(line):
        problem = Problem(number, found.end(1) + 1, "E-COLON-SPACE", "冒号后面没有空格", "请在冒号后面加一个空格")
        yield SyntaxTrap(problem, f"{found[1]}: {line[found.end() :]}")


def diagnose(source: SourceText, yaml_error: yaml.MarkedYAMLError) -> Problem:
    """The parser's error as a problem, at the line that causes it."""
    mark, context_mark = yaml_error.problem_mark or yaml_error.context_mark, yaml_error.context_mark
    place = source.place(min(mark.index, len(source.text))) if mark else Place(1, 1)
    context = source.place(context_mark.index) if context_mark else place
    error = _ParserError(source, place, context, yaml_error.problem or "", yaml_error.context or "")
    for explain in _EXPLANATIONS:
        problem = explain(error)
        if problem is not None:
            return problem
    return error.at(place, "E-YAML", "这里的写法 YAML 读不懂", "请检查这一行和上一行的缩进、引号和冒号")


@dataclass(frozen=True, slots=True)
class _ParserError:
    """What the parser found, where, and what it was parsing."""

    source: SourceText
    place: Place
    context: Place
    message: str
    while_parsing: str

    @property
    def line(self) -> str:
        return self.source.line(self.place.line)

    def at(self, place: Place, code: str, message: str, remedy: str) -> Problem:
        return Problem(place.line, place.column, code, message, remedy)


_VALUE = re.compile(rf"^({_BULLET}(?:\w++:\s++)?)(.*)$")
_BRACE = re.compile(r"^\{\s*[a-z][a-z0-9_]*\s*\}\s*\S")
_SPECIAL = re.compile(r"^[@`%!&*|>?,\[\]{}]")


def _cut_off(error: _ParserError) -> Problem | None:
    """A last line that breaks off inside quotes or brackets, without a line end: the rest was never written."""
    last = len(error.source)
    inside = error.while_parsing.endswith(("quoted scalar", "flow mapping", "flow sequence"))
    if not inside or error.context.line != last or error.place.line != last or not error.source.line(last).strip():
        return None
    end = Place(last, len(error.source.line(last)) + 1)
    return error.at(end, "E-CUT-OFF", "文件到这里就断了，这一行没有写完", CUT_OFF_REMEDY)


def _open_quote(error: _ParserError) -> Problem | None:
    """The nearest line at or above the error that opens a quote and doesn't close it, or goes on after closing."""
    for number in range(error.place.line, 0, -1):
        column = unclosed(error.source.line(number))
        if column is not None:
            message = f"引号{error.source.line(number)[column - 1]}没有成对"
            return Problem(number, column, "E-QUOTE", message, "请补上另一半引号；正文里的引号请用“ ”")
    return None


def _after_quote(error: _ParserError) -> Problem | None:
    found = _VALUE.match(error.line)
    if found and found[2][:1] in {'"', "'"}:
        message = "引号已经成对，后面却还有字"
        return error.at(error.place, "E-QUOTE", message, "请把整句放进一对引号，正文里的引号请用“ ”")
    return None


def _special(error: _ParserError) -> Problem | None:
    for place in (error.place, error.context):
        found = _VALUE.match(error.source.line(place.line))
        if found is None or not found[2]:
            continue
        at = Place(place.line, found.end(1) + 1)
        if _BRACE.match(found[2]):
            message = "句子用花括号开头，YAML 会当成另一种写法"
            return error.at(at, "E-BRACE", message, "请给整句加一对半角双引号")
        if found[2][0] == "“" and "mapping values" in error.message:
            message = "弯引号“ ”不能把一句话括起来"
            return error.at(at, "E-CURLY-QUOTE", message, "请在最外面用半角双引号")
        if _SPECIAL.match(found[2]) and not _is_collection(found[2]):
            message = f"句子用“{found[2][0]}”开头，它在 YAML 里有别的意思"
            return error.at(at, "E-SPECIAL", message, "请给整句加一对半角双引号")
    return None


def _is_collection(value: str) -> bool:
    """Whether a value that begins with a bracket was meant as a list or a mapping on one line."""
    if value[0] not in "[{":
        return False
    end = value.find("]" if value[0] == "[" else "}")
    return end in {-1, len(value.rstrip()) - 1} or ":" in value


def _colon(error: _ParserError) -> Problem | None:
    if "mapping values are not allowed" not in error.message:
        return None
    above = error.source.line(error.place.line - 1)
    indent, before = (len(line) - len(line.lstrip()) for line in (error.line, above))
    if re.match(rf"^\s*(?:- +)?{_KEY}\s*:", error.line) and error.place.column <= (error.line.index(":") + 1):
        if indent != before:
            place = Place(error.place.line, indent + 1)
            return error.at(place, "E-INDENT", "这一行的缩进和上一行对不上", "请和同级的条目左边对齐，每级两个空格")
        return None
    message = "正文里的半角冒号加空格“: ”会被 YAML 当成键"
    return error.at(error.place, "E-COLON", message, "请换成全角冒号“：”，或给整句加一对半角双引号")


def _ended(error: _ParserError) -> Problem | None:
    if "<document start>" not in error.message:
        return None
    return second_document(error.source, error.place.line)


def _lost(error: _ParserError) -> Problem | None:
    block = "flow" not in error.while_parsing
    if not block or not error.message.startswith(("did not find expected", "mapping values are not allowed")):
        return None
    return lost_parent(error.source, error.place.line)


def _colon_in_braces(error: _ParserError) -> Problem | None:
    """A second colon in one value between braces or brackets."""
    on_one_line = "flow" in error.while_parsing and error.context.line == error.place.line
    if not on_one_line or error.line[error.place.column - 1 : error.place.column] != ":":
        return None
    message = "正文里的半角冒号加空格“: ”会被 YAML 当成键"
    return error.at(error.place, "E-COLON", message, "请换成全角冒号“：”，或给整句加一对半角双引号")


def _stray(error: _ParserError) -> Problem | None:
    if "could not find expected ':'" not in error.message:
        return None
    message = "这一行既不是“键: 值”，也不是“- ”开头的一条"
    return error.at(error.context, "E-STRAY-LINE", message, "请接到上一行末尾，或在前面加“- ”并对齐")


def _bracket(error: _ParserError) -> Problem | None:
    if "flow" not in error.while_parsing:
        return None
    message = "方括号或花括号没有写完整"
    return error.at(error.context, "E-BRACKET", message, "请补上另一半括号，各项之间用半角逗号隔开")


def _indent(error: _ParserError) -> Problem | None:
    if not error.message.startswith("did not find expected"):
        return None
    indent = len(error.line) - len(error.line.lstrip())
    if error.place.column != indent + 1:
        return None
    message = "这一行的缩进和上面的条目对不上"
    return error.at(error.place, "E-INDENT", message, "请和同级的条目左边对齐，每级两个空格")


_EXPLANATIONS: tuple[Callable[[_ParserError], Problem | None], ...] = (
    _cut_off,
    _open_quote,
    _after_quote,
    _ended,
    _lost,
    _special,
    _colon_in_braces,
    _colon,
    _stray,
    _bracket,
    _indent,
)

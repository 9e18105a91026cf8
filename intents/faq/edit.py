"""Put lines into faq.yaml and leave every other byte as it is; pure functions on its text."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from intents.errors import ExpectedError
from intents.faq.reader import Path, Value, YamlDocument, read
from intents.faq.schema import OUT_OF_SCOPE

# The end of a bracket that was left open, on this line or on one that follows.
_CLOSING = re.compile(r"(?:[ \t\r\n]|#[^\n]*\n)*[\]},]")


class EditError(ExpectedError):
    """The text can't be changed so; one line in Chinese that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed text."""

    text: str
    line: int
    """Where what is new begins, 1-based."""
    lines: int
    """How many lines were put in before the old text goes on."""


def with_question(text: str, owner: str, question: str) -> Edit:
    """The text with one more question at the end of an intent's; raises EditError."""
    document = _readable(text)
    path = _questions_of(document, owner)
    questions = document.at(path)
    if not isinstance(questions, list) or not questions:
        raise EditError(f"“{owner}”还没有 questions 列表，请先在文件里写上第一句")
    begin, last = document.spans[path][0], document.spans[(*path, len(questions) - 1)]
    body = document.source.text
    if body[begin] == "[":
        edited = f"{body[: last[1]]}, {scalar(question)}{body[last[1] :]}"
        edit = Edit(edited, document.source.place(last[1]).line, 0)
    else:
        edit = _after(body, last[1], [f"{_indent(body, begin)}- {scalar(question)}"])
    return _verified(text, edit, _inserted(document.value, (*path, len(questions)), [question]))


def with_intent(text: str, after: str, block: Sequence[str]) -> Edit:
    """The text with a new intent, given as the lines of a one-item list, behind another one; raises EditError."""
    document = _readable(text)
    index = _index(document, after)
    path: Path = ("intents", index)
    begin = document.spans[path][0]
    body = document.source.text
    end = max(span[1] for inner, span in document.spans.items() if inner[:2] == path)
    while closing := _CLOSING.match(body, end):
        end = closing.end()
    indent = _indent(body, body.rfind("-", 0, begin))
    edit = _after(body, end, ["", *(f"{indent}{line}".rstrip() for line in block)])
    entry = read("\n".join(block)).value
    return _verified(text, edit, _inserted(document.value, ("intents", index + 1), entry))


def scalar(text: str) -> str:
    """The text as a YAML scalar on one line, quoted only where it must be; good in a block and in brackets."""
    dumped = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=math.inf)
    return str(dumped).rstrip("\n")[1:-1]


def _readable(text: str) -> YamlDocument:
    document = read(text.removeprefix("\ufeff"))
    if document.value is None:
        first = document.problems[0]
        raise EditError(f"文件现在读不懂：第 {first.line} 行 {first.code} {first.message}；{first.remedy}")
    return document


def _index(document: YamlDocument, owner: str) -> int:
    intents = document.at(("intents",))
    for index, entry in enumerate(intents if isinstance(intents, list) else ()):
        if isinstance(entry, dict) and entry.get("id") == owner:
            return index
    raise EditError(f"没有话题“{owner}”，请对照 faq.yaml 里的 id")


def _questions_of(document: YamlDocument, owner: str) -> Path:
    if owner == OUT_OF_SCOPE:
        return (OUT_OF_SCOPE, "questions")
    return ("intents", _index(document, owner), "questions")


def _indent(text: str, position: int) -> str:
    """The spaces before the dash at this position."""
    indent = text[text.rfind("\n", 0, position) + 1 : position]
    if indent.strip(" "):
        raise EditError("这个列表的写法太特别，请用编辑器手工加上")
    return indent


def _after(text: str, end: int, lines: Sequence[str]) -> Edit:
    """Lines put in after the line on which the value that ends here ends, with that line's kind of line end."""
    end = len(text[:end].rstrip())
    line_end = text.find("\n", end)
    first = text.count("\n", 0, end) + 2
    newline = "\r\n" if text[line_end - 1 : line_end] == "\r" or (line_end < 0 and "\r\n" in text) else "\n"
    if line_end < 0:
        return Edit(text + "".join(newline + line for line in lines), first, len(lines))
    put_in = "".join(line + newline for line in lines)
    return Edit(text[: line_end + 1] + put_in + text[line_end + 1 :], first, len(lines))


def _inserted(value: Value, path: Path, new: Value) -> Value:
    """A copy of the value with the items of `new` put in where the path points."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        return {key: _inserted(child, rest, new) if key == step else child for key, child in value.items()}
    if not isinstance(value, list) or not isinstance(step, int):
        return value
    if not rest:
        return [*value[:step], *(new if isinstance(new, list) else [new]), *value[step:]]
    return [_inserted(child, rest, new) if index == step else child for index, child in enumerate(value)]


def _verified(original: str, edit: Edit, expected: Value) -> Edit:
    """The edit with the byte order mark put back, once it is sure that it says what it should and nothing else."""
    if read(edit.text).value != expected:
        raise EditError("这里的写法太特别，自动加会弄乱别处，请用编辑器手工加上")
    mark = "\ufeff" if original.startswith("\ufeff") else ""
    return Edit(mark + edit.text, edit.line, edit.lines)

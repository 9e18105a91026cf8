"""Puts lines into the text of faq.yaml or of a file beside it and leaves every other character as it is; pure functions."""

import dataclasses
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from intents.errors import ExpectedError
from intents.faq.question_files import NO_AUTHOR_LINE, parse_questions
from intents.faq.reader import Path, Value, YamlDocument, parse_yaml
from intents.faq.schema import OUT_OF_SCOPE

# The end of a bracket that was left open, on this line or on one that follows.
_CLOSING = re.compile(r"(?:[ \t\r\n]|#[^\n]*\n)*[\]},]")


class EditError(ExpectedError):
    """The text can't be changed so; one line in Chinese that says why and what to do."""


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A changed text."""

    text: str
    line: int
    """Where what is new begins, 1-based."""
    added_lines: int
    """By how many lines what follows has moved down."""


def with_question(text: str, intent: str, *new: str) -> TextEdit:
    """The text with one more question, or more, at the end of an intent's (or of OUT_OF_SCOPE's); raises EditError."""
    document = _parsed(text)
    path = _questions_path(document, intent)
    questions = document.at(path)
    if not isinstance(questions, list) or not questions:
        raise EditError(f"“{intent}”还没有 questions 列表，请先在文件里写上第一句")
    begin, last = document.spans[path][0], document.spans[(*path, len(questions) - 1)]
    body = document.source.text
    if body[begin] == "[":
        edited = f"{body[: last[1]]}, {', '.join(map(yaml_scalar, new))}{body[last[1] :]}"
        edit = TextEdit(edited, document.source.place(last[1]).line, 0)
    else:
        indent = _indent(body, begin)
        edit = _insert_lines(body, last[1], [f"{indent}- {yaml_scalar(question)}" for question in new])
    return _verified(text, edit, _with_items(document.value, (*path, len(questions)), [*new]))


def with_question_line(text: str, *new: str) -> TextEdit:
    """The text of a file in questions/ with one more question, or more, at its end; raises EditError."""
    body = text.removeprefix("\ufeff")
    parsed = parse_questions("", body)
    known = parsed.lines
    lines = [*[NO_AUTHOR_LINE] * bool(parsed.last_author), *new]
    written = "".join(f"{line}\n" for line in lines)
    edit = _insert_lines(body, len(body), lines) if body.strip() else TextEdit(written, 1, len(lines))
    edit = dataclasses.replace(edit, line=edit.line + len(lines) - len(new))
    if [line.text for line in parse_questions("", edit.text).lines] != [*(line.text for line in known), *new]:
        raise EditError("这一句放进文本文件会变成注释或两句，请改个写法")
    return dataclasses.replace(edit, text="\ufeff" * (body != text) + edit.text)


def with_intent(text: str, after: str, block: Sequence[str]) -> TextEdit:
    """The text with a new intent, given as the lines of a one-item list, behind another one; raises EditError."""
    document = _parsed(text)
    index = _intent_index(document, after)
    path: Path = ("intents", index)
    body = document.source.text
    end = document.end(path)
    while closing := _CLOSING.match(body, end):
        end = closing.end()
    indent = _indent(body, body.rfind("-", 0, document.spans[path][0]))
    edit = _insert_lines(body, end, ["", *(f"{indent}{line}".rstrip() for line in block)])
    entry = parse_yaml("\n".join(block)).value
    return _verified(text, edit, _with_items(document.value, ("intents", index + 1), entry))


def yaml_scalar(text: str) -> str:
    """The text as a YAML scalar on one line, in quotes only where it needs them; also fit for a list in brackets."""
    dumped = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=math.inf)
    return str(dumped).rstrip("\n")[1:-1]


def _parsed(text: str) -> YamlDocument:
    document = parse_yaml(text.removeprefix("\ufeff"))
    if document.value is None:
        first = document.problems[0]
        raise EditError(f"文件现在读不懂：第 {first.line} 行 {first.code} {first.message}；{first.remedy}")
    return document


def _questions_path(document: YamlDocument, intent: str) -> Path:
    if intent == OUT_OF_SCOPE:
        return (OUT_OF_SCOPE, "questions")
    return ("intents", _intent_index(document, intent), "questions")


def _intent_index(document: YamlDocument, intent: str) -> int:
    intents = document.at(("intents",))
    for index, entry in enumerate(intents if isinstance(intents, list) else ()):
        if isinstance(entry, dict) and entry.get("id") == intent:
            return index
    raise EditError(f"没有话题“{intent}”，请对照 faq.yaml 里的 id")


def _indent(text: str, dash: int) -> str:
    """The spaces before the dash at this offset."""
    indent = text[text.rfind("\n", 0, dash) + 1 : dash]
    if indent.strip(" "):
        raise EditError("这个列表的写法太特别，请用编辑器手工加上")
    return indent


def _insert_lines(text: str, end: int, lines: Sequence[str]) -> TextEdit:
    """The text with lines after the line on which the value that ends at this offset ends, with that line's kind of line end."""
    end = len(text[:end].rstrip())
    line_end = text.find("\n", end)
    first = text.count("\n", 0, end) + 2
    newline = "\r\n" if text[line_end - 1 : line_end] == "\r" or (line_end < 0 and "\r\n" in text) else "\n"
    if line_end < 0:
        return TextEdit(text + "".join(newline + line for line in lines), first, len(lines))
    inserted = "".join(line + newline for line in lines)
    return TextEdit(text[: line_end + 1] + inserted + text[line_end + 1 :], first, len(lines))


def _with_items(value: Value, path: Path, new: Value) -> Value:
    """A copy of the value with the items of `new` where the path points into a list."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        return {key: _with_items(child, rest, new) if key == step else child for key, child in value.items()}
    if not isinstance(value, list) or not isinstance(step, int):
        return value
    if not rest:
        return [*value[:step], *(new if isinstance(new, list) else [new]), *value[step:]]
    return [_with_items(child, rest, new) if index == step else child for index, child in enumerate(value)]


def _verified(original: str, edit: TextEdit, expected: Value) -> TextEdit:
    """The edit with the byte order mark put back; raises EditError if the new text doesn't say exactly what is expected."""
    if parse_yaml(edit.text).value != expected:
        raise EditError("这里的写法太特别，自动加会弄乱别处，请用编辑器手工加上")
    mark = "\ufeff" if original.startswith("\ufeff") else ""
    return TextEdit(mark + edit.text, edit.line, edit.added_lines)

"""Moves the questions of faq.yaml into texts of their own, questions/ID.txt, with the comments among them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from intents.faq.edit import EditError
from intents.faq.files import FAQFiles
from intents.faq.question_files import HEADING, NO_AUTHOR_LINE, SUFFIX, parse_questions
from intents.faq.reader import Path, YamlDocument, parse_yaml
from intents.faq.schema import OUT_OF_SCOPE

_TRAILING_COMMENT = re.compile(r"(?:[ \t]*,)?[ \t]+(#[^\r\n]*)")
# As SourceText counts lines; str.splitlines also ends one at U+2028, which word processors leave in what is pasted.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_CLOSING = re.compile(r"(?:[\s,]|#[^\n]*\n)*\]")


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of faq.yaml that hold an intent's questions."""

    key: str
    path: Path
    """The list's."""
    first: int
    """The line of its key, 1-based."""
    last: int
    """Its last line, with the comments that belong to it."""


def split_questions(files: FAQFiles) -> dict[str, bytes | None]:
    """The files that change when every question of faq.yaml gets a text beside it, by name; empty where none stands in it.

    faq.yaml loses exactly the lines of the lists. Raises EditError where a list is written in a way that can't be moved,
    UnicodeDecodeError where a file isn't UTF-8.
    """
    text = files.main.decode("utf-8")
    mark, body = text[: text.startswith("\ufeff")], text.removeprefix("\ufeff")
    document = parse_yaml(body)
    newline = "\r\n" if "\r\n" in body else "\n"
    changes: dict[str, bytes | None] = {}
    gone: set[int] = set()
    for block in _blocks(document):
        name = files.file_of(block.key) or f"{block.key}{SUFFIX}"
        questions = _with_existing(_text_of(document, block), files.questions.get(name, b"").decode("utf-8-sig"))
        changes[name] = questions.replace("\n", newline).encode("utf-8")
        gone.update(range(block.first, block.last + 1))
    if not changes:
        return {}
    kept = "".join(line for number, line in enumerate(_LINE.findall(body), 1) if number not in gone)
    return {**changes, "": (mark + kept).encode("utf-8")}


def _blocks(document: YamlDocument) -> Iterator[_Block]:
    value = document.value if isinstance(document.value, dict) else {}
    outside = value.get(OUT_OF_SCOPE)
    if isinstance(outside, dict) and outside.get("questions"):
        block = _block(document, OUT_OF_SCOPE, (OUT_OF_SCOPE, "questions"))
        yield _whole_section(document, block) if len(outside) == 1 else block
    intents = value.get("intents")
    for index, intent in enumerate(intents if isinstance(intents, list) else ()):
        if isinstance(intent, dict) and intent.get("questions") and isinstance(key := intent.get("id"), str):
            yield _block(document, key, ("intents", index, "questions"))


def _whole_section(document: YamlDocument, block: _Block) -> _Block:
    """The block with the key above it, which would be empty, and the empty line that set it apart."""
    last = block.last if document.source.line(block.last + 1).strip() else block.last + 1
    return _Block(block.key, block.path, document.key_place((OUT_OF_SCOPE,)).line, min(last, len(document.source)))


def _block(document: YamlDocument, key: str, path: Path) -> _Block:
    source = document.source
    begin = document.key_place(path)
    line = source.line(begin.line)
    if line[: begin.column - 1].strip():
        raise EditError(f"第 {begin.line} 行的 questions 前面还有别的字，搬不了；请让它另起一行（把 id 放在最前面）")
    end = document.end(path)
    if source.text[document.spans[path][0]] == "[":
        closing = _CLOSING.match(source.text, end)
        end = closing.end() if closing else end
    last = source.place(max(end - 1, 0)).line
    indent = begin.column - 1
    for number in range(last + 1, len(source) + 1):
        below = source.line(number)
        if below.strip() and not (below.lstrip().startswith("#") and _indent(below) > indent):
            break
        last = number if below.strip() else last
    return _Block(key, path, begin.line, last)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _text_of(document: YamlDocument, block: _Block) -> str:
    """The list as a text: a question a line, each comment where it stood."""
    listed = document.at(block.path)
    items = [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
    by_line: dict[int, list[int]] = {}
    inside: set[int] = set()
    for number in range(len(items)):
        begin, end = (document.source.place(at).line for at in document.spans[(*block.path, number)])
        by_line.setdefault(begin, []).append(number)
        inside.update(range(begin + 1, end + 1))
    lines: list[str] = []
    for number in range(block.first, block.last + 1):
        written = document.source.line(number).strip()
        if number in by_line:
            last = document.spans[(*block.path, by_line[number][-1])][1]
            comment = _TRAILING_COMMENT.match(document.source.text, last)
            lines += [comment[1].rstrip()] if comment else []
            lines += [items[item].strip() for item in by_line[number]]
        elif number not in inside and written.startswith("#"):
            lines.append(written)
    text = "\n".join([HEADING, *lines, ""])
    read = [line.text for line in parse_questions("", text).lines]
    wrong = next((n for n, item in enumerate(items) if n >= len(read) or read[n] != item.strip()), None)
    if wrong is not None or len(read) != len(items):
        line = document.place((*block.path, wrong or 0)).line
        raise EditError(f"第 {line} 行的问法放进文本文件会变成注释或两句，没有搬；请先改个写法")
    return text


def _with_existing(moved: str, existing: str) -> str:
    """The moved questions before those that the text held already; one that stands in both counts once."""
    if not existing.strip():
        return moved
    known = {line.text for line in parse_questions("", existing).lines}
    parsed = parse_questions("", moved)
    if all(line.text in known for line in parsed.lines):
        return existing  # moved before, and interrupted
    kept = moved.splitlines()
    between = [NO_AUTHOR_LINE] if parsed.last_author else []
    rest = [line for line in existing.splitlines() if line.strip() != HEADING]
    return "\n".join([*(line for line in kept if line not in known), *between, *rest, ""])

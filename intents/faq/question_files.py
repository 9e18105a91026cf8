"""The texts in questions/ beside faq.yaml: one question a line, `#` for comments; put into the document that faq.yaml is."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from intents.faq.problems import Problem, quoted
from intents.faq.reader import Path, Value, YamlDocument, without_control_characters
from intents.faq.schema import OUT_OF_SCOPE
from intents.faq.source import LIST_MARKS, Place, SourceText
from intents.faq.spelling import typo_of

QUESTIONS_FOLDER = "questions"
SUFFIX = ".txt"
HEADING = "# 一行一句问法；以 # 开头的是注释"
"""The first line of a new text."""

_LINE = re.compile(r"[^\r\n]+")
_AUTHOR = re.compile(r"#\s*作者[\s:：]+(\S.*?)\s*")
_NO_AUTHOR = re.compile(r"#\s*其他\s*")
NO_AUTHOR_LINE = "# 其他"
"""Ends the lines of an author."""
_TAG = re.compile(r"#[^#\s]+#")
_LATE_COMMENT = re.compile(r"\s#(?=\s|作者)")
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?:\s|$)")
_LIST_ITEM = re.compile(rf"(?:-|[{LIST_MARKS}])\s*")
_KEY = re.compile(r"[a-z_]+:(?:\s|$)")
_COPY = re.compile(r"(?:\s*+(?:[（(]\d+[)）]|的副本|copy\s*+\d*+))*+(?:\s*+-\s*+(?:副本|copy).*)?$")
"""What systems put behind the name of a file's copy."""
_QUOTES = ('""', "''")
_PLAIN = re.compile("[\u4e00-\u9fff][^#]*")
"""Most lines: none of what is meant for faq.yaml begins with a Chinese character, but for a late comment."""


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A line that holds a question."""

    text: str
    place: Place
    author: str | None = None
    """Whom the nearest `# 作者 NAME` above it names; None where there is none, or `# 其他` stands between."""


@dataclass(frozen=True)
class QuestionFile:
    """One of the texts, read."""

    source: SourceText
    lines: tuple[QuestionLine, ...]
    problems: tuple[Problem, ...]
    last_author: str | None = None
    """The author of a line that would follow the last."""

    @property
    def key(self) -> str:
        """The id of the intent whose questions these are, or OUT_OF_SCOPE."""
        return key_of(self.source.file)


def key_of(name: str) -> str:
    """The id that a file's name stands for."""
    return PurePath(name).name[: -len(SUFFIX)]


def parse_questions(name: str, text: str) -> QuestionFile:
    """Read one text; the name is questions/ID.txt."""
    source, problems = without_control_characters(SourceText(text.removeprefix("\ufeff"), file=name))
    lines: list[QuestionLine] = []
    author: str | None = None
    for found in _LINE.finditer(source.text):
        written = found[0].strip()
        if not written:
            continue
        place = source.place(found.start() + found[0].index(written[0]))
        if written.startswith("#"):
            named = _AUTHOR.fullmatch(written)
            author = named[1] if named else None if _NO_AUTHOR.fullmatch(written) else author
            if _TAG.match(written):
                remedy = "要当问法就删去“#”，要当注释就在“#”后面空一格"
                problems.append(_problem(place, "W-HASH", "这一行以“#”开头，整行成了注释，不会当成问法", remedy))
            continue
        if not _PLAIN.fullmatch(written):
            problems += _line_problems(written, place)
        lines.append(QuestionLine(written, place, author))
    return QuestionFile(source, tuple(lines), tuple(problems), author)


def _line_problems(written: str, place: Place) -> Iterator[Problem]:
    """What is in a line because it was meant for faq.yaml."""
    if _CONFLICT.match(written):
        message, remedy = "这是合并版本时留下的冲突标记", "请留下要的那一份，删去三行标记和另一份"
        yield _problem(place, "E-CONFLICT", message, remedy)
    elif found := _LIST_ITEM.match(written):
        message = f"行首的“{found[0].strip()}”会当成问法的一部分"
        yield _problem(place, "W-LINE-FORM", message, "这里一行就是一句，请删去它")
    elif written[0] + written[-1] in _QUOTES and len(written) > 1:
        yield _problem(place, "W-LINE-FORM", "首尾的引号会当成问法的一部分", "这里一行就是一句，请删去引号")
    elif _KEY.match(written):
        message = f"{quoted(written)}是 faq.yaml 里的写法，在这里会当成一句问法"
        yield _problem(place, "W-LINE-FORM", message, "这里一行只写一句问法，请删去这一行")
    elif late := _LATE_COMMENT.search(written):
        place = replace(place, column=place.column + late.end() - 1)
        message = "“#”不在行首，它和后面的字都会当成问法"
        yield _problem(place, "W-HASH", message, "请把注释写在单独的一行，以“#”开头")


def _problem(place: Place, code: str, message: str, remedy: str) -> Problem:
    return Problem(place.line, place.column, code, message, remedy, file=place.file)


def with_question_files(document: YamlDocument, files: Sequence[QuestionFile]) -> YamlDocument:
    """The document with the questions of the files behind its own, each at its intent; a file without one is a problem."""
    if not isinstance(document.value, dict) or not files:
        return document
    value = dict(document.value)
    beside = dict(document.beside)
    problems = [problem for file in files for problem in file.problems]
    listed = value.get("intents")
    intents = list(listed) if isinstance(listed, list) else []
    numbers = _first_numbers(intents)
    taken = {file.key for file in files}
    for file in files:
        path: Path = (OUT_OF_SCOPE,) if file.key == OUT_OF_SCOPE else ("intents", numbers.get(file.key, -1))
        if file.key != OUT_OF_SCOPE and file.key not in numbers:
            problems.append(_without_intent(file, intents, taken))
            continue
        owner = value.get(OUT_OF_SCOPE, {}) if file.key == OUT_OF_SCOPE else intents[numbers[file.key]]
        merged = _merged(owner, file, (*path, "questions"), beside)
        if merged is None:
            continue
        if file.key == OUT_OF_SCOPE:
            value[OUT_OF_SCOPE] = merged
        else:
            intents[numbers[file.key]] = merged
    if isinstance(listed, list):
        value["intents"] = intents
    return replace(
        document,
        value=value,
        beside=beside,
        sources_beside=tuple(file.source for file in files),
        problems=(*document.problems, *problems),
    )


def _merged(owner: Value, file: QuestionFile, path: Path, beside: dict[Path, Place]) -> dict[str, Value] | None:
    """The intent with the file's questions behind its own; None where what faq.yaml has there is a mistake of its own."""
    own = owner.get("questions", []) if isinstance(owner, dict) else None
    if not isinstance(owner, dict) or not isinstance(own, list):
        return None
    for number, line in enumerate(file.lines, len(own)):
        beside[(*path, number)] = line.place
    if "questions" not in owner:
        beside[path] = Place(1, 1, file.source.file)
    return {**owner, "questions": [*own, *(line.text for line in file.lines)]}


def _first_numbers(intents: Iterable[Value]) -> Mapping[str, int]:
    """The place of each id in the list, of one that stands twice the first."""
    numbers: dict[str, int] = {}
    for number, intent in enumerate(intents):
        if isinstance(intent, dict) and isinstance(key := intent.get("id"), str):
            numbers.setdefault(key, number)
    return numbers


def _without_intent(file: QuestionFile, intents: Iterable[Value], taken: Collection[str]) -> Problem:
    titles = {
        str(intent.get("title")): str(intent["id"])
        for intent in intents
        if isinstance(intent, dict) and intent.get("id")
    }
    ids = [*titles.values(), OUT_OF_SCOPE]
    plain = _COPY.sub("", file.key.lower().removesuffix(SUFFIX)).strip()
    meant = titles.get(file.key) or (plain if plain in ids else typo_of(plain, ids))
    if meant is None:
        remedy = "这个话题要是被误删了，请从备份里找回；编号改了，就把文件名也改成新的编号"
    elif meant in taken:
        remedy = f"“{meant}{SUFFIX}”已经有了，请把这里的问法并进去，再删去这个文件"
    else:
        remedy = f"文件名是不是想写“{meant}{SUFFIX}”"
    return _problem(Place(1, 1, file.source.file), "E-UNKNOWN-ID", f"没有话题“{file.key}”，这些问法没有地方放", remedy)

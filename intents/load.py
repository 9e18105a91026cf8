"""Reads, checks and validates faq.yaml and the questions beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from intents.checks import ContentLimits, RawFaq, causes, rule_problems, schema_problems
from intents.checks.references import lost_ids
from intents.errors import os_error_reason
from intents.faq.files import FAQFiles, main_file, read_files, told
from intents.faq.problems import FAQError, Problem
from intents.faq.question_files import QUESTIONS_FOLDER, SUFFIX, QuestionFile, parse_questions, with_question_files
from intents.faq.reader import parse_yaml
from intents.faq.schema import FAQ
from intents.faq.source import SourceText


@dataclass(frozen=True)
class CheckedFaq:
    """The result of checking one FAQ text."""

    faq: FAQ | None
    """None where an error keeps it from being used."""
    problems: tuple[Problem, ...]
    """All of them, sorted by place."""
    digest: str
    """The first 12 hex digits of the text's SHA-256: which version is serving."""
    raw: RawFaq | None = None
    """The text as the rules saw it; None where YAML can't parse it."""


def check_text(
    text: str,
    questions: Mapping[str, str] | None = None,
    *,
    today: date | None = None,
    limits: ContentLimits | None = None,
    advice: bool = True,
) -> CheckedFaq:
    """Read a FAQ and hold it to every rule that is fast enough for a load; never raises.

    Args:
        text: the content of faq.yaml.
        questions: the contents of the files beside it by their names: questions/home_visit.txt.
        today: the day by which reviews are due; the machine's own unless told.
        limits: the bounds of good content.
        advice: whether the rules that only warn are applied too.
    """
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    document = parse_yaml(text.removeprefix("\ufeff"))
    beside = [parse_questions(name, content) for name, content in (questions or {}).items()]
    if document.value is None:
        return CheckedFaq(None, causes([*document.problems, *_problems_of(beside)]), digest)
    document = with_question_files(document, beside)
    raw = RawFaq(document, today or datetime.now(UTC).date(), limits or ContentLimits())
    faq, problems = _validate(raw)
    problems += [*rule_problems(raw, advice=advice), *lost_ids(raw)]
    usable = not any(problem.severity == "error" for problem in problems)
    return CheckedFaq(faq if usable else None, causes(problems), digest, raw)


def _problems_of(beside: Sequence[QuestionFile]) -> Iterator[Problem]:
    return (problem for file in beside for problem in file.problems)


def check_files(
    files: FAQFiles, *, today: date | None = None, limits: ContentLimits | None = None, advice: bool = True
) -> CheckedFaq:
    """Check the files of a FAQ as check_text does; never raises."""
    main, problems = _decoded("", files.main)
    questions: dict[str, str] = {}
    for name, content in files.questions.items():
        questions[files.told(name)], wrong = _decoded(files.told(name), content)
        problems += wrong
    if problems:
        return CheckedFaq(None, causes(problems), files.digest)
    checked = check_text(main, questions, today=today, limits=limits, advice=advice)
    unread = [_unread(files, name) for name in files.unread] if advice else []
    found = causes([*checked.problems, *unread]) if unread else checked.problems
    return replace(checked, problems=found, digest=files.digest)


def check_file(path: Path, *, advice: bool = True) -> CheckedFaq:
    """Read and check one FAQ, given its faq.yaml or the folder of it; raises FAQError when it can't be read at all."""
    return check_files(read_faq_files(path), advice=advice)


def read_faq_files(path: Path) -> FAQFiles:
    """Read the files of a FAQ; raises FAQError."""
    try:
        return read_files(path)
    except OSError as error:
        remedy = "请检查路径和读取权限，或用 YOUSHU_FAQ 指定 faq.yaml；还没有内容就先运行 youshu init"
        main = main_file(path)
        problem = Problem(1, 1, "E-FILE", os_error_reason(error), remedy, file=_file_of(error, main))
        raise FAQError(str(main), [problem]) from error


def _file_of(error: OSError, path: Path) -> str:
    """Which file beside faq.yaml couldn't be read; empty for faq.yaml itself."""
    name = Path(str(error.filename or "")).name
    if name == QUESTIONS_FOLDER:
        return name
    return told(path, name) if name.lower().endswith(SUFFIX) else ""


def _decoded(file: str, content: bytes) -> tuple[str, list[Problem]]:
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        place = SourceText(before).place(len(before))
        message, remedy = "从这里起不是 UTF-8 编码", "请用编辑器另存为 UTF-8"
        return "", [Problem(place.line, place.column, "E-ENCODING", message, remedy, file=file)]


def _unread(files: FAQFiles, name: str) -> Problem:
    remedy = f"问法要放在以 {SUFFIX} 结尾的文本文件里；别的文件请移到别处"
    return Problem(1, 1, "W-UNREAD-FILE", "这个文件不会读", remedy, file=files.told(name))


def load_faq(path: Path | str) -> FAQ:
    """The FAQ in a file; raises FAQError with every problem when it has an error."""
    checked = check_file(Path(path), advice=False)
    if checked.faq is None:
        raise FAQError(str(main_file(Path(path))), checked.problems)
    return checked.faq


def _validate(raw: RawFaq) -> tuple[FAQ | None, list[Problem]]:
    try:
        return FAQ.model_validate(raw.document.value), []
    except ValidationError as error:
        return None, list(schema_problems(raw, error))

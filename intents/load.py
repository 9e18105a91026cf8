"""Reads, checks and validates faq.yaml."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from intents.checks import ContentLimits, RawFaq, causes, rule_problems, schema_problems
from intents.checks.references import lost_ids
from intents.errors import os_error_reason
from intents.faq.problems import FAQError, Problem
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
    text: str, *, today: date | None = None, limits: ContentLimits | None = None, advice: bool = True
) -> CheckedFaq:
    """Read a FAQ text and hold it to every rule that is fast enough for a load; never raises.

    Args:
        text: the file's content.
        today: the day by which reviews are due; the machine's own unless told.
        limits: the bounds of good content.
        advice: whether the rules that only warn are applied too.
    """
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    document = parse_yaml(text.removeprefix("\ufeff"))
    if document.value is None:
        return CheckedFaq(None, causes(document.problems), digest)
    raw = RawFaq(document, today or datetime.now(UTC).date(), limits or ContentLimits())
    faq, problems = _validate(raw)
    problems += [*rule_problems(raw, advice=advice), *lost_ids(raw)]
    usable = not any(problem.severity == "error" for problem in problems)
    return CheckedFaq(faq if usable else None, causes(problems), digest, raw)


def check_file(path: Path, *, advice: bool = True) -> CheckedFaq:
    """Read and check one FAQ file; raises FAQError when it can't be read at all."""
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = Problem(1, 1, "E-FILE", os_error_reason(error), "请检查路径和读取权限，或用 YOUSHU_FAQ 指定 faq.yaml")
        raise FAQError(str(path), [problem]) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        place = SourceText(before).place(len(before))
        problem = Problem(place.line, place.column, "E-ENCODING", "从这里起不是 UTF-8 编码", "请用编辑器另存为 UTF-8")
        raise FAQError(str(path), [problem]) from error
    return check_text(text, advice=advice)


def load_faq(path: Path | str) -> FAQ:
    """The FAQ in a file; raises FAQError with every problem when it has an error."""
    checked = check_file(Path(path), advice=False)
    if checked.faq is None:
        raise FAQError(str(path), checked.problems)
    return checked.faq


def _validate(raw: RawFaq) -> tuple[FAQ | None, list[Problem]]:
    try:
        return FAQ.model_validate(raw.document.value), []
    except ValidationError as error:
        return None, list(schema_problems(raw, error))

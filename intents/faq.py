"""From the file to a checked FAQ."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from intents.checks import content_problems, schema_problems
from intents.problems import FAQError, Problem
from intents.reader import Document, read
from intents.schema import FAQ


@dataclass(frozen=True)
class Checked:
    """What came of reading one FAQ text: the FAQ if it can be used, and every problem found."""

    faq: FAQ | None
    problems: tuple[Problem, ...]
    digest: str
    """The first 12 hex digits of the text's SHA-256: which version is serving."""


def check_text(text: str) -> Checked:
    """Read and check one FAQ text; never raises."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    document = read(text.removeprefix("\ufeff"))
    if document.value is None:
        return Checked(None, document.problems, digest)
    faq, problems = _validate(document)
    if faq is not None:
        problems.extend(content_problems(faq, document))
    problems.extend(document.problems)
    usable = not any(problem.severity == "error" for problem in problems)
    return Checked(faq if usable else None, tuple(sorted(problems)), digest)


def check_file(path: Path) -> Checked:
    """Read and check one FAQ file; raises FAQError when it can't be read at all."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        reason = "找不到这个文件" if isinstance(error, FileNotFoundError) else f"文件打不开（{error.strerror}）"
        problem = Problem(1, 1, "E-FILE", reason, "请检查路径和读取权限，或用 YOUSHU_FAQ 指定 faq.yaml")
        raise FAQError(str(path), [problem]) from error
    except UnicodeDecodeError as error:
        problem = Problem(1, 1, "E-ENCODING", f"第 {error.start} 字节起不是 UTF-8 编码", "请用编辑器另存为 UTF-8")
        raise FAQError(str(path), [problem]) from error
    return check_text(text)


def load_faq(path: Path | str) -> FAQ:
    """The FAQ in a file; raises FAQError with every problem when it has an error."""
    checked = check_file(Path(path))
    if checked.faq is None:
        raise FAQError(str(path), checked.problems)
    return checked.faq


def _validate(document: Document) -> tuple[FAQ | None, list[Problem]]:
    try:
        return FAQ.model_validate(document.value), []
    except ValidationError as error:
        return None, list(schema_problems(error, document))

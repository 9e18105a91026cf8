"""A mistake in the content: where it is, what it is, and how to mend it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from intents.errors import ExpectedError

Severity = Literal["error", "warning"]

_QUOTED_CHARACTERS = 24
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in the content; sorts by its place, and faq.yaml comes before the files beside it."""

    file: str = field(default="", kw_only=True)
    """The file as it is named beside faq.yaml, such as questions/home_visit.txt; empty for faq.yaml itself."""
    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    code: str
    """Stable: E-… stops a load, W-… doesn't."""
    message: str
    """What is wrong, in Chinese."""
    remedy: str
    """What to do about it, in Chinese."""
    consequences: int = field(default=0, compare=False)
    """How many other problems only follow from this one and aren't told."""

    @property
    def severity(self) -> Severity:
        """Read off the code's first letter."""
        return "error" if self.code.startswith("E-") else "warning"

    def file_beside(self, path: str) -> str:
        """The file that the mistake is in, given the path of faq.yaml as it was typed."""
        return str(Path(path).parent / self.file) if self.file else path

    @property
    def text(self) -> str:
        """What is wrong, what to do, and how much else that mends."""
        more = f"；另有 {self.consequences} 处由此引起" if self.consequences else ""
        return f"{self.message}；{self.remedy}{more}"

    def line_for(self, path: str) -> str:
        """The one line that people, editors and CI read; the path is that of faq.yaml."""
        return f"{self.file_beside(path)}:{self.line}:{self.column}: {self.severity} {self.code} {self.text}"

    def as_dict(self, path: str) -> dict[str, str | int]:
        """The problem for other programs; the path is that of faq.yaml."""
        return {
            "file": self.file_beside(path),
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "consequences": self.consequences,
        }

    def annotation(self, path: str) -> str:
        """A GitHub workflow command, shown beside the line; the path is that of faq.yaml.

        https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
        """
        place = f"file={_property(Path(self.file_beside(path)).as_posix())},line={self.line},col={self.column},title={self.code}"
        return f"::{self.severity} {place}::{_data(self.text)}"


class FAQError(ExpectedError):
    """The FAQ can't be used; carries every problem found, and names those that stop it, a line each."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems))
        errors = [problem for problem in self.problems if problem.severity == "error"]
        super().__init__("\n".join(problem.line_for(path) for problem in errors or self.problems))


def quoted(text: str) -> str:
    """A text of the file for a message: in quotes, on one line, cut where it is long."""
    line = _SPACES.sub(" ", text).strip()
    line = "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in line)
    return f"“{line[:_QUOTED_CHARACTERS]}{'…' if len(line) > _QUOTED_CHARACTERS else ''}”"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

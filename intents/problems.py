"""A mistake in the content: where it is, what it is, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in faq.yaml; sorts by its place."""

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

    @property
    def severity(self) -> Severity:
        """Read off the code's first letter."""
        return "error" if self.code.startswith("E-") else "warning"

    def line_for(self, path: str) -> str:
        """The one line that people, editors and CI read."""
        return f"{path}:{self.line}:{self.column}: {self.severity} {self.code} {self.message}；{self.remedy}"


class FAQError(Exception):
    """The FAQ can't be used; carries every problem found."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(problem.line_for(path) for problem in self.problems))

"""One version of the FAQ with the matcher that was trained on it."""

from dataclasses import dataclass
from pathlib import Path

from intents.faq.problems import FAQError, Problem
from intents.faq.schema import FAQ
from intents.load import check_file
from intents.matching.matcher import Matcher


@dataclass(frozen=True)
class Knowledge:
    """All that answers are made of; a reload replaces it as a whole."""

    faq: FAQ
    matcher: Matcher
    digest: str
    """Which version this is: the first 12 hex digits of the file's SHA-256."""
    problems: tuple[Problem, ...] = ()
    """The warnings of its check."""

    @classmethod
    def load(cls, path: Path) -> "Knowledge":
        """Read and check a FAQ file and train its matcher; raises FAQError."""
        checked = check_file(path)
        if checked.faq is None:
            raise FAQError(str(path), checked.problems)
        return cls(checked.faq, Matcher(checked.faq), checked.digest, checked.problems)

"""One version of the FAQ with the matcher that was trained on it."""

from dataclasses import dataclass
from pathlib import Path

from intents.faq.files import FAQFiles, main_file
from intents.faq.problems import FAQError, Problem
from intents.faq.schema import FAQ
from intents.load import CheckedFaq, check_file, check_files
from intents.matching.matcher import Matcher


@dataclass(frozen=True)
class Knowledge:
    """All that answers are made of; a reload replaces it as a whole."""

    faq: FAQ
    matcher: Matcher
    digest: str
    """Which version this is: the first 12 hex digits of its files' SHA-256."""
    problems: tuple[Problem, ...] = ()
    """The warnings of its check."""

    @classmethod
    def load(cls, path: Path, *, advice: bool = True) -> "Knowledge":
        """Read and check a FAQ, given its faq.yaml or the folder of it, and train its matcher; raises FAQError.

        Without advice the rules that only warn are left out, for a command that shows no warnings.
        """
        return cls._of(check_file(path, advice=advice), path)

    @classmethod
    def from_files(cls, files: FAQFiles) -> "Knowledge":
        """The same from files that are read already; raises FAQError."""
        return cls._of(check_files(files), files.path)

    @classmethod
    def _of(cls, checked: CheckedFaq, path: Path) -> "Knowledge":
        if checked.faq is None:
            raise FAQError(str(main_file(path)), checked.problems)
        return cls(checked.faq, Matcher(checked.faq), checked.digest, checked.problems)

"""Messages whose meaning is known: labelled files, and the FAQ's own questions."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from intents.errors import ExpectedError, os_error_reason
from intents.faq.schema import FAQ, OUT_OF_SCOPE

_NO_INTENT = "none"
"""What labelled files write for OUT_OF_SCOPE."""
_REQUIRED_COLUMNS = {"intent", "text"}


class CorpusError(ExpectedError):
    """A labelled file can't be used; one line in Chinese."""


@dataclass(frozen=True, slots=True)
class LabeledUtterance:
    """A message and what it means."""

    text: str
    intent: str
    """OUT_OF_SCOPE where none should answer."""
    also: tuple[str, ...] = ()
    """Other intents whose answer would serve as well."""
    style: str = ""
    """How it is written or what kind it is, where the file says so: plain, typo, story, mirror, …"""
    author: str = ""
    """Who wrote it; the file's name where the file doesn't say."""


def faq_utterances(faq: FAQ) -> list[LabeledUtterance]:
    """Every question of the FAQ with the intent that it stands under."""
    inside = [LabeledUtterance(question, intent.id) for intent in faq.intents for question in intent.questions]
    outside = faq.out_of_scope.questions if faq.out_of_scope else ()
    return [*inside, *(LabeledUtterance(question, OUT_OF_SCOPE) for question in outside)]


def read_labeled_utterances(path: Path) -> list[LabeledUtterance]:
    """Read a tab-separated file with labelled messages; raises CorpusError.

    Its header has `intent` and `text`, and may have `also` (ids apart by commas), `style` or `kind`, and `author`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_utterances(path, csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)))
    except OSError as error:
        raise CorpusError(f"{path} 打不开（{os_error_reason(error)}）；请检查路径") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} 不是 UTF-8 编码，请另存为 UTF-8") from error


def _utterances(path: Path, rows: "csv.DictReader[str]") -> Iterator[LabeledUtterance]:
    if not set(rows.fieldnames or ()) >= _REQUIRED_COLUMNS:
        raise CorpusError(f"{path} 第一行要写列名，用 Tab 隔开，至少有 intent 和 text")
    for row in rows:
        text, intent = row.get("text"), row.get("intent")
        if not text or not intent:
            raise CorpusError(f"{path}:{rows.line_num} 缺了 intent 或 text；请检查这一行的 Tab")
        also = tuple(each.strip() for each in (row.get("also") or "").replace(" ", ",").split(",") if each.strip())
        style, author = row.get("style") or row.get("kind") or "", row.get("author") or path.stem
        yield LabeledUtterance(text, OUT_OF_SCOPE if intent == _NO_INTENT else intent, also, style, author)

"""Splits a FAQ that is one file into faq.yaml and questions/, and makes sure that it says the same as before."""

from dataclasses import dataclass
from pathlib import Path

from intents.faq.edit import EditError
from intents.faq.files import FAQFiles
from intents.faq.problems import FAQError
from intents.faq.rewrite import exclusive_writer, replace
from intents.faq.schema import FAQ
from intents.faq.split import split_questions
from intents.load import check_files, read_faq_files


@dataclass(frozen=True, slots=True)
class SplitResult:
    """What was moved."""

    questions: int
    files: int
    lines_before: int
    lines_after: int
    """Of faq.yaml."""
    backup: Path


def split(path: Path) -> SplitResult | None:
    """Move every question of faq.yaml into questions/ID.txt; None where there is nothing to move.

    Raises FAQError for a FAQ with errors, EditError or RewriteError where it can't be done; then nothing is changed.
    """
    with exclusive_writer(path):
        before = read_faq_files(path)
        checked = check_files(before, advice=False)
        if checked.faq is None:
            raise FAQError(str(path), checked.problems)
        changes = split_questions(before)
        if not changes:
            return None
        texts = {name: text for name, text in changes.items() if name and text is not None}
        main = changes[""] or b""
        after = FAQFiles(path, main, dict(sorted({**before.questions, **texts}.items())))
        now = check_files(after, advice=False).faq
        if now is None or _content(now) != _content(checked.faq):
            raise EditError(
                "这份 faq.yaml 的写法太特别，拆开会改变内容，什么也没动；请先用编辑器把 questions 写成一行一条"
            )
        backup = replace(before, changes)
    moved = sum(len(intent.questions) for intent in now.intents)
    moved += len(now.out_of_scope.questions) if now.out_of_scope else 0
    return SplitResult(moved, len(texts), before.main.count(b"\n"), main.count(b"\n"), backup)


def _content(faq: FAQ) -> FAQ:
    """The FAQ without questions that stand twice in one intent, so that an interrupted split is finished."""
    intents = tuple(
        intent.model_copy(update={"questions": tuple(dict.fromkeys(intent.questions))}) for intent in faq.intents
    )
    outside = faq.out_of_scope
    if outside is not None:
        outside = outside.model_copy(update={"questions": tuple(dict.fromkeys(outside.questions))})
    return faq.model_copy(update={"intents": intents, "out_of_scope": outside})

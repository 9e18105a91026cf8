"""Brings many questions into a FAQ at once: judged together as `teach` judges one, and written all at once."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz, process

from intents.checks.slow import near_pairs
from intents.chinese.script import simplified
from intents.faq.edit import EditError
from intents.faq.files import FAQFiles
from intents.faq.problems import FAQError, quoted
from intents.faq.question_edit import question_edit
from intents.faq.rewrite import exclusive_writer, replace
from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.load import CheckedFaq, check_files, read_faq_files
from intents.matching.corpus import LabeledUtterance
from intents.matching.matcher import Match, Matcher
from intents.spreadsheet import SheetRow
from intents.teach import (
    TeachError,
    clean_question,
    find_harm,
    leads_to,
    not_understood_message,
    other_matter,
    refuse_unfit,
    shortened_questions,
)
from intents.topics import UnknownTopicError, topic_id, topic_name

ROUNDS = 8
"""After so many rounds of taking out what does harm, all questions of the topics that still do harm are taken out."""

Refusal = Callable[[str], str | None]
"""Why a question can't be taken, for reasons outside the FAQ; None where it can."""


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What became of a row."""

    row: SheetRow
    intent: str | None
    """The topic's id; None where there is none of that name."""
    reason: str = ""
    """Why it was refused; empty where it was taken."""


@dataclass(frozen=True)
class ImportResult:
    """What became of a table."""

    rows: tuple[ImportedRow, ...]
    files: tuple[str, ...]
    """The files that were written, as they are named beside faq.yaml."""
    backup: Path | None
    """The FAQ as it was before; None where nothing was written."""

    @property
    def taken(self) -> tuple[ImportedRow, ...]:
        """The rows that are in the FAQ now, or would be."""
        return tuple(each for each in self.rows if not each.reason)


def import_rows(
    path: Path,
    rows: Sequence[SheetRow],
    refusal: Refusal,
    corpus: Sequence[LabeledUtterance] = (),
    *,
    write: bool = True,
) -> ImportResult:
    """Take what can be taken of the rows; raises FAQError for a FAQ with errors, RewriteError, and then nothing is written."""
    with exclusive_writer(path):
        before = read_faq_files(path)
        checked = check_files(before)
        if checked.faq is None:
            raise FAQError(str(before.path), checked.problems)
        judged = _Judgement(before, checked, checked.faq, corpus)
        judged.sort_out(rows, refusal)
        judged.judge()
        changes = judged.changes() if write else {}
        backup = replace(before, changes) if changes else None
    files = tuple(before.told(name) if name else before.path.name for name in changes)
    return ImportResult(tuple(judged.results(rows)), files, backup)


@dataclass
class _Judgement:
    """The rows that are still to be taken, and why the others aren't."""

    before: FAQFiles
    checked: CheckedFaq
    faq: FAQ
    corpus: Sequence[LabeledUtterance]
    taken: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Topic and question by the position of the row."""
    refused: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    """Topic and reason by the position of the row."""
    _checked: tuple[int, CheckedFaq] | None = None
    """The files as they would be, checked, and with how many rows."""

    def sort_out(self, rows: Sequence[SheetRow], refusal: Refusal) -> None:
        """Refuse what needs no other row to be seen as wrong, and what stands twice."""
        known = {each.text: each for each in (self.checked.raw.questions if self.checked.raw else ())}
        seen: dict[str, int] = {}
        for position, row in enumerate(rows):
            question = clean_question(row.question)
            intent: str | None = None
            try:
                intent = self._topic(row)
                refuse_unfit(question)
                self._refuse_markup(intent, question)
            except (TeachError, EditError) as error:
                self.refused[position] = (intent, _bare(error))
                continue
            reason = row.wrong or refusal(question)
            if not reason and question in known:
                reason = f"已经有了，属于{topic_name(self.faq, known[question].intent)}"
            if not reason and question in seen:
                reason = f"和第 {seen[question]} 行是同一句"
            if reason:
                self.refused[position] = (intent, reason)
            else:
                seen[question] = row.number
                self.taken[position] = (intent, question)

    def _topic(self, row: SheetRow) -> str:
        if not row.topic:
            raise TeachError("没写话题")
        try:
            return topic_id(self.faq, row.topic)
        except UnknownTopicError as error:
            raise TeachError(str(error)) from error

    def _refuse_markup(self, intent: str, question: str) -> None:
        """Raise EditError for a question that its file can't hold."""
        if question.startswith("#") and self.before.questions:
            raise EditError(f"以“#”开头，会变成注释；请删去“#”（{topic_name(self.faq, intent)}）")

    def judge(self) -> None:
        """Take out what does harm, until nothing does."""
        while self.taken and (wrong := self._written_wrong() or self._near()):
            self._refuse(wrong)
        old = Matcher(self.faq)
        self._refuse(
            {
                position: f"{why}；看准了就单独用 youshu teach --force 教"
                for position, (intent, question) in self.taken.items()
                if (why := other_matter(self.checked, old, intent, question)) is not None
            }
        )
        for number in range(ROUNDS + 1):
            if not self.taken:
                return
            wrong = self._misunderstood(old, everything=number == ROUNDS)
            if not wrong:
                return
            self._refuse(wrong)

    def _refuse(self, wrong: Mapping[int, str]) -> None:
        for position, reason in wrong.items():
            if position in self.taken:
                self.refused[position] = (self.taken.pop(position)[0], reason)

    def _files(self) -> FAQFiles:
        """The files with all that is still to be taken."""
        files = self.before
        for intent, questions in self._by_topic().items():
            files = question_edit(files, intent, *questions).applied(files)
        return files

    def _by_topic(self) -> Mapping[str, list[str]]:
        by_topic: defaultdict[str, list[str]] = defaultdict(list)
        for intent, question in self.taken.values():
            by_topic[intent].append(question)
        return by_topic

    def _positions(self) -> Mapping[str, int]:
        return {question: position for position, (_, question) in self.taken.items()}

    def _after(self) -> CheckedFaq:
        if self._checked is None or self._checked[0] != len(self.taken):
            self._checked = len(self.taken), check_files(self._files(), advice=False)
        return self._checked[1]

    def _written_wrong(self) -> dict[int, str]:
        """What `check` calls an error, by position."""
        after, positions = self._after(), self._positions()
        if after.raw is None or after.faq is not None:
            return {}
        lines: dict[tuple[str, int], str] = {}
        for each in after.raw.questions:
            place = after.raw.document.place(each.path)
            lines[place.file, place.line] = each.text
        # Where an older question comes after a new one that is the same, the error names the older.
        same = {_letters(text): position for text, position in positions.items()}
        found: dict[int, str] = {}
        errors = [problem for problem in after.problems if problem.severity == "error"]
        for error in errors:
            text = lines.get((error.file, error.line), "")
            position = positions.get(text, same.get(_letters(text)))
            if position is not None:
                found[position] = f"{error.code} {error.message}；{error.remedy}"
        return found or dict.fromkeys(positions.values(), f"{errors[0].code} {errors[0].message}")

    def _near(self) -> dict[int, str]:
        """What is nearly another topic's question, by position."""
        after, positions = self._after(), self._positions()
        found: dict[int, str] = {}
        for first, second in near_pairs(after.raw) if after.raw else ():
            new, other = (second, first) if second.text in positions else (first, second)
            if new.text in positions:
                where = topic_name(self.faq, other.intent)
                found[positions[new.text]] = f"和{where}的{quoted(other.text)}几乎一样；请留在意思最近的那一边"
        return found

    def _misunderstood(self, old: Matcher, *, everything: bool) -> dict[int, str]:
        """What isn't understood as its topic, and what takes away another's question, by position."""
        after = self._after()
        if after.faq is None:
            raise FAQError(str(self.before.path), after.problems)
        new = Matcher(after.faq)
        found: dict[int, str] = {}
        for position, (intent, question) in self.taken.items():
            match = new.match(question)
            if not leads_to(match, intent):
                found[position] = not_understood_message(after.faq, match, intent).removeprefix("没有写：")
        if found and not everything:
            return found
        harm = find_harm(old, new, [*shortened_questions(self.faq), *self.corpus])
        for stolen, match in harm.stolen:
            for position in self._thieves(stolen, match, everything=everything):
                owner = topic_name(self.faq, stolen.intent)
                found.setdefault(position, f"会抢走{owner}的“{stolen.text}”；请换个更具体的说法")
        return found

    def _thieves(self, stolen: LabeledUtterance, match: Match, *, everything: bool) -> Iterable[int]:
        """The rows that took a message away: of those of the topic that has it now, the likest."""
        thief = match.intent or OUT_OF_SCOPE
        suspects = {position: text for position, (intent, text) in self.taken.items() if intent == thief}
        suspects = suspects or {position: text for position, (_, text) in self.taken.items()}
        if everything or not suspects:
            return suspects
        likest = process.extractOne(stolen.text, suspects, scorer=fuzz.ratio)
        return [likest[2]]

    def changes(self) -> dict[str, bytes | None]:
        """The files with what is taken, by name."""
        after = self._files()
        old = {"": self.before.main, **self.before.questions}
        new = {"": after.main, **after.questions}
        return {name: content for name, content in new.items() if old.get(name) != content}

    def results(self, rows: Sequence[SheetRow]) -> Iterable[ImportedRow]:
        """What became of each row, in order."""
        for position, row in enumerate(rows):
            if position in self.taken:
                yield ImportedRow(row, self.taken[position][0])
            else:
                yield ImportedRow(row, *self.refused[position])


def _letters(text: str) -> str:
    """What makes two questions the same."""
    return "".join(c for c in simplified(unicodedata.normalize("NFKC", text)).casefold() if c.isalnum())


def _bare(error: Exception) -> str:
    return str(error).removeprefix("没有写：")

"""Adds questions to a FAQ: into the file where its intent's questions are, whichever that is."""

from dataclasses import dataclass, replace

from intents.faq.edit import TextEdit, with_question, with_question_line
from intents.faq.files import FAQFiles, has_questions_folder
from intents.faq.question_files import SUFFIX
from intents.faq.reader import Value, parse_yaml
from intents.faq.schema import OUT_OF_SCOPE


@dataclass(frozen=True, slots=True)
class QuestionEdit:
    """A changed text and the file that it belongs to."""

    name: str
    """As in FAQFiles: home_visit.txt, or empty for faq.yaml."""
    file: str
    """The same as a problem names it: questions/home_visit.txt."""
    text: TextEdit

    @property
    def content(self) -> bytes:
        """What the file is to hold."""
        return self.text.text.encode("utf-8")

    def applied(self, files: FAQFiles) -> FAQFiles:
        """The files with the edit made."""
        if not self.name:
            return replace(files, main=self.content)
        questions = {**files.questions, self.name: self.content}
        return replace(files, questions=dict(sorted(questions.items())))


def question_edit(files: FAQFiles, intent: str, *new: str) -> QuestionEdit:
    """One more question, or more, of an intent that exists, or of OUT_OF_SCOPE; raises EditError or UnicodeDecodeError.

    They go into the intent's file in questions/ if there is one, else into its list in faq.yaml, else into a new file.
    """
    name = files.file_of(intent)
    main = files.main.decode("utf-8")
    if name is None and has_questions_folder(files.path) and not _has_list(main, intent):
        name = f"{intent}{SUFFIX}"
    if name is None:
        return QuestionEdit("", "", with_question(main, intent, *new))
    text = files.questions.get(name, b"").decode("utf-8")
    return QuestionEdit(name, files.told(name), with_question_line(text, *new))


def _has_list(main: str, intent: str) -> bool:
    """Whether faq.yaml itself lists questions of the intent."""
    value = parse_yaml(main.removeprefix("\ufeff")).value
    root = value if isinstance(value, dict) else {}
    listed = root.get("intents")
    entries: list[Value] = listed if isinstance(listed, list) else []
    owners = [each for each in entries if isinstance(each, dict) and each.get("id") == intent]
    owner = root.get(OUT_OF_SCOPE) if intent == OUT_OF_SCOPE else next(iter(owners), None)
    return isinstance(owner, dict) and bool(owner.get("questions"))

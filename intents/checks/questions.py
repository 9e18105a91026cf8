"""Questions: none is empty, none stands twice, and each intent has enough."""

import re
import unicodedata
from collections.abc import Iterator

from intents.checks.raw_faq import RawFaq, WrittenQuestion, sequence
from intents.chinese.script import simplified
from intents.faq.problems import Problem, quoted

_NO_WORD = re.compile(r"[\W_]+")
_PLAIN = re.compile("[\u4e00-\u9fff，。？！、]*")
_MARK = re.compile("[，。？！、]")


def duplicate_questions(raw: RawFaq) -> Iterator[Problem]:
    """The same question twice, however spaced or punctuated; in two intents, also in two scripts."""
    written = [_words(question.text) for question in raw.questions]
    # Converted in one call: one for each question would take as long as parsing the file.
    in_one_script = simplified("\n".join(written)).split("\n")
    first: dict[str, int] = {}
    first_of_intent: dict[tuple[str, str | None], int] = {}
    for number, (question, words) in enumerate(zip(raw.questions, written, strict=True)):
        if not words:
            message = f"问法{quoted(question.text)}里没有能辨认的字"
            yield raw.problem(question.path, "E-EMPTY-QUESTION", message, "请写成一句话，或删去")
            continue
        earlier = first_of_intent.setdefault((words, question.intent), number)
        if earlier == number:
            earlier = first.setdefault(in_one_script[number], number)
        # In one intent a question may stand in both scripts.
        same_intent = raw.questions[earlier].intent == question.intent
        if earlier != number and (not same_intent or written[earlier] == words):
            yield _twice(raw, raw.questions[earlier], question)


def _words(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return _MARK.sub("", text)
    return _NO_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def _twice(raw: RawFaq, first: WrittenQuestion, second: WrittenQuestion) -> Problem:
    line = raw.line_told(first.path, second.path)
    if first.intent == second.intent:
        message = f"{quoted(second.text)}和{line}是同一句"
        return raw.problem(second.path, "W-REPEATED-QUESTION", message, "请删去其一")
    if first.intent is None:
        message = f"{quoted(second.text)}在{line}的 out_of_scope 里也有"
        return raw.problem(second.path, "E-SCOPE-CLASH", message, "请想好归不归这里管，删去其一")
    message = f"{quoted(second.text)}已在{line}的“{first.intent}”里"
    return raw.problem(second.path, "E-DUP-QUESTION", message, "请删去其一")


def long_questions(raw: RawFaq) -> Iterator[Problem]:
    """A question so long that it is a story: it is matched by everything but what it asks."""
    most = raw.limits.question
    for question in raw.questions:
        if len(question.text) > most:
            message = f"这句问法有 {len(question.text)} 个字"
            yield raw.problem(question.path, "W-LONG-QUESTION", message, f"请只留下问的那一句，{most} 个字以内")


def enough_questions(raw: RawFaq) -> Iterator[Problem]:
    """Intents with too few questions, which are rarely found."""
    least = raw.limits.questions
    for index, intent in raw.intents:
        count = len(sequence(intent.get("questions")))
        if 0 < count < least:
            path = ("intents", index, "questions")
            message = f"只有 {count} 条问法"
            yield raw.problem(path, "W-FEW-QUESTIONS", message, f"请补到 {least} 条以上，写真的有人会问的", at_key=True)

"""One small function per rule of content, each yielding problems."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from intents.problems import Problem
from intents.reader import Document, Path
from intents.schema import FAQ, PARAMETER_REFERENCE, Answer, Basis, Intent, OutOfScope, Parameter


def content_problems(faq: FAQ, document: Document) -> Iterator[Problem]:
    """Every problem that a well-formed FAQ can still have."""
    for rule in (_duplicate_ids, _unknown_related, _unknown_parameters, _duplicate_questions):
        yield from rule(faq, document)


def schema_problems(error: ValidationError, document: Document) -> Iterator[Problem]:
    """Pydantic's findings in the operators' language, each at its place."""
    for detail in error.errors(include_url=False):
        yield _schema_problem(detail, document)


_KNOWN_KEYS = sorted(
    {key for model in (FAQ, Intent, Answer, Basis, Parameter, OutOfScope) for key in model.model_fields}
)


def _schema_problem(detail: ErrorDetails, document: Document) -> Problem:
    path: Path = tuple(detail["loc"])
    kind, name = detail["type"], str(path[-1]) if path else ""
    place = document.keys.get(path) if kind == "extra_forbidden" else None
    place = place or document.place(path)
    if kind == "extra_forbidden":
        close = get_close_matches(name, _KNOWN_KEYS, 1)
        remedy = f"你是不是想写“{close[0]}”" if close else "请删去这一行"
        return Problem(place.line, place.column, "E-UNKNOWN-KEY", f"没有“{name}”这一项", remedy)
    if kind == "missing":
        return Problem(place.line, place.column, "E-MISSING-KEY", f"缺少“{name}”这一项", f"请补上“{name}”")
    if detail["msg"].endswith("basis_form"):
        return Problem(
            place.line,
            place.column,
            "E-BASIS",
            "依据要写明法律和条号，或规定和文号",
            "请写 law 和 article，或 rule 和 document",
        )
    if kind in {"too_short", "string_too_short"} or detail["input"] is None:
        return Problem(place.line, place.column, "E-EMPTY-PART", f"“{name}”是空的", "请写上内容，或删去这一项")
    return Problem(place.line, place.column, "E-VALUE", f"“{name}”的值不对", "请对照 docs/operators.md 里这一项的写法")


def _duplicate_ids(faq: FAQ, document: Document) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, intent in enumerate(faq.intents):
        place = document.place(("intents", index, "id"))
        if intent.id in seen:
            message = f"编号“{intent.id}”在第 {seen[intent.id]} 行已经用过"
            yield Problem(place.line, place.column, "E-DUP-ID", message, "请换一个编号，或合并两条")
        seen.setdefault(intent.id, place.line)


def _unknown_related(faq: FAQ, document: Document) -> Iterator[Problem]:
    for index, intent in enumerate(faq.intents):
        for position, other in enumerate(intent.related):
            if other not in faq.by_id:
                place = document.place(("intents", index, "related", position))
                close = get_close_matches(other, faq.by_id, 1)
                remedy = f"你是不是想写“{close[0]}”" if close else "请改成已有话题的编号，或删去"
                yield Problem(place.line, place.column, "E-UNKNOWN-ID", f"related 里的“{other}”不存在", remedy)


def answer_texts(answer: Answer) -> Iterable[tuple[Path, str]]:
    """Each piece of an answer's text with its path inside the answer."""
    yield ("summary",), answer.summary
    for key in ("consequences", "rights", "steps"):
        for index, line in enumerate(getattr(answer, key) or ()):
            yield (key, index), line
    if answer.script is not None:
        yield ("script",), answer.script


def _unknown_parameters(faq: FAQ, document: Document) -> Iterator[Problem]:
    for index, intent in enumerate(faq.intents):
        for path, text in answer_texts(intent.answer):
            for name in PARAMETER_REFERENCE.findall(text):
                if name not in faq.parameters:
                    place = document.place(("intents", index, "answer", *path))
                    close = get_close_matches(name, faq.parameters, 1)
                    remedy = f"你是不是想写“{close[0]}”" if close else "请先在 parameters 里写上它和日期、出处"
                    yield Problem(place.line, place.column, "E-UNKNOWN-PARAMETER", f"没有参数“{name}”", remedy)


def _duplicate_questions(faq: FAQ, document: Document) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    listed: list[tuple[Path, str]] = [
        (("intents", index, "questions", position), question)
        for index, intent in enumerate(faq.intents)
        for position, question in enumerate(intent.questions)
    ]
    if faq.out_of_scope is not None:
        listed += [(("out_of_scope", "questions", n), q) for n, q in enumerate(faq.out_of_scope.questions)]
    for path, question in listed:
        place = document.place(path)
        if question in seen:
            message = f"“{question}”在第 {seen[question]} 行已经写过"
            yield Problem(place.line, place.column, "E-DUP-QUESTION", message, "请删去其一")
        seen.setdefault(question, place.line)

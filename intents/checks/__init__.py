"""The rules of content: a small function each, which yields problems."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter

from intents.checks import basis, dates, questions, references, values
from intents.checks.limits import ContentLimits
from intents.checks.raw_faq import RawFaq, Rule
from intents.checks.schema_errors import schema_problems
from intents.faq.problems import Problem

__all__ = ["RULES", "ContentLimits", "RawFaq", "Rule", "causes", "rule_problems", "schema_problems"]

RULES: tuple[Rule, ...] = (
    values.empty_values,
    values.silent_conversions,
    values.doubled_units,
    values.curly_quotes,
    values.cut_by_hash,
    values.several_lines,
    references.duplicate_ids,
    references.duplicate_titles,
    references.related_topics,
    references.parameter_references,
    references.cut_off,
    references.unused_parameters,
    references.hard_coded_values,
    references.duplicate_words,
    basis.article_form,
    basis.document_form,
    basis.law_name,
    dates.review_dates,
    dates.parameter_dates,
    questions.duplicate_questions,
    questions.enough_questions,
    questions.long_questions,
)
"""The rules of every load. Those that take longer, in `slow`, are for `youshu check`."""


def rule_problems(raw: RawFaq, *, advice: bool = True) -> Iterator[Problem]:
    """Every problem that the rules find in a file, whether or not it keeps to the schema."""
    for rule in (*RULES, *_advice()) if advice else RULES:
        yield from rule(raw)


def _advice() -> tuple[Rule, ...]:
    # Imported only now, because its patterns take long to compile and a load that skips advice doesn't need them.
    from intents.checks.advice import ADVICE  # noqa: PLC0415

    return ADVICE


_CONSEQUENCES: Mapping[str, frozenset[str]] = {
    "E-FULLWIDTH-COLON": frozenset({"E-EMPTY-PART", "E-MISSING-KEY", "E-BASIS"}),
    "E-FULLWIDTH-COMMA": frozenset({"E-MISSING-KEY", "E-BASIS"}),
    "E-BRACE": frozenset({"E-EMPTY-PART"}),
    "E-COLON": frozenset({"E-EMPTY-PART"}),
    "E-COMMA": frozenset({"E-EMPTY-PART"}),
    "E-ID": frozenset({"E-UNKNOWN-ID"}),
    "E-LOST-LINE": frozenset({"E-MISSING-KEY"}),
    "E-SPECIAL": frozenset({"W-HASH"}),
    "E-ANCHOR": frozenset({"E-EMPTY-PART", "E-ID", "E-UNKNOWN-ID"}),
    "E-CHARACTER": frozenset({"W-GARBLED"}),
    "E-WIDE-SPACE": frozenset({"W-INVISIBLE"}),
}
"""The codes that only follow from another problem on the same line."""


_PLACE_FIRST = attrgetter("file", "line", "column", "code", "message", "remedy")
"""Sorts problems as their comparison does."""


_FAR_CONSEQUENCES: Mapping[str, frozenset[str]] = {
    "E-CUT-OFF": frozenset(
        {"E-MISSING-KEY", "E-UNKNOWN-ID", "W-FEW-QUESTIONS", "W-LINES", "W-MISSING-PART", "W-UNUSED-PARAMETER"}
    ),
    "E-INDENT": frozenset({"W-FEW-QUESTIONS"}),
    "E-LOST-LINE": frozenset(
        {"E-MISSING-KEY", "E-UNKNOWN-ID", "W-LONG-ANSWER", "W-LONG-SUMMARY", "W-LONG-TITLE", "W-MISSING-PART"}
    ),
}
"""The codes that only follow from another problem anywhere in the file."""


def causes(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in order, without those that only follow from another one; what follows from far off is counted there."""
    found = sorted(set(problems), key=_PLACE_FIRST)  # with a key, because a hostile file has hundreds of thousands
    hidden = {(problem.file, problem.line, code) for problem in found for code in _CONSEQUENCES.get(problem.code, ())}
    told = [problem for problem in found if (problem.file, problem.line, problem.code) not in hidden]
    cause = next((problem for problem in told if problem.code in _FAR_CONSEQUENCES), None)
    if cause is None:
        return tuple(told)
    far = _FAR_CONSEQUENCES[cause.code]
    count = cause.consequences + sum(1 + problem.consequences for problem in told if problem.code in far)
    left = (problem for problem in told if problem.code not in far)
    return tuple(replace(cause, consequences=count) if problem is cause else problem for problem in left)

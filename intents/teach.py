"""Teach an intent one more question: judged against everything the FAQ already answers, then written."""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from intents.checks.slow import near_duplicates
from intents.errors import ExpectedError, reason
from intents.faq.edit import Edit, EditError, with_question
from intents.faq.problems import Problem
from intents.faq.rewrite import RewriteError, exclusive_writer, replace
from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.load import CheckedFaq, check_text
from intents.matching.corpus import LabeledUtterance, faq_utterances
from intents.matching.decide import OFFERED, Decision
from intents.matching.matcher import Match, Matcher

SHAKEN = 0.05
"""A score moves by less than this whatever question is added; what then changes its meaning stood on the border before."""

MAX_CHARACTERS = 120
"""Of one question: a longer one is a story, and a story matches by everything but its question."""
LONG_ENOUGH = 5
"""Characters from which on a question still says the same without its last one."""
SHOWN = 5
"""How many stolen questions a refusal names."""

_BREAKS = re.compile(r"[\s\u2028\u2029]+")


class TeachError(ExpectedError):
    """Not taught, and the file is as it was; Chinese, one reason a line."""


@dataclass(frozen=True, slots=True)
class TeachResult:
    """What came of it."""

    intent: str
    question: str
    line: int
    """Where it stands in the file, 1-based."""
    backup: Path
    """The file as it was before."""
    match: Match
    """How the question is understood now."""
    weakened: tuple[LabeledUtterance, ...] = ()
    """What was answered at once before and is asked back now, its own intent still first."""
    warnings: tuple[Problem, ...] = ()
    """What `check` now warns of and didn't before."""


def teach(path: Path, intent: str, question: str, corpus: Sequence[LabeledUtterance] = ()) -> TeachResult:
    """Add a question to an intent, named by its id or title (or to OUT_OF_SCOPE), in the file; raises TeachError.

    The file keeps every other byte, its mode and its link; a writer at the same time waits its turn.
    """
    question = _cleaned(question)
    try:
        with exclusive_writer(path) as target:
            before = target.read_bytes()
            edit, taught = _judged(before.decode("utf-8"), path.name, intent, question, corpus)
            backup = replace(target, before, edit.text.encode("utf-8"))
    except (EditError, RewriteError) as error:
        raise TeachError(str(error)) from error
    except UnicodeDecodeError as error:
        raise TeachError(f"{path.name} 不是 UTF-8 编码，请用编辑器另存为 UTF-8") from error
    except OSError as error:
        raise TeachError(f"{path.name} 打不开（{reason(error)}）；请检查路径和权限") from error
    return taught(backup)


def _judged(
    text: str, name: str, intent: str, question: str, corpus: Sequence[LabeledUtterance]
) -> tuple[Edit, Callable[[Path], TeachResult]]:
    checked = check_text(text)
    if checked.faq is None:
        raise TeachError(f"{name} 现在有错误，请先改好：\n{_listed(name, checked.problems)}")
    intent = _intent_id(checked.faq, intent)
    _refuse_unfit(question)
    _refuse_known(checked, question)
    edit = with_question(text, intent, question)
    after = check_text(edit.text)
    fresh = _fresh(checked, after, edit)
    if after.faq is None:
        raise TeachError(f"加上以后检查通不过，没有写：\n{_listed(name, fresh)}")
    _refuse_near(after, edit)
    old, new = Matcher(checked.faq), Matcher(after.faq)
    match = new.match(question)
    if not _reached(match, intent):
        raise TeachError(_unreachable(after.faq, match, intent))
    stolen, weakened = _harm(old, new, [*_shortened(checked.faq), *corpus])
    if stolen:
        raise TeachError(_theft(checked.faq, stolen))
    warnings = tuple(problem for problem in fresh if problem.severity == "warning")
    return edit, lambda backup: TeachResult(intent, question, edit.line, backup, match, tuple(weakened), warnings)


def _cleaned(question: str) -> str:
    """On one line, without what can't be seen: both come along when a message is copied."""
    visible = (c for c in _BREAKS.sub(" ", question) if unicodedata.category(c) not in {"Cc", "Cf"})
    return "".join(visible).strip()


def _intent_id(faq: FAQ, name: str) -> str:
    """The id of the intent that an operator names by its id or its title; raises TeachError."""
    if name == OUT_OF_SCOPE or name in faq.by_id:
        return name
    titles = {intent.title: intent.id for intent in faq.intents}
    if name in titles:
        return titles[name]
    close = next(iter(get_close_matches(name, [*faq.by_id, *titles], 1)), None)
    if close is None:
        raise TeachError(f"没有话题“{name}”，请对照 faq.yaml 里的 id 或 title")
    meant = _title(faq, titles[close]) if close in titles else f"“{close}”"
    raise TeachError(f"没有话题“{name}”，你是不是想写{meant}")


def _refuse_unfit(question: str) -> None:
    if not question:
        raise TeachError("问法是空的，请写上一句话")
    if len(question) > MAX_CHARACTERS:
        raise TeachError(f"这句话有 {len(question)} 个字，最多 {MAX_CHARACTERS} 个；请只留下问的那一句")


def _refuse_known(checked: CheckedFaq, question: str) -> None:
    """Refuse what the file already says, by the place where it stands now."""
    for known in checked.raw.questions if checked.raw else ():
        if known.text == question and checked.raw:
            owner = _title(checked.faq, known.owner)
            raise TeachError(f"“{question}”已经在第 {checked.raw.line_of(known.path)} 行，属于{owner}")


def _refuse_near(after: CheckedFaq, edit: Edit) -> None:
    """Refuse what no matcher could tell apart from another intent's question."""
    for problem in near_duplicates(after.raw) if after.raw else ():
        if problem.line == edit.line or f"第 {edit.line} 行" in problem.message:
            raise TeachError(f"没有写：{problem.message}；{problem.remedy}")


def _shortened(faq: FAQ) -> list[LabeledUtterance]:
    """The FAQ's questions without their last character.

    Word for word they would reach their intent whatever happens around them; so they are tried as nearly said.
    """
    return [
        dataclasses.replace(each, text=each.text[:-1]) for each in faq_utterances(faq) if len(each.text) >= LONG_ENOUGH
    ]


def _fresh(before: CheckedFaq, after: CheckedFaq, edit: Edit) -> list[Problem]:
    """The problems that came with the edit; the others have only moved down."""
    known = {(problem.line + edit.lines * (problem.line >= edit.line), problem.code) for problem in before.problems}
    return [problem for problem in after.problems if (problem.line, problem.code) not in known]


def _listed(name: str, problems: Sequence[Problem]) -> str:
    errors = [problem.line_for(name) for problem in problems if problem.severity == "error"]
    more = [f"……共 {len(errors)} 处错误"] if len(errors) > SHOWN else []
    return "\n".join([*errors[:SHOWN], *more])


def _reached(match: Match, intent: str) -> bool:
    """Whether a match leads to the intent: answered, or offered first. Out of scope: not answered."""
    if intent == OUT_OF_SCOPE:
        return match.decision is not Decision.ANSWER
    return match.decision is not Decision.FALLBACK and match.intent == intent


def _served(match: Match, intent: str) -> bool:
    """Whether who says it still gets there: it is answered, or stands among what is offered, in whatever place."""
    if match.decision is Decision.CLARIFY and intent != OUT_OF_SCOPE:
        return intent in [each.intent for each in match.candidates[:OFFERED]]
    return _reached(match, intent)


def _moved(before: Match, after: Match) -> float:
    """How much likelier what is now understood has become, or how much less likely what was, 0 to 1."""
    if after.intent is not None:
        return _score(after, after.intent) - _score(before, after.intent)
    return before.score - _score(after, before.intent)


def _score(match: Match, intent: str | None) -> float:
    return next((each.score for each in match.candidates if each.intent == intent), 0.0)


def _harm(
    old: Matcher, new: Matcher, known: Sequence[LabeledUtterance]
) -> tuple[list[tuple[LabeledUtterance, Match]], list[LabeledUtterance]]:
    """What was understood rightly and isn't any more, with how it is now; and what is only asked back now."""
    stolen, weakened = [], []
    for sentence in known:
        after, right = new.match(sentence.text), (sentence.intent, *sentence.also)
        lost = not any(_served(after, intent) for intent in right)
        if not lost and after.decision is not Decision.CLARIFY:
            continue
        before = old.match(sentence.text)
        if not any(_served(before, intent) for intent in right):
            continue
        if lost and _moved(before, after) < SHAKEN:
            continue
        if lost:
            stolen.append((sentence, after))
        elif before.decision is not Decision.CLARIFY:
            weakened.append(sentence)
    return stolen, weakened


def _title(faq: FAQ | None, intent: str | None) -> str:
    if intent is None or intent == OUT_OF_SCOPE:
        return "不归这里管的问题"
    found = faq.by_id.get(intent) if faq else None
    return f"“{found.title}”（{intent}）" if found else f"“{intent}”"


def _theft(faq: FAQ, stolen: Sequence[tuple[LabeledUtterance, Match]]) -> str:
    lines = [
        f"  “{sentence.text}”原来属于{_title(faq, sentence.intent)}，加上以后会变成{_title(faq, match.intent)}"
        for sentence, match in stolen[:SHOWN]
    ]
    more = [f"  ……共 {len(stolen)} 句"] if len(stolen) > SHOWN else []
    return "\n".join(
        ["没有写：这句话会抢走别的话题的问法。请换个更具体的说法，或先看看它该不该归那个话题：", *lines, *more]
    )


def _unreachable(faq: FAQ, match: Match, intent: str) -> str:
    if match.intent is not None:
        return f"没有写：加上以后，这句话仍会被当作{_title(faq, match.intent)}；请看看它是不是该教给那个话题"
    return f"没有写：加上以后，机器人还是听不懂这句话，答不到{_title(faq, intent)}；请写得完整些，带上关键的词"

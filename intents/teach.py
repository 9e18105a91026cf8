"""Teaches an intent one more question: tried against everything that the FAQ already answers, then written."""

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from intents.checks.raw_faq import RawFaq, WrittenQuestion
from intents.checks.slow import near_question
from intents.errors import ExpectedError, os_error_reason
from intents.faq.edit import EditError
from intents.faq.files import FAQFiles, read_files
from intents.faq.problems import Problem, quoted
from intents.faq.question_edit import QuestionEdit, question_edit
from intents.faq.rewrite import RewriteError, exclusive_writer, replace
from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.load import CheckedFaq, check_file, check_files, check_text
from intents.matching.corpus import LabeledUtterance, faq_utterances
from intents.matching.decide import Decision
from intents.matching.matcher import Match, Matcher
from intents.matching.shifts import may_differ, nearest_text
from intents.topics import UnknownTopicError, topic_id, topic_name

SCORE_NOISE = 0.05
"""Any new question moves scores by less than this; what changes its meaning by so little was undecided before."""

NOISY_MARGIN = 0.0055
"""A margin that moves by less moves no score by as much as SCORE_NOISE (thresholds.yaml: inverse_temperature, scope)."""
LIKE_OUTSIDE = -0.5
"""From this margin of the class out of scope on a question is like those; one that is like nothing has -1."""
OTHER_MATTER, HARDLY = 0.5, 0.05
"""A question that is out of scope with more than the one probability, and the intent's with less than the other, is another
matter: of 695 sentences in tests/corpus/{borders,dev,personas_dev}.tsv none that was right for its intent, of 200 out of
scope 160 (2026-11-30)."""

MAX_CHARACTERS = 120
"""A longer question is a story, and a story is matched by everything but its question."""
MIN_SHORTENED = 5
"""A question of at least so many characters means the same without its last one."""
LISTED = 5
"""How many errors or stolen questions a refusal names."""

_BREAKS = re.compile(r"[\s\u2028\u2029]+")


class TeachError(ExpectedError):
    """The question wasn't taught, and the file is as it was; Chinese, one reason a line."""


@dataclass(frozen=True, slots=True)
class TeachResult:
    """A question that was taught."""

    intent: str
    question: str
    line: int
    """Where it stands in the file, 1-based."""
    backup: Path
    """The FAQ as it was before."""
    match: Match
    """How the question is understood now."""
    weakened: tuple[LabeledUtterance, ...] = ()
    """What was answered at once before and is asked back now."""
    warnings: tuple[Problem, ...] = ()
    """What `check` now warns of and didn't before."""
    file: str = "faq.yaml"
    """The file that it was written into, as it is named beside faq.yaml."""


def teach(
    path: Path, intent: str, question: str, corpus: Sequence[LabeledUtterance] = (), *, force: bool = False
) -> TeachResult:
    """Add a question to an intent of the file, or to what is out of scope; raises TeachError.

    The file keeps every other byte, its mode and its link. Two processes that teach at once wait for each other.

    Args:
        path: the FAQ file.
        intent: the intent's id or title, or OUT_OF_SCOPE.
        question: the new question.
        corpus: messages that must go on being understood, beside the FAQ's own questions.
        force: also take a question that reads as another matter.
    """
    question = clean_question(question)
    try:
        with exclusive_writer(path):
            before = read_files(path)
            trial = _try(before, intent, question, corpus, force=force)
            backup = replace(before, {trial.edit.name: trial.edit.content})
    except (EditError, RewriteError) as error:
        raise TeachError(str(error)) from error
    except UnicodeDecodeError as error:
        name = next((p.line_for(path.name).split(":")[0] for p in check_file(path, advice=False).problems), path.name)
        raise TeachError(f"{name} 不是 UTF-8 编码，请用编辑器另存为 UTF-8") from error
    except OSError as error:
        name = Path(str(error.filename or path)).name
        raise TeachError(f"{name} 打不开（{os_error_reason(error)}）；请检查路径和权限") from error
    file = before.told(trial.edit.name) if trial.edit.name else path.name
    line = trial.edit.text.line
    return TeachResult(trial.intent, question, line, backup, trial.match, trial.weakened, trial.warnings, file)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A question that may be taught, with what it would change."""

    intent: str
    edit: QuestionEdit
    match: Match
    weakened: tuple[LabeledUtterance, ...]
    warnings: tuple[Problem, ...]


def _try(files: FAQFiles, intent: str, question: str, corpus: Sequence[LabeledUtterance], *, force: bool) -> _Trial:
    """Put the question into its file and see what that changes; raises TeachError, EditError or UnicodeDecodeError."""
    main, beside = files.texts()
    name = files.path.name
    before = check_text(main, beside)
    if before.faq is None:
        raise TeachError(f"{name} 现在有错误，请先改好：\n{_listed_errors(name, before.problems)}")
    intent = _intent_id(before.faq, intent)
    refuse_unfit(question)
    _refuse_duplicate(before, question)
    edit = question_edit(files, intent, question)
    after = check_files(edit.applied(files))
    new_problems = _new_problems(before, after, edit)
    if after.faq is None:
        raise TeachError(f"加上以后检查通不过，没有写：\n{_listed_errors(name, new_problems)}")
    _refuse_near_duplicate(after, question)
    with ThreadPoolExecutor(2) as pool:  # most of the training is in numpy, which leaves the other processor free
        old, new = pool.map(Matcher, (before.faq, after.faq))
    why = None if force else other_matter(before, old, intent, question)
    if why is not None:
        remedy = f"不归这里管就写 youshu teach {OUT_OF_SCOPE} …；看准了确实属于这个话题，再加 --force"
        raise TeachError(f"没有写：{why}。{remedy}")
    match = new.match(question)
    if not leads_to(match, intent):
        raise TeachError(not_understood_message(after.faq, match, intent))
    harm = find_harm(old, new, [*shortened_questions(before.faq), *corpus])
    if harm.stolen:
        raise TeachError(_theft_message(before.faq, harm.stolen))
    warnings = tuple(problem for problem in new_problems if problem.severity == "warning")
    return _Trial(intent, edit, match, harm.weakened, warnings)


def clean_question(question: str) -> str:
    """The question on one line, without invisible characters: both come along when a message is copied."""
    visible = (c for c in _BREAKS.sub(" ", question) if unicodedata.category(c) not in {"Cc", "Cf"})
    return "".join(visible).strip()


def _intent_id(faq: FAQ, name: str) -> str:
    """The id of the intent that an operator names by its id or its title; raises TeachError."""
    try:
        return topic_id(faq, name)
    except UnknownTopicError as error:
        raise TeachError(str(error)) from error


def refuse_unfit(question: str) -> None:
    """Raise TeachError for what is no question by its length."""
    if not question:
        raise TeachError("问法是空的，请写上一句话")
    if len(question) > MAX_CHARACTERS:
        raise TeachError(f"这句话有 {len(question)} 个字，最多 {MAX_CHARACTERS} 个；请只留下问的那一句")


def _refuse_duplicate(checked: CheckedFaq, question: str) -> None:
    """Refuse a question that the file has already, and say where."""
    for known in checked.raw.questions if checked.raw else ():
        if known.text == question and checked.raw:
            title = topic_name(checked.faq, known.intent)
            raise TeachError(f"“{question}”已经在{_place_of(checked.raw, known)}，属于{title}")


def _refuse_near_duplicate(after: CheckedFaq, question: str) -> None:
    """Refuse a question that no matcher could tell from another intent's."""
    other = near_question(after.raw, question) if after.raw else None
    if other is not None and after.raw:
        raise TeachError(
            f"没有写：{quoted(question)}和{_place_of(after.raw, other)}（{other.intent or OUT_OF_SCOPE}）的"
            f"{quoted(other.text)}几乎一样；请留在意思最近的那一边，或改得分得清"
        )


def _place_of(raw: RawFaq, question: WrittenQuestion) -> str:
    place = raw.document.place(question.path)
    return f"{f' {place.file} ' if place.file else ''}第 {place.line} 行"


def other_matter(before: CheckedFaq, old: Matcher, intent: str, question: str) -> str | None:
    """Why a question reads as one of those out of scope, and hardly as one of the intent's; None where it doesn't."""
    ranking = old.rank(question)
    own = next((each.score for each in ranking.candidates if each.intent == intent), 0.0)
    if intent == OUT_OF_SCOPE or ranking.out_of_scope <= OTHER_MATTER or own >= HARDLY or before.raw is None:
        return None
    if old.likeness_to_outside(question) < LIKE_OUTSIDE:
        return None  # It is new rather than another matter.
    outside = [each for each in before.raw.questions if each.intent is None]
    nearest = nearest_text(old, question, [each.text for each in outside])
    if nearest is None:
        return None
    like = outside[nearest]
    title = topic_name(before.faq, intent)
    return f"这句话读起来不像{title}，倒像不归这里管的{quoted(like.text)}（{_place_of(before.raw, like)}）"


def shortened_questions(faq: FAQ) -> list[LabeledUtterance]:
    """The FAQ's questions without their last character, so that they are matched by likeness.

    Word for word they would reach their intent whatever is taught.
    """
    return [
        dataclasses.replace(each, text=each.text[:-1])
        for each in faq_utterances(faq)
        if len(each.text) >= MIN_SHORTENED
    ]


def _new_problems(before: CheckedFaq, after: CheckedFaq, edit: QuestionEdit) -> list[Problem]:
    """The problems that came with the edit; the others have at most moved down."""
    first = edit.text.line - edit.text.added_lines + 1

    def place_after(problem: Problem) -> tuple[str, int, str]:
        moved = edit.text.added_lines if problem.file == edit.file and problem.line >= first else 0
        return problem.file, problem.line + moved, problem.code

    known = {*map(place_after, before.problems)}
    return [problem for problem in after.problems if (problem.file, problem.line, problem.code) not in known]


def _listed_errors(name: str, problems: Sequence[Problem]) -> str:
    errors = [problem.line_for(name) for problem in problems if problem.severity == "error"]
    more = [f"……共 {len(errors)} 处错误"] if len(errors) > LISTED else []
    return "\n".join([*errors[:LISTED], *more])


def leads_to(match: Match, intent: str) -> bool:
    """Whether the intent is answered or offered first; for OUT_OF_SCOPE, whether nothing is answered."""
    if intent == OUT_OF_SCOPE:
        return match.decision is not Decision.ANSWER
    return match.decision is not Decision.FALLBACK and match.intent == intent


def _serves(match: Match, intent: str) -> bool:
    """Whether somebody who means the intent gets there: it is answered, or among what is offered."""
    if match.decision is Decision.CLARIFY and intent != OUT_OF_SCOPE:
        return intent in match.offered
    return leads_to(match, intent)


def _score_shift(before: Match, after: Match) -> float:
    """How much likelier the intent that is now understood has become, or how much less likely the one before, 0 to 1."""
    if after.intent is not None:
        return _score(after, after.intent) - _score(before, after.intent)
    return before.score - _score(after, before.intent)


def _score(match: Match, intent: str | None) -> float:
    return next((each.score for each in match.candidates if each.intent == intent), 0.0)


@dataclass(frozen=True, slots=True)
class Harm:
    """What was understood rightly and isn't any more."""

    stolen: tuple[tuple[LabeledUtterance, Match], ...]
    """Lost to another intent or to none, with how it is understood now."""
    weakened: tuple[LabeledUtterance, ...]
    """Answered before and only offered now."""


def find_harm(old: Matcher, new: Matcher, known: Sequence[LabeledUtterance]) -> Harm:
    """What a new matcher does to messages whose meaning is known."""
    stolen, weakened = [], []
    moved = may_differ(old, new, [utterance.text for utterance in known], NOISY_MARGIN)
    for utterance in compress(known, moved):
        after, right = new.match(utterance.text), (utterance.intent, *utterance.also)
        lost = not any(_serves(after, intent) for intent in right)
        if not lost and after.decision is not Decision.CLARIFY:
            continue
        before = old.match(utterance.text)
        if not any(_serves(before, intent) for intent in right):
            continue
        if lost and _score_shift(before, after) < SCORE_NOISE:
            continue
        if lost:
            stolen.append((utterance, after))
        elif before.decision is not Decision.CLARIFY:
            weakened.append(utterance)
    return Harm(tuple(stolen), tuple(weakened))


def _theft_message(faq: FAQ, stolen: Sequence[tuple[LabeledUtterance, Match]]) -> str:
    lines = [
        f"  “{utterance.text}”原来属于{topic_name(faq, utterance.intent)}，加上以后会变成{topic_name(faq, match.intent)}"
        for utterance, match in stolen[:LISTED]
    ]
    more = [f"  ……共 {len(stolen)} 句"] if len(stolen) > LISTED else []
    return "\n".join(
        ["没有写：这句话会抢走别的话题的问法。请换个更具体的说法，或先看看它该不该归那个话题：", *lines, *more]
    )


def not_understood_message(faq: FAQ, match: Match, intent: str) -> str:
    """Why a question isn't taught that leads elsewhere all the same."""
    if match.intent is not None:
        return f"没有写：加上以后，这句话仍会被当作{topic_name(faq, match.intent)}；请看看它是不是该教给那个话题"
    return f"没有写：加上以后，机器人还是听不懂这句话，答不到{topic_name(faq, intent)}；请写得完整些，带上关键的词"

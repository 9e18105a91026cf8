"""What a change of the FAQ does to sentences: which get another answer than before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Decision
from intents.matching.matcher import Match, Matcher


class ChangeEffect(StrEnum):
    """Whether a change is for the better, as far as the sentence's label tells."""

    BETTER = "better"
    WORSE = "worse"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A sentence that is understood differently."""

    text: str
    before: Match
    after: Match
    verdict: ChangeEffect


@dataclass(frozen=True, slots=True)
class ContentChanges:
    """What else differs between two versions: intents by id."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    answers: tuple[str, ...]
    """Another answer text, or another title."""


def decision_changes(old: Matcher, new: Matcher, sentences: Iterable[LabeledUtterance]) -> Iterator[DecisionChange]:
    """The sentences whose decision or intent changes."""
    for sentence in sentences:
        before, after = old.match(sentence.text), new.match(sentence.text)
        if (before.decision, before.intent) != (after.decision, after.intent):
            was, now = _rank(before, sentence), _rank(after, sentence)
            verdict = ChangeEffect.BETTER if now > was else ChangeEffect.WORSE if now < was else ChangeEffect.OTHER
            yield DecisionChange(sentence.text, before, after, verdict)


def content_changes(old: FAQ, new: FAQ) -> ContentChanges:
    """Intents that came, went, or say something else."""
    return ContentChanges(
        tuple(key for key in new.by_id if key not in old.by_id),
        tuple(key for key in old.by_id if key not in new.by_id),
        tuple(key for key in new.by_id if key in old.by_id and _says(old, key) != _says(new, key)),
    )


def _rank(match: Match, sentence: LabeledUtterance) -> int:
    """How well a match serves the sentence: 2 right at once, 1 offered, 0 nothing, -1 a wrong answer."""
    wanted = {sentence.intent, *sentence.also}
    if match.decision is Decision.FALLBACK:
        return 2 if sentence.intent == OUT_OF_SCOPE else 0
    if match.decision is Decision.ANSWER:
        return 2 if match.intent in wanted else -1
    return 1 if wanted & {candidate.intent for candidate in match.candidates[:3]} else 0


def _says(faq: FAQ, key: str) -> tuple[object, ...]:
    intent = faq.by_id[key]
    answer = intent.answer
    lines = (answer.summary, *(answer.consequences or ()), *(answer.rights or ()), *(answer.steps or ()))
    filled = tuple(faq.fill(line) for line in (*lines, answer.script or ""))
    return (intent.title, filled, answer.basis, intent.related)

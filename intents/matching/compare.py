"""What a change of the FAQ does: which messages are understood differently, and what the answers say differently."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import compress

from intents.faq.schema import FAQ
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Decision
from intents.matching.evaluate import EvaluatedUtterance
from intents.matching.matcher import Match, Matcher
from intents.matching.shifts import may_differ


class ChangeEffect(StrEnum):
    """Whether a change is for the better, by the message's label."""

    BETTER = "better"
    WORSE = "worse"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A message that is understood differently."""

    text: str
    before: Match
    after: Match
    effect: ChangeEffect


@dataclass(frozen=True, slots=True)
class ContentChanges:
    """How the content of two versions differs: ids of intents."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reworded: tuple[str, ...]
    """With another answer text, title or related topics."""


def decision_changes(
    old: Matcher, new: Matcher, utterances: Iterable[LabeledUtterance], claimed: Collection[str] = ()
) -> Iterator[DecisionChange]:
    """The messages whose decision or intent changes.

    Args:
        old: the matcher before.
        new: the matcher after.
        utterances: messages with what they mean.
        claimed: texts that mean so only by the change itself: an answer to one out of nothing isn't called better.
    """
    listed = list(utterances)
    moved = may_differ(old, new, [utterance.text for utterance in listed])
    for utterance in compress(listed, moved):
        before, after = old.match(utterance.text), new.match(utterance.text)
        if (before.decision, before.intent) != (after.decision, after.intent):
            gain = _quality(EvaluatedUtterance(utterance, after)) - _quality(EvaluatedUtterance(utterance, before))
            effect = ChangeEffect.BETTER if gain > 0 else ChangeEffect.WORSE if gain < 0 else ChangeEffect.OTHER
            if effect is ChangeEffect.BETTER and before.decision is Decision.FALLBACK and utterance.text in claimed:
                effect = ChangeEffect.OTHER
            yield DecisionChange(utterance.text, before, after, effect)


def content_changes(old: FAQ, new: FAQ) -> ContentChanges:
    """The intents that came, went, or say something else."""
    return ContentChanges(
        tuple(key for key in new.by_id if key not in old.by_id),
        tuple(key for key in old.by_id if key not in new.by_id),
        tuple(key for key in new.by_id if key in old.by_id and _content(old, key) != _content(new, key)),
    )


def _quality(result: EvaluatedUtterance) -> int:
    """How well a decision serves: 2 right at once, 1 offered, 0 nothing offered, -1 a wrong answer."""
    if result.refused:
        return 0 if result.in_scope else 2
    if result.answered:
        return -1 if result.answered_wrong else 2
    return 1 if result.in_top3 else 0


def _content(faq: FAQ, key: str) -> tuple[object, ...]:
    """All that people read of an intent, with its parameters filled in."""
    intent = faq.by_id[key]
    answer = intent.answer
    lines = (answer.summary, *(answer.consequences or ()), *(answer.rights or ()), *(answer.steps or ()))
    filled = tuple(faq.fill(line) for line in (*lines, answer.script or ""))
    return (intent.title, filled, answer.basis, intent.related)

"""How well messages with known meaning are understood: accuracy, refusals, wrong answers, confusions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import OFFERED, Decision
from intents.matching.matcher import Match


@dataclass(frozen=True, slots=True)
class EvaluatedUtterance:
    """A labelled message and what it was understood to mean."""

    utterance: LabeledUtterance
    match: Match

    @property
    def in_scope(self) -> bool:
        """Whether some intent should answer."""
        return self.utterance.intent != OUT_OF_SCOPE

    @property
    def right_intents(self) -> frozenset[str]:
        """The intents whose answer would serve."""
        return frozenset((self.utterance.intent, *self.utterance.also))

    @property
    def best(self) -> str | None:
        """The best candidate, whatever was decided."""
        return self.match.candidates[0].intent if self.match.candidates else None

    @property
    def in_top1(self) -> bool:
        """The best candidate is right."""
        return self.best in self.right_intents

    @property
    def in_top3(self) -> bool:
        """One of the first three candidates is right."""
        return any(each.intent in self.right_intents for each in self.match.candidates[:OFFERED])

    @property
    def in_offered(self) -> bool:
        """One of those that would be offered to choose from is right."""
        return not self.right_intents.isdisjoint(self.match.offered)

    @property
    def one_tap(self) -> bool:
        """The right answer was given, or stands as a button: offered, or named beneath the answer."""
        return not self.right_intents.isdisjoint(self.match.shown)

    @property
    def all_shown(self) -> bool:
        """Every question of the message is answered or stands as a button."""
        return self.right_intents <= set(self.match.shown)

    @property
    def named_wrong(self) -> bool:
        """Beneath the answer something is named that wasn't asked."""
        return self.answered and not self.right_intents.issuperset(self.match.also_asked)

    @property
    def answered(self) -> bool:
        """An answer was given, right or wrong."""
        return self.match.decision is Decision.ANSWER

    @property
    def served(self) -> bool:
        """The right answer was given, or is one of those offered to choose from."""
        return self.in_top1 if self.answered else self.in_offered and self.match.decision is Decision.CLARIFY

    @property
    def answered_wrong(self) -> bool:
        """An answer was given, and it is a wrong one."""
        return self.answered and not self.in_top1

    @property
    def refused(self) -> bool:
        """Nothing was offered."""
        return self.match.decision is Decision.FALLBACK

    @property
    def asked_back(self) -> bool:
        """Several intents were offered to choose from."""
        return self.match.decision is Decision.CLARIFY

    @property
    def misunderstood(self) -> bool:
        """The best candidate is wrong, whatever was decided; out of scope only where it was answered."""
        return not self.in_top1 if self.in_scope else self.answered


@dataclass(frozen=True, slots=True)
class InScopeMetrics:
    """How the messages in scope fared; each but the count is a share of them, 0 to 1."""

    count: int
    top1: float
    """The best candidate is right."""
    top3: float
    """One of the first three candidates is right."""
    answered_right: float
    served: float
    """Answered right, or offered the right intent to choose."""
    wrong: float
    """Answered wrong."""
    refused: float
    """Offered nothing."""

    @classmethod
    def of(cls, results: Iterable[EvaluatedUtterance]) -> "InScopeMetrics":
        """The metrics of those results that are in scope; all 0 if there is none."""
        inside = [result for result in results if result.in_scope]

        def share(holds: Callable[[EvaluatedUtterance], bool]) -> float:
            return sum(map(holds, inside)) / len(inside) if inside else 0.0

        return cls(
            count=len(inside),
            top1=share(lambda result: result.in_top1),
            top3=share(lambda result: result.in_top3),
            answered_right=share(lambda result: result.answered and result.in_top1),
            served=share(lambda result: result.served),
            wrong=share(lambda result: result.answered_wrong),
            refused=share(lambda result: result.refused),
        )


@dataclass(frozen=True, slots=True)
class OutOfScopeMetrics:
    """How the messages out of scope fared; each but the count is a share of them, 0 to 1."""

    count: int
    kept_out: float
    """Not answered as if in scope."""
    refused: float
    """Told that this isn't the place."""

    @classmethod
    def of(cls, results: Iterable[EvaluatedUtterance]) -> "OutOfScopeMetrics":
        """The metrics of those results that are out of scope; all 0 if there is none."""
        outside = [result for result in results if not result.in_scope]
        count = len(outside) or 1
        kept_out = sum(not result.answered for result in outside) / count
        return cls(len(outside), kept_out, sum(result.refused for result in outside) / count)


def evaluate_utterances(
    match: Callable[[str], Match], utterances: Iterable[LabeledUtterance]
) -> list[EvaluatedUtterance]:
    """Every labelled message with what the matcher makes of it."""
    return [EvaluatedUtterance(utterance, match(utterance.text)) for utterance in utterances]


def by_intent(results: Sequence[EvaluatedUtterance]) -> dict[str, InScopeMetrics]:
    """The metrics of each intent's messages, the weakest intent first."""
    return _grouped(results, lambda result: result.utterance.intent)


def by_style(results: Sequence[EvaluatedUtterance]) -> dict[str, InScopeMetrics]:
    """The metrics of each style of writing, the weakest first; empty where no file names styles."""
    return _grouped([each for each in results if each.utterance.style], lambda result: result.utterance.style)


def confusions(results: Iterable[EvaluatedUtterance]) -> list[tuple[str, str, int]]:
    """Which intent was taken for which, and how often, most often first."""
    counts = Counter((result.utterance.intent, result.best or "") for result in results if result.misunderstood)
    return sorted(((right, best, count) for (right, best), count in counts.items()), key=lambda row: (-row[2], row))


def _grouped(
    results: Iterable[EvaluatedUtterance], key: Callable[[EvaluatedUtterance], str]
) -> dict[str, InScopeMetrics]:
    groups: defaultdict[str, list[EvaluatedUtterance]] = defaultdict(list)
    for result in results:
        if result.in_scope:
            groups[key(result)].append(result)
    metrics = {name: InScopeMetrics.of(group) for name, group in groups.items()}
    return dict(sorted(metrics.items(), key=lambda item: (item[1].top1, item[1].top3, item[0])))


MIRRORS = frozenset({"mirror", "near"})
"""Kinds of messages out of scope that use our words: another matter's, or those of loans that are no trouble."""
SEVERAL = "two"
"""The kind of messages that ask several things, all of which `intent` and `also` name."""
RANDOM = frozenset({"smalltalk", "assistant"})
"""Kinds of messages that anybody sends to any bot."""


@dataclass(frozen=True, slots=True)
class GoalMetrics:
    """The figures that understanding is judged by; None where a list has no message of that kind."""

    count: int
    """Messages in scope."""
    top1: float | None
    """The best candidate is right."""
    right: float | None
    """Answered right, without asking back."""
    served: float | None
    """The right answer was given or offered."""
    wrong: float | None
    """Answered wrong."""
    asked: float | None
    """Asked back."""
    refused: float | None
    """Offered nothing."""
    outside: int
    """Messages out of scope."""
    kept_out: float | None
    """Of those: not answered."""
    mirrors_kept_out: float | None
    """Of those of MIRRORS: not answered."""
    random_asked: float | None
    """Of those of RANDOM: asked back."""
    one_tap: float | None
    """Served, or the right one is named beneath the answer."""
    several: float | None
    """Of those of SEVERAL: every question is answered or stands as a button."""
    named_wrong: float | None
    """Of the others in scope: something that wasn't asked is named as asked too."""

    @classmethod
    def of(cls, results: Iterable[EvaluatedUtterance]) -> "GoalMetrics":
        """The figures of one author's messages or of one list."""
        listed = list(results)
        inside = [each for each in listed if each.in_scope]
        outside = [each for each in listed if not each.in_scope]
        mirrors = [each for each in outside if each.utterance.style in MIRRORS]
        anybody = [each for each in outside if each.utterance.style in RANDOM]
        return cls(
            count=len(inside),
            top1=_share(inside, lambda each: each.in_top1),
            right=_share(inside, lambda each: each.answered and each.in_top1),
            served=_share(inside, lambda each: each.served),
            wrong=_share(inside, lambda each: each.answered_wrong),
            asked=_share(inside, lambda each: each.asked_back),
            refused=_share(inside, lambda each: each.refused),
            outside=len(outside),
            kept_out=_share(outside, lambda each: not each.answered),
            mirrors_kept_out=_share(mirrors, lambda each: not each.answered),
            random_asked=_share(anybody, lambda each: each.asked_back),
            one_tap=_share(inside, lambda each: each.one_tap),
            several=_share([each for each in inside if each.utterance.style == SEVERAL], lambda each: each.all_shown),
            named_wrong=_share(
                [each for each in inside if each.utterance.style != SEVERAL], lambda each: each.named_wrong
            ),
        )


def _share(results: Sequence[EvaluatedUtterance], holds: Callable[[EvaluatedUtterance], bool]) -> float | None:
    return sum(map(holds, results)) / len(results) if results else None

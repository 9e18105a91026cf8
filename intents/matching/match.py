"""What a message was understood to mean, and the ranking that it was decided from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from intents.danger.detector import CRISIS
from intents.matching.decide import Candidate, Decision, DecisionReason, offered
from intents.matching.features import FloatArray
from intents.matching.several import ScoredClauses
from intents.matching.urgency import urgency_rank

MAX_CANDIDATES = 5
SMALL_TALK = frozenset({"about_bot", "greeting", "thanks"})
"""Intents that no question about a debt means."""
MOST_SHARED = 6.0
"""At most by so much the other scores grow where danger to life, which a message isn't, had a share."""
STRAY = 0.25
"""Below this score an intent of SMALL_TALK is noise, and isn't offered."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a message was understood to mean."""

    text: str
    decision: Decision
    intent: str | None
    """The best intent: what is answered, or the first that is offered; None on a fallback."""
    score: float
    candidates: tuple[Candidate, ...]
    """Up to MAX_CANDIDATES, best first, also on a fallback."""
    also_asked: tuple[str, ...] = ()
    """The intents of further questions in the same message, the most urgent first."""
    reason: DecisionReason = DecisionReason.SURE
    """Which rule decided."""
    beside: str | None = None
    """The intent that may have been meant instead, where the answer isn't sure: it is named beneath."""

    @property
    def offered(self) -> tuple[str, ...]:
        """The intents to choose from where it is asked back."""
        return tuple(each.intent for each in offered(self.candidates))

    @property
    def shown(self) -> tuple[str, ...]:
        """Every intent that a person sees: answered, named beneath the answer, or offered."""
        if self.decision is Decision.ANSWER:
            return tuple(filter(None, (self.intent, *self.also_asked, self.beside)))
        return self.offered if self.decision is Decision.CLARIFY else ()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a message finds, before anything is decided; arrays by intent, in the order of Matcher.intent_ids."""

    normalized: str
    """The message as it is compared; empty where no word is left."""
    margins: FloatArray
    scores: FloatArray
    """How likely each intent is; what they lack of 1 is that of a message about something else altogether."""
    none_margin: float
    """The margin of the questions out of scope."""
    known_share: float
    """How much of the message the FAQ's questions know, 0 to 1."""
    exact: tuple[str, ...] = ()
    """The classes that have the message word for word."""
    clauses: ScoredClauses | None = field(default=None, compare=False, repr=False)
    """The clauses of a message that asks something in one of several."""

    @property
    def in_scope(self) -> float:
        """How likely the message is about any of the intents, 0 to 1."""
        return float(self.scores.sum())

    @property
    def shares(self) -> FloatArray:
        """How likely each intent is if it is one of them; they add up to 1, or are all 0."""
        return self.scores / np.float32(self.in_scope or 1.0)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Intents with their scores, best first; the scores of all of them and out_of_scope add up to 1."""

    candidates: tuple[Candidate, ...]
    out_of_scope: float
    """The score of being none of the intents."""
    exact: bool = False
    """The message is a question of one intent of the FAQ, or out of scope, word for word."""
    normalized: str = ""
    """The message as it was compared."""
    clauses: ScoredClauses | None = field(default=None, compare=False, repr=False)
    """Those of the Look."""

    def without_stray(self) -> "Ranking":
        """The ranking of a message that isn't in danger, without what likeness alone put there: danger to life, small talk."""
        if self.exact:
            return self
        # What the message isn't is shared out among the others; one that is like hardly anything else stays unlike it.
        stray = next((each.score for each in self.candidates if each.intent == CRISIS), 0.0)
        inside = 1 - self.out_of_scope
        share = inside / max(inside - stray, inside / MOST_SHARED, 1e-9)
        scored = [
            # Most have none, and needn't be made again.
            Candidate(each.intent, round(each.score * share, 4)) if each.score else each
            for each in self.candidates
            if each.intent != CRISIS
        ]
        likely = tuple(each for each in scored if each.intent not in SMALL_TALK or each.score >= STRAY)
        dropped = sum(each.score for each in scored) - sum(each.score for each in likely)
        return Ranking(likely, min(1.0, self.out_of_scope + dropped), normalized=self.normalized)


def with_further_questions(
    best: Match, further: Sequence[Candidate], clear: Sequence[Candidate], *, best_is_clear: bool
) -> Match:
    """The match of a message with its further questions, of which those that are clear may be answered first.

    Args:
        best: the match of the whole.
        further: what else is asked.
        clear: those of them that a question says clearly by itself.
        best_is_clear: whether a question says the best intent clearly by itself, however the whole is shared between them.
    """
    if best.decision is Decision.ANSWER or (best.decision is Decision.CLARIFY and best_is_clear and clear):
        answerable = [best.candidates[0], *clear]
    elif len(clear) > 1:
        answerable = list(clear)
    elif best.decision is Decision.CLARIFY and further:
        first, *rest = best.candidates
        return replace(best, candidates=_without_repeats((first, *further, *rest))[:MAX_CANDIDATES])
    else:
        return best
    named = _without_repeats((*answerable, *further))
    if not named[1:]:
        return best
    # What only the whole message says is asked once: a clause that is like something more urgent is then part of it, no question beside it.
    whole_only = best.decision is Decision.ANSWER and not best_is_clear
    first = best.candidates[0] if whole_only else min(answerable, key=lambda each: urgency_rank(each.intent))
    others = sorted((each for each in named if each is not first), key=lambda each: urgency_rank(each.intent))
    return replace(
        best,
        decision=Decision.ANSWER,
        intent=first.intent,
        score=first.score,
        candidates=_without_repeats((first, *others, *best.candidates))[:MAX_CANDIDATES],
        also_asked=tuple(each.intent for each in others),
        reason=DecisionReason.SEVERAL_QUESTIONS,
        beside=best.beside if best.beside not in {each.intent for each in named} else None,
    )


def _without_repeats(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    first: dict[str, Candidate] = {}
    for each in candidates:
        first.setdefault(each.intent, each)
    return tuple(first.values())

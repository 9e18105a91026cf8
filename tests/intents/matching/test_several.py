"""What a message asks beside its best intent."""

from dataclasses import replace

import numpy as np

from intents.matching.several import FITTED, ScoredClauses, asked_beside

VISIT, EVIDENCE, FEES = range(3)
WHOLE = np.array([0.97, 0.02, 0.01], dtype=np.float32)
UNRELATED = np.zeros(3, dtype=np.bool_)


def clauses(*scores: tuple[float, float, float], asking: tuple[bool, ...] | None = None) -> ScoredClauses:
    count = len(scores)
    asks = np.array(asking if asking is not None else [True] * count, dtype=np.bool_)
    return ScoredClauses(np.array(scores, dtype=np.float32), asks, np.full(count, 10))


def named(scored: ScoredClauses) -> list[int]:
    return [each.intent for each in asked_beside(WHOLE, scored, UNRELATED, 20)]


def test_a_question_that_is_clear_by_itself_is_asked_too() -> None:
    [evidence] = asked_beside(WHOLE, clauses((0.9, 0, 0), (0, 0.95, 0)), UNRELATED, 20)
    assert (evidence.intent, evidence.leads) == (EVIDENCE, True)
    assert round(evidence.score, 2) == 0.95


def test_a_question_that_says_little_names_what_is_related() -> None:
    faint = clauses((0.9, 0, 0), (0, 0.15, 0))
    related = np.array([False, True, False])
    certain = replace(FITTED, named=0.0)
    alone, near = (asked_beside(WHOLE, faint, each, 20, certain)[0].probability for each in (UNRELATED, related))
    assert near > alone


def test_likeness_alone_puts_nothing_beside_an_answer() -> None:
    assert named(clauses((0.9, 0.01, 0.01), (0.02, 0.02, 0.02))) == []


def test_what_a_statement_tells_is_named_but_never_answered_first() -> None:
    [evidence] = asked_beside(WHOLE, clauses((0, 0.9, 0), (0.9, 0, 0), asking=(False, True)), UNRELATED, 20)
    assert (evidence.intent, evidence.leads) == (EVIDENCE, False)


def test_the_best_intent_is_not_named_again() -> None:
    assert named(clauses((0.9, 0, 0), (0.95, 0, 0))) == []


def test_a_message_of_one_clause_has_nothing_beside_it() -> None:
    assert not clauses((0.9, 0.5, 0)).has_several
    assert clauses((0.9, 0, 0), (0, 0.9, 0)).has_several

"""Which of several questions comes first."""

from itertools import pairwise

from intents.knowledge import Knowledge
from intents.matching.urgency import ORDINARY, urgency, urgency_rank


def test_every_intent_of_the_table_is_in_the_shipped_faq(shipped: Knowledge) -> None:
    assert urgency().keys() - {ORDINARY} <= shipped.faq.by_id.keys()


def test_a_deadline_comes_before_harm_and_a_fee_last() -> None:
    order = ["scam_loan", "lawsuit", "payment_safety", "home_visit", "evidence", "late_fees", "greeting"]
    assert all(urgency_rank(sooner) < urgency_rank(later) for sooner, later in pairwise(order))


def test_what_operators_add_is_ordinary() -> None:
    assert urgency_rank("ours_alone") == urgency_rank("evidence")

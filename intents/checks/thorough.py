"""What only `youshu check` asks of a FAQ: rules that compare or try every question, too slow for a load."""

from collections.abc import Iterator

from intents.checks.matching import ProgressTracker, near_questions, stolen_questions
from intents.faq.problems import Problem
from intents.load import CheckedFaq

SPOT_CHECKS = 10_000
"""At most so many questions are looked at for danger to life unless all are asked for: more would take longest of all."""


def thorough_problems(
    checked: CheckedFaq, track: ProgressTracker, *, most: int | None = SPOT_CHECKS
) -> Iterator[Problem]:
    """Problems that only trying the questions finds; none while the FAQ can't be used at all."""
    if checked.draft is None:
        return
    yield from near_questions(checked.draft, track)
    if checked.faq is not None:
        yield from stolen_questions(checked.draft, checked.faq, track, most=most)

"""Where a talk stands: written as text, and read back."""

from datetime import UTC, datetime

import pytest

from bot.crisis.state import CrisisState, Happening, Whose
from bot.messages import Part
from bot.talk.state import ConversationState


def test_a_talk_comes_back_as_it_was_written() -> None:
    talk = ConversationState(
        "home_visit",
        Part.RIGHTS,
        ("lawsuit",),
        ("i:a", "none"),
        ("a", "b"),
        2,
        outside=True,
        crisis=CrisisState(
            datetime(2026, 11, 30, tzinfo=UTC),
            Whose.OTHER,
            "father",
            happening=Happening.TOOK,
            said=("other_now.first.took",),
        ),
        voted=("x",),
    )
    assert ConversationState.from_json(talk.to_json()) == talk


@pytest.mark.parametrize("state", [None, "", '{"misses": "many"}', "[]"])
def test_where_nothing_is_kept_or_another_version_wrote_it_the_talk_starts_anew(state: str | None) -> None:
    assert ConversationState.from_json(state) == ConversationState()

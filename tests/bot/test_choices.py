"""Values of buttons: short text that says enough by itself, whoever sends it back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.choices import (
    KINDS,
    MAX_BYTES,
    AdminAction,
    AdminButton,
    CallOperator,
    CastVote,
    ChoiceError,
    ChoiceValue,
    CrisisAnswer,
    GiveReason,
    NoneOfThese,
    OpenGroup,
    OpenMenu,
    OpenSection,
    OpenTopic,
    decode,
    replaces_message,
)
from bot.messages import Part
from intents.faq.schema import Group

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
WORDS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
VALUES = st.one_of(
    st.builds(OpenTopic, NAMES),
    st.builds(OpenSection, NAMES, st.sampled_from(Part)),
    st.builds(CastVote, NAMES, st.sampled_from([CastVote.UP, CastVote.DOWN])),
    st.builds(GiveReason, NAMES, WORDS),
    st.builds(OpenGroup, st.sampled_from(Group), st.integers(1, 99)),
    st.builds(CrisisAnswer, WORDS),
    st.builds(AdminButton, st.sampled_from(AdminAction)),
    st.builds(AdminButton, st.sampled_from(AdminAction), WORDS, NAMES),
    st.sampled_from([OpenMenu(), NoneOfThese(), CallOperator()]),
)


@given(VALUES)
def test_a_choice_is_read_back_as_it_was_written(choice: ChoiceValue) -> None:
    value = choice.encode()
    assert decode(value) == choice
    assert value.isascii()
    assert len(value) <= MAX_BYTES


def test_the_longest_id_that_a_faq_may_have_fits() -> None:
    longest = "x" * 40
    for choice in (
        OpenSection(longest, Part.CONSEQUENCES),
        CastVote(longest, CastVote.DOWN),
        GiveReason(longest, "wrong"),
    ):
        assert len(choice.encode()) <= MAX_BYTES


@given(st.text())
def test_whatever_comes_back_is_a_choice_or_none(value: str) -> None:
    choice = decode(value)
    assert choice is None or type(choice) in KINDS
    assert isinstance(replaces_message(value), bool)


def test_what_no_channel_can_carry_is_refused_and_not_left_out_silently() -> None:
    with pytest.raises(ChoiceError, match="72 bytes"):
        AdminButton(AdminAction.TAKE, "web", "x" * 61).encode()


def test_a_section_that_is_no_part_leads_to_its_topic() -> None:
    assert decode("p:lawsuit:nonsense") == OpenTopic("lawsuit")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "i:",
        "p::rights",
        "g:nowhere",
        "g:collection:0",
        "g:collection:x",
        "menu:1",
        "v:lawsuit",
        "x:y",
        "a:",
        "a:nonsense",
    ],
)
def test_what_says_nothing_is_no_choice(value: str) -> None:
    assert decode(value) is None


def test_leafing_takes_the_place_of_the_message_and_a_new_topic_does_not() -> None:
    leafing = ["p:lawsuit:rights", "g:collection", "menu", "r:lawsuit:off", "a:misses", "a:send:x"]
    others = ["i:lawsuit", "v:lawsuit:up", "none", "call", "c:here", "a:take:web:1", "nonsense"]
    assert [replaces_message(value) for value in leafing + others] == [True] * len(leafing) + [False] * len(others)


def test_every_kind_has_a_prefix_of_its_own() -> None:
    assert len({kind.PREFIX for kind in KINDS}) == len(KINDS)
    assert all(kind.PREFIX for kind in KINDS)

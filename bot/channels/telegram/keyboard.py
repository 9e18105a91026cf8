"""The buttons under a message: under an answer they stay where they are while its parts are turned; pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot import choices
from bot.channels import render
from bot.channels.telegram import limits, wording
from bot.messages import Choice, Part, Reply
from bot.talk.answers import HEADINGS

ROW_WIDTH: Final = 18
"""Hanzi that fit into a row of buttons on a narrow phone, PADDING of them for the edges of each button."""
PADDING: Final = 2
MOST_UNDER_AN_ANSWER: Final = 8
"""More buttons than these push the answer off a phone's screen."""
MARK: Final = "✓"
"""Before the part that is shown."""

KEYBOARDS_REMEMBERED: Final = 256
"""There are about six for each topic; building one costs as much as finding what to answer."""

Rows = list[list[InlineKeyboardButton]]


@dataclass(frozen=True, slots=True)
class KeyboardContent:
    """All that a keyboard depends on."""

    choices: tuple[Choice, ...]
    intent: str | None = None
    part: Part | None = None
    copied: str | None = None
    """What a button copies, such as what to say to a collector."""

    @classmethod
    def of(cls, reply: Reply) -> "KeyboardContent":
        """What stands under a reply."""
        return cls(reply.choices, reply.intent, reply.part, _copied(reply))


def keyboard(reply: Reply) -> InlineKeyboardMarkup | None:
    """The buttons under a reply; None where there are none."""
    return build(KeyboardContent.of(reply))


@lru_cache(maxsize=KEYBOARDS_REMEMBERED)
def keyboard_json(content: KeyboardContent) -> str | None:
    """The keyboard as JSON, remembered: python-telegram-bot would serialise it anew for every message."""
    markup = build(content)
    return markup.to_json() if markup is not None else None


def build(content: KeyboardContent) -> InlineKeyboardMarkup | None:
    """The rows of a keyboard: an answer's in their fixed places, others by kind."""
    fitting = render.choices_within(content.choices, limits.LIMITS)
    rows = _answer_rows(content, fitting) if _is_answer(content) else _rows_by_kind(fitting)
    return InlineKeyboardMarkup(rows) if rows else None


def _is_answer(content: KeyboardContent) -> bool:
    shown = (choices.decode(choice.value) for choice in content.choices)
    return content.intent is not None and any(
        isinstance(value, choices.OpenSection) and value.intent == content.intent for value in shown
    )


def _answer_rows(content: KeyboardContent, fitting: Sequence[Choice]) -> Rows:
    """The parts on top, always all of them; then the way back or what is related; votes at the bottom."""
    parts, back, urgent, votes, topics = _sorted_out(content, fitting)
    copied = [_copy_button(content.copied)] if content.copied is not None else []
    left = MOST_UNDER_AN_ANSWER - len(parts) - len(urgent) - len(copied)
    middle = [_button(choice) for choice in back[: max(left, 0)]]
    left -= len(middle)
    shown_votes = votes if len(votes) <= left - (0 if middle else 1) else []
    left -= len(shown_votes)
    related = topics[: max(left, 0)]
    rows = _even(parts, widest=max(len(label) for label in HEADINGS.values()) + len(MARK))
    rows.extend([_button(choice)] for choice in urgent)
    if middle or copied:
        rows.append([*middle, *copied])
    rows.extend(_rows(related) if related else [])
    rows.extend(_rows(shown_votes) if shown_votes else [])
    return rows


def _sorted_out(
    content: KeyboardContent, fitting: Sequence[Choice]
) -> tuple[list[InlineKeyboardButton], list[Choice], list[Choice], list[Choice], list[Choice]]:
    """The choices under an answer: its parts with the one shown marked, the way back, what is urgent, votes, topics."""
    parts: dict[Part, InlineKeyboardButton] = {}
    back: list[Choice] = []
    urgent: list[Choice] = []
    votes: list[Choice] = []
    topics: list[Choice] = []
    for choice in fitting:
        match choices.decode(choice.value):
            case choices.OpenSection(intent=content.intent, part=part):
                parts[part] = _button(choice)
            case choices.OpenTopic(intent=content.intent):
                back.append(choice)
            case choices.CastVote():
                votes.append(choice)
            case choices.OpenTopic():
                topics.append(choice)
            case _:
                urgent.append(choice)
    if content.part in HEADINGS and content.intent is not None:
        # Tapped again, the part that is shown gives way to the short form.
        label = MARK + HEADINGS[content.part]
        value = choices.OpenTopic(content.intent).encode()
        parts[content.part] = InlineKeyboardButton(label, callback_data=value)
    return [parts[part] for part in HEADINGS if part in parts], back, urgent, votes, topics


def _copied(reply: Reply) -> str | None:
    """The words to say, where they are shown and a button can copy them."""
    if reply.part is not Part.SCRIPT or not reply.sections:
        return None
    text = "\n".join(reply.sections[-1].lines)
    return text if 0 < render.utf16_units(text) <= limits.COPIED_CHARACTERS else None


def _copy_button(text: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(wording.COPY_SCRIPT, copy_text=CopyTextButton(text))


def _button(choice: Choice) -> InlineKeyboardButton:
    return InlineKeyboardButton(choice.label, callback_data=choice.value)


def _rows_by_kind(fitting: Sequence[Choice]) -> Rows:
    """Those of one kind together."""
    rows: Rows = []
    for _, kind in groupby(fitting, lambda choice: choice.value.partition(":")[0]):
        rows.extend(_rows(kind))
    return rows


def _rows(kind: Iterable[Choice]) -> Rows:
    """Even rows: as many columns as the widest label allows."""
    buttons = [_button(choice) for choice in kind]
    return _even(buttons, widest=max(len(button.text) for button in buttons))


def _even(buttons: Sequence[InlineKeyboardButton], *, widest: int) -> Rows:
    columns = max(1, min(ROW_WIDTH // (widest + PADDING), limits.KEYBOARD_ROW_BUTTONS))
    return [[*buttons[start : start + columns]] for start in range(0, len(buttons), columns)]

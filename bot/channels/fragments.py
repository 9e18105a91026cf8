"""What somebody writes in several messages: when the next one belongs to the last; pure functions.

A channel holds a message that looks unfinished for JOIN_SECONDS and hands the talk what came as one text. What is clear by itself isn't
held, and danger to life never is. A channel whose vendor wants an answer sooner holds for less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

JOIN_SECONDS: Final = 1.5
"""What comes within it belongs together."""
LONGEST_HOLD: Final = 4 * JOIN_SECONDS
"""How long the first of several may be held in all."""

Expects = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class MessageReader:
    """What a channel asks of a text before it hands it to the talk."""

    in_danger: Callable[[str], bool]
    """Whether it says that a life is in danger."""
    expects_more: Expects
    """Whether its writer seems to go on in the next message."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One message as it came in."""

    text: str
    at: float
    """When, in seconds on the clock that the channel uses."""


def joined(fragments: Sequence[Fragment]) -> str:
    """What several messages say together."""
    return "\n".join(fragment.text for fragment in fragments)


def run_length(fragments: Sequence[Fragment], expects_more: Expects, seconds: float = JOIN_SECONDS) -> int:
    """How many from the first on belong together: each expects more, and the next came in time."""
    length = 1
    while length < len(fragments) and goes_on(fragments[length - 1], fragments[length], expects_more, seconds):
        length += 1
    return length


def goes_on(before: Fragment, after: Fragment, expects_more: Expects, seconds: float = JOIN_SECONDS) -> bool:
    """Whether the second of two messages in a row belongs to the first."""
    return after.at - before.at <= seconds and expects_more(before.text)


def held_until(fragments: Sequence[Fragment], expects_more: Expects, seconds: float = JOIN_SECONDS) -> float:
    """Until when to wait for the next message after these, which belong together; at once if the last says all."""
    first, last = fragments[0], fragments[-1]
    if not expects_more(last.text):
        return last.at
    return min(last.at + seconds, first.at + LONGEST_HOLD)

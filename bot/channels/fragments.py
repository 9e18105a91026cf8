"""What somebody writes in several messages: when the next one belongs to the last.

A channel holds a message that looks unfinished for JOIN_SECONDS and hands the talk what came as one text. What is clear by itself isn't
held, and danger to life never is. A channel whose vendor wants an answer sooner holds for less.
"""

import asyncio
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
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
    stands_alone: Callable[[str], bool]
    """Whether it never goes on with the one before: a number, a command."""


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


def _never(_: str) -> bool:
    return False


NEVER: Final = MessageReader(in_danger=_never, expects_more=_never, stands_alone=_never)
"""Takes every message for complete."""


@dataclass(eq=False, slots=True)
class HeldMessage:
    """A message that may wait for the next, with those before it that it goes on with."""

    person: Hashable
    fragments: Sequence[Fragment]
    first_came: float
    """When the first of them came; monotonic seconds."""
    until: float
    """How long to wait for the next; monotonic seconds."""
    went_on: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when it needn't wait any more: whether a later message has taken these along."""


class FragmentJoiner:
    """Joins what somebody writes in several messages, for a channel that answers each in a task of its own.

    held = joiner.add(person, text)          in the order in which messages come
    text = await joiner.wait(held)           None: a later message says it too
    """

    def __init__(self, reader: MessageReader = NEVER, join_seconds: float = JOIN_SECONDS) -> None:
        self._reader = reader
        self._seconds = join_seconds
        self._held: dict[Hashable, HeldMessage] = {}

    def add(self, person: Hashable, text: str, at: float | None = None, *, live: bool = True) -> HeldMessage:
        """Take a message, which goes on with the one before if that waits for it.

        Args:
            person: who wrote it.
            text: what it says.
            at: when it was written, in seconds on any clock that all of a person's messages go by; None: now.
            live: whether its writer may be writing on; of what comes late, only what has come with it belongs to it.
        """
        now = time.monotonic()
        fragment = Fragment(text, now if at is None else at)
        before = self._held.pop(person, None)
        held = HeldMessage(person, (fragment,), now, now)
        if before is not None:
            goes_with = not self._reader.stands_alone(text) and goes_on(
                before.fragments[-1], fragment, self._reader.expects_more, JOIN_SECONDS
            )
            before.went_on.set_result(goes_with)
            if goes_with:
                held = HeldMessage(person, (*before.fragments, fragment), before.first_came, now)
        held.until = min(now + self._seconds, held.first_came + LONGEST_HOLD) if live else now
        unfinished = self._seconds > 0 and self._reader.expects_more(text)
        if unfinished and not self._reader.in_danger(joined(held.fragments)):
            self._held[person] = held
        else:
            held.went_on.set_result(False)
        return held

    async def wait(self, held: HeldMessage) -> str | None:
        """What a message says together with those before it, once nothing more belongs to it; None where a later one takes it along."""
        if not held.went_on.done():
            await asyncio.wait({held.went_on}, timeout=max(0.0, held.until - time.monotonic()))
        if not held.went_on.done():
            self.release(held.person)
        return None if held.went_on.result() else joined(held.fragments)

    def release(self, person: Hashable) -> None:
        """Let what is held of somebody be answered now: what they do next doesn't go on with it."""
        held = self._held.pop(person, None)
        if held is not None:
            held.went_on.set_result(False)

    def release_all(self) -> None:
        """Let everything be answered now, before a stop."""
        for person in [*self._held]:
            self.release(person)

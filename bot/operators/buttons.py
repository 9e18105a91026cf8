"""The buttons of operators: what each does, and the text in which a channel hands it back."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

VALUE_PREFIX = "a:"
"""What every value of an operator's button begins with; no value of anybody else's does."""


class AdminAction(StrEnum):
    """What a button does; the value is what the button's own begins with."""

    MISSES = "a:misses"
    """Show what wasn't understood."""
    MISS = "a:miss"
    """Show one miss: KEY."""
    TEACH = "a:teach"
    """Teach a miss to an intent: KEY:INTENT."""
    SEND = "a:send"
    """Send the draft of a broadcast: KEY."""
    DISCARD = "a:drop"
    """Forget the draft of a broadcast: KEY."""
    TAKE = "a:take"
    """Take somebody's talk: CHANNEL:USER."""


@dataclass(frozen=True, slots=True)
class AdminButton:
    """One button of an operator."""

    action: AdminAction
    key: str = ""
    detail: str = ""

    def encode(self) -> str:
        """The value, as `a:teach:KEY:INTENT`."""
        return ":".join((self.action, *((self.key,) if self.key else ()), *((self.detail,) if self.detail else ())))

    @classmethod
    def decode(cls, value: str) -> Self | None:
        """The button that has this value; None where no button of today has it."""
        letter, _, rest = value.partition(":")
        verb, _, rest = rest.partition(":")
        key, _, detail = rest.partition(":")
        try:
            return cls(AdminAction(f"{letter}:{verb}"), key, detail)
        except ValueError:
            return None

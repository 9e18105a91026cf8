"""What a conversation needs of operators who can take it over; bot.operators.handoff.Handoffs does it."""

from dataclasses import dataclass
from typing import Protocol

from bot.messages import ChatIdentity, Incoming, Reply
from bot.store.turns import TurnContext


@dataclass(frozen=True, slots=True)
class Relay:
    """What became of a message where an operator may be in the talk."""

    relayed: bool = False
    """It went to the other side, or was meant to: the bot says nothing of its own."""
    notice: Reply | None = None
    """What its sender is told."""


class HandoffDesk(Protocol):
    """Where people are handed to operators and back."""

    def has_staff(self, person: ChatIdentity) -> bool:
        """Whether an operator could talk with this person."""
        ...

    async def relay(self, incoming: Incoming, context: TurnContext) -> Relay:
        """Pass a message on if an operator is in the talk."""
        ...

    async def end(self, person: ChatIdentity) -> None:
        """End the talk with an operator that this person is in, on either side, and tell the other. Raises StoreError."""
        ...

    async def call(self, person: ChatIdentity) -> bool:
        """Tell the operators that somebody wants a human; whether at least one was reached."""
        ...

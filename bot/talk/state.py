"""Where one talk stands: what the next message is understood from. No word that anybody wrote."""

from dataclasses import dataclass, replace
from functools import cache

from pydantic import TypeAdapter, ValidationError

from bot.crisis.state import CrisisState
from bot.messages import Part

TRAIL = 4
"""How many topics 「返回」 can go back."""
VOTED = 20
"""How many answers a talk remembers as voted on; the votes themselves are in their own table."""


@dataclass(frozen=True, slots=True)
class ConversationState:
    """Where one talk stands."""

    intent: str | None = None
    """The intent answered last: the topic."""
    part: Part | None = None
    """The part of it shown last; None after its short form."""
    trail: tuple[str, ...] = ()
    """The topics before it, the latest last."""
    offered: tuple[str, ...] = ()
    """The values of the choices offered last, in order, so that a number picks one."""
    asked: tuple[str, ...] = ()
    """The intents between which the person was asked to choose; empty when nothing is being asked."""
    misses: int = 0
    """How many messages in a row got no answer."""
    outside: bool = False
    """The last message was none of this bot's business, so 「那微粒贷呢」 isn't either."""
    crisis: CrisisState | None = None
    """Where it stands when there has been danger to life."""
    voted: tuple[str, ...] = ()
    """The intents whose answer the person has voted on."""
    message_id: str = ""
    """That of the message answered last, where its channel sends it again if no answer comes."""
    before: "ConversationState | None" = None
    """Where the talk stood before that message."""

    def about(self, intent: str, part: Part | None) -> "ConversationState":
        """The talk after an answer: the topic moves, what was unclear is settled."""
        trail = self.trail
        if self.intent is not None and self.intent != intent:
            trail = (*(each for each in trail if each != self.intent), self.intent)[-TRAIL:]
        return replace(self, intent=intent, part=part, trail=trail, asked=(), misses=0, outside=False)

    @property
    def in_crisis(self) -> bool:
        """Whether a life is in danger in this talk and that isn't over."""
        return self.crisis is not None and not self.crisis.over

    @property
    def bare(self) -> "ConversationState":
        """The same without the last message."""
        return replace(self, message_id="", before=None)

    def to_json(self) -> str:
        """The form in which it is stored."""
        return _adapter().dump_json(self, exclude_defaults=True).decode()

    @classmethod
    def from_json(cls, state: str | None) -> "ConversationState":
        """The stored form read back; a new talk where nothing is stored, or another version wrote it."""
        if state is None:
            return cls()
        try:
            return _adapter().validate_json(state)
        except ValidationError:
            return cls()


@cache
def _adapter() -> TypeAdapter[ConversationState]:
    return TypeAdapter(ConversationState)

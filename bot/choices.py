"""The values of buttons: one dataclass for each kind, written as short text and read back."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from typing_extensions import override

from bot.messages import Part
from intents.faq.schema import Group

MAX_BYTES = 64
"""Of a value (https://core.telegram.org/bots/api#inlinekeyboardbutton, callback_data); no channel carries more."""


_PAGE = re.compile("[1-9][0-9]?")


class ChoiceError(ValueError):
    """A choice whose value no channel can carry."""


@dataclass(frozen=True, slots=True)
class ChoiceValue:
    """What a button does when it is tapped; enough by itself to go on after a restart."""

    PREFIX: ClassVar[str] = ""
    """What the written value begins with."""
    replaces_message: ClassVar[bool] = False
    """The reply turns a page: a channel that can shows it in place of the message with the button."""

    def encode(self) -> str:
        """The value as text: the prefix and the fields apart by colons; raises ChoiceError above MAX_BYTES."""
        # Not astuple(), which copies each field deeply, nor fields(), which looks for them anew: a reply has some ten of these.
        names: tuple[str, ...] = self.__match_args__
        value = ":".join([self.PREFIX, *(str(getattr(self, name)) for name in names)])
        if len(value.encode()) > MAX_BYTES:
            raise ChoiceError(f"a choice of {len(value.encode())} bytes")
        return value

    @classmethod
    def from_fields(cls, *fields: str) -> "Self | OpenTopic | None":
        """The choice with these fields as text; None where they say nothing."""
        return cls(*fields) if all(fields) else None


@dataclass(frozen=True, slots=True)
class OpenTopic(ChoiceValue):
    """Show the short form of an answer."""

    PREFIX: ClassVar[str] = "i"
    intent: str


@dataclass(frozen=True, slots=True)
class OpenSection(ChoiceValue):
    """Show one part of an answer in full."""

    PREFIX: ClassVar[str] = "p"
    replaces_message: ClassVar[bool] = True
    intent: str
    part: Part

    @classmethod
    @override
    def from_fields(cls, *fields: str) -> "OpenSection | OpenTopic | None":
        """The section; its topic where the part isn't one."""
        intent, part = fields
        if not intent:
            return None
        return cls(intent, Part(part)) if part in set(Part) else OpenTopic(intent)


@dataclass(frozen=True, slots=True)
class CastVote(ChoiceValue):
    """Say whether an answer was useful."""

    PREFIX: ClassVar[str] = "v"
    UP: ClassVar[str] = "up"
    DOWN: ClassVar[str] = "down"
    intent: str
    vote: str
    """UP or DOWN."""

    @property
    def useful(self) -> bool:
        """Whether the answer was."""
        return self.vote != self.DOWN


@dataclass(frozen=True, slots=True)
class GiveReason(ChoiceValue):
    """Say why an answer was of no use."""

    PREFIX: ClassVar[str] = "r"
    replaces_message: ClassVar[bool] = True
    intent: str
    reason: str
    """A key of bot.talk.wording.REASONS."""


@dataclass(frozen=True, slots=True)
class OpenGroup(ChoiceValue):
    """Show the topics of a group, a page of them at a time."""

    PREFIX: ClassVar[str] = "g"
    replaces_message: ClassVar[bool] = True
    group: Group
    page: int = 1

    @override
    def encode(self) -> str:
        """As every choice, the first page without its number."""
        return ChoiceValue.encode(self).removesuffix(":1")

    @classmethod
    @override
    def from_fields(cls, *fields: str) -> "OpenGroup | None":
        """The group; None where there is no such group or page."""
        group, page = fields
        if group not in set(Group) or not _PAGE.fullmatch(page or "1"):
            return None
        return cls(Group(group), int(page or "1"))


@dataclass(frozen=True, slots=True)
class OpenMenu(ChoiceValue):
    """Show the groups of topics."""

    PREFIX: ClassVar[str] = "menu"
    replaces_message: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class NoneOfThese(ChoiceValue):
    """None of the topics that were offered is meant."""

    PREFIX: ClassVar[str] = "none"


@dataclass(frozen=True, slots=True)
class CallOperator(ChoiceValue):
    """Ask for a human."""

    PREFIX: ClassVar[str] = "call"


@dataclass(frozen=True, slots=True)
class CrisisAnswer(ChoiceValue):
    """Answer the talk about danger to life with one of its buttons."""

    PREFIX: ClassVar[str] = "c"
    key: str


@dataclass(frozen=True, slots=True)
class Forget(ChoiceValue):
    """Delete all that is kept of the person: asked about first, then done or not."""

    PREFIX: ClassVar[str] = "forget"
    replaces_message: ClassVar[bool] = True
    ASK: ClassVar[str] = "ask"
    YES: ClassVar[str] = "yes"
    NO: ClassVar[str] = "no"
    answer: str
    """ASK, YES or NO."""


class AdminAction(StrEnum):
    """What an operator's button does."""

    MISSES = "misses"
    """Show what wasn't understood."""
    MISS = "miss"
    """Show one miss: its key."""
    TEACH = "teach"
    """Teach a miss to an intent: the miss's key, the intent."""
    SEND = "send"
    """Send the draft of a broadcast: its key."""
    DISCARD = "drop"
    """Forget the draft of a broadcast: its key."""
    TAKE = "take"
    """Take somebody's talk: the channel, the user."""


@dataclass(frozen=True, slots=True)
class AdminButton(ChoiceValue):
    """A button of an operator."""

    PREFIX: ClassVar[str] = "a"
    IN_PLACE: ClassVar[frozenset[AdminAction]] = frozenset(
        {AdminAction.MISSES, AdminAction.MISS, AdminAction.SEND, AdminAction.DISCARD}
    )
    """The actions that leaf, or settle a draft: their reply takes the place of the message."""
    action: AdminAction
    key: str = ""
    detail: str = ""

    @override
    def encode(self) -> str:
        """As every choice, without empty fields at the end."""
        return ChoiceValue.encode(self).rstrip(":")

    @classmethod
    @override
    def from_fields(cls, *fields: str) -> "AdminButton | None":
        """The button; None where there is no such action today."""
        action, key, detail = fields
        return cls(AdminAction(action), key, detail) if action in set(AdminAction) else None


KINDS: tuple[type[ChoiceValue], ...] = (
    OpenTopic,
    OpenSection,
    CastVote,
    GiveReason,
    OpenGroup,
    OpenMenu,
    NoneOfThese,
    CallOperator,
    CrisisAnswer,
    Forget,
    AdminButton,
)
"""Every kind of choice. A new kind is one class, one line here, and one branch where it is handled."""

_BY_PREFIX = {kind.PREFIX: kind for kind in KINDS}


def decode(value: str) -> ChoiceValue | None:
    """The choice that this text stands for; None for what is none of ours, whoever sent it."""
    prefix, _, rest = value.partition(":")
    kind = _BY_PREFIX.get(prefix)
    if kind is None or not _can_be_carried(value):
        return None
    wanted = len(kind.__match_args__)  # one for each field
    if not wanted:
        return kind() if not rest else None
    fields = rest.split(":", wanted - 1)
    return kind.from_fields(*fields, *([""] * (wanted - len(fields))))


def _can_be_carried(value: str) -> bool:
    """Whether it is short enough, and without half of a pair, which JSON can hold and UTF-8 can't."""
    written = value.encode("utf-8", "ignore")
    return len(written) <= MAX_BYTES and written.decode() == value


def replaces_message(value: str) -> bool:
    """Whether the reply to a tap on this value turns a page."""
    choice = decode(value)
    if isinstance(choice, AdminButton):
        return choice.action in AdminButton.IN_PLACE
    return choice is not None and choice.replaces_message

"""The contract between channels and conversation: what comes in, what goes back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from intents import Decision
from intents.danger.detector import CRISIS

IN_GROUPS = "_group"
"""What a channel's name ends with for talks that others read along: what is said in private must not show there."""


@dataclass(frozen=True, slots=True)
class ChatIdentity:
    """Who is talking, as one channel knows them; the key of everything that is kept."""

    channel: str
    """telegram, wechat, wecom, web, terminal."""
    user: str
    """The channel's own id of the talk."""

    @property
    def everywhere(self) -> "tuple[ChatIdentity, ChatIdentity]":
        """All talks of the same somebody in this channel: in private and in groups."""
        channel = self.channel.removesuffix(IN_GROUPS)
        return ChatIdentity(channel, self.user), ChatIdentity(f"{channel}{IN_GROUPS}", self.user)


class ChoiceStyle(StrEnum):
    """How a channel shows choices, which decides the words for taking one."""

    BUTTONS = "buttons"
    NUMBERS = "numbers"
    """A numbered list in the text: it is answered with a number, for there may be nothing to tap."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message or one tap; exactly one of text and choice says something."""

    person: ChatIdentity
    text: str = ""
    choice: str | None = None
    """The value of the Choice that was tapped."""
    choice_style: ChoiceStyle = ChoiceStyle.BUTTONS
    """As the limits of the channel have it."""
    originals: "tuple[Original, ...]" = ()
    """What came with the text, or without any, that isn't text."""
    edit: "Edit | None" = None
    """Which message it takes the place of, if it does."""
    topic: str | None = None
    """The intent of the bot's answer that this message replies to, where the channel shows it."""
    message_id: str = ""
    """What it has in common with each time that it is sent again because no answer came; empty where that doesn't happen."""


class Edit(StrEnum):
    """Which of somebody's messages was changed."""

    LAST = "last"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Original:
    """A picture, a voice message, a document where it stands in its channel: it is passed on there, and never kept."""

    channel: str
    chat: str
    """The channel's own id of the place."""
    message: str
    """The channel's own id of the message."""
    kind: str
    """What it is, as people call it: 图片, 语音, 文件."""


class Part(StrEnum):
    """The parts of an answer."""

    SUMMARY = "summary"
    CONSEQUENCES = "consequences"
    RIGHTS = "rights"
    STEPS = "steps"
    SCRIPT = "script"
    BASIS = "basis"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines; channels decide how they look."""

    lines: tuple[str, ...]
    heading: str | None = None
    numbered: bool = False
    foldable: bool = False
    """Long, and seldom read to the end: a channel that can shows its beginning."""

    @property
    def text(self) -> str:
        """The section as plain text."""
        marks = [
            f"{number}. " if self.numbered else ("· " if self.heading else "")
            for number in range(1, 1 + len(self.lines))
        ]
        body = [mark + line for mark, line in zip(marks, self.lines, strict=True)]
        if self.heading and len(body) == 1 and not self.numbered:
            return f"{self.heading}：{self.lines[0]}"
        return "\n".join([*([self.heading] if self.heading else []), *body])


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, and what comes back when it is tapped."""

    label: str
    value: str
    """At most 64 bytes of ASCII, and enough by itself to go on after a restart."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a reply."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the conversation says back."""

    decision: Decision
    sections: tuple[Section, ...]
    intent: str | None = None
    """What is answered, or on a clarify the first that is offered."""
    title: str | None = None
    part: Part | None = None
    """The part of the answer that this is; None for the short form and for the bot's own words."""
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    originals: tuple[Original, ...] = ()
    """What somebody else sent, to be passed on below the text; a channel that can't leaves it out."""

    @property
    def urgent(self) -> bool:
        """Whether it is about danger to life: nothing may hold it back."""
        return self.intent == CRISIS

    @property
    def text(self) -> str:
        """The whole reply as plain text, sections apart by an empty line."""
        title = [f"【{self.title}】"] if self.title else []
        return "\n\n".join([*title, *(section.text for section in self.sections)])


Turn = Callable[[Incoming], Awaitable[Reply | None]]
"""Answers one message; None where the bot is silent."""

Send = Callable[[ChatIdentity, Reply], Awaitable[None]]
"""How a channel writes to a person proactively; raises SendError when it doesn't arrive."""


UNREACHABLE = "blocked"
"""The kind of channel state that is kept of those who don't want to hear from the bot."""


class SendFailure(StrEnum):
    """Why a message did not arrive."""

    BLOCKED = "blocked"
    """The person doesn't want to hear from the bot any more."""
    CHAT_NOT_FOUND = "chat_not_found"
    """The channel knows no such person, or none whom the bot may write to."""
    OTHER = "other"
    """Anything else: the network, the vendor's limits, its refusals."""


class SendError(Exception):
    """A message did not arrive; its text is the channel's own word for why, never the person or the message."""

    def __init__(self, failure: SendFailure, detail: str = "", *, remedy: str = "") -> None:
        super().__init__(detail or failure.value)
        self.failure = failure
        self.remedy = remedy
        """What an operator who wrote it is told, one sentence; empty where there is nothing to say."""

"""What a channel is to the service, which starts, asks and stops each one alike.

A new channel is a folder here with a class that fills `Channel`, and a line in bot/service.py.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.routing import BaseRoute

from bot.messages import ChatIdentity, ChoiceStyle, Reply

UNLIMITED: Final = sys.maxsize


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """What a channel can carry."""

    proactive: bool
    """Whether the bot can write to people by itself; otherwise it can only reply."""
    message_size: int = UNLIMITED
    """The largest message, in what `measure` counts."""
    measure: Callable[[str], int] = len
    """The size of a text without markup."""
    choices: int = UNLIMITED
    """How many choices one message can offer."""
    choice_value_bytes: int = UNLIMITED
    """The longest value of a choice, in bytes of UTF-8."""
    choice_style: ChoiceStyle = ChoiceStyle.BUTTONS
    """How choices are shown; what people are told about taking one follows it."""


class Channel(Protocol):
    """One place where people talk with the bot."""

    @property
    def name(self) -> str:
        """The channel of its ChatIdentity, and its name in /readyz."""
        ...

    @property
    def limits(self) -> ChannelLimits:
        """What it can carry."""
        ...

    @property
    def connected(self) -> asyncio.Event:
        """Set once messages come in and people can be reached."""
        ...

    def routes(self) -> Sequence[BaseRoute]:
        """What it serves over HTTP."""
        ...

    async def run(self) -> None:
        """Take messages until stop(); raises StartError when the channel can't work as it is set up."""
        ...

    async def stop(self, seconds: float) -> None:
        """Take no more messages and finish those in work, within so many seconds."""
        ...

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        """Write to a person proactively; raises SendError, always in a channel that can only reply."""
        ...

    async def health(self) -> str | None:
        """None while messages come in; otherwise one line that says what is wrong, without a secret."""
        ...

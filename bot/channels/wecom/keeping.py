"""What WeCom's channel keeps in the store: messages that wait, how many may still be sent and through which account."""

from dataclasses import dataclass
from typing import ClassVar, Final

from bot.channels.wx import keeping

CHANNEL: Final = "wecom"


@dataclass
class Keeper(keeping.Keeper):
    """Keeps one kind of state of WeCom's people."""

    channel: ClassVar[str] = CHANNEL

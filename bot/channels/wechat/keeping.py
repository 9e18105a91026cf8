"""What WeChat's channel keeps in the store: pages that wait, messages that may still be sent."""

from dataclasses import dataclass
from typing import ClassVar, Final

from bot.channels.wx import keeping
from bot.channels.wx.keeping import ChannelStates

__all__ = ["CHANNEL", "ChannelStates", "Keeper"]

CHANNEL: Final = "wechat"


@dataclass
class Keeper(keeping.Keeper):
    """Keeps one kind of state of WeChat's people."""

    channel: ClassVar[str] = CHANNEL

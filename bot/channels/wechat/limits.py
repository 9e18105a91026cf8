"""What WeChat's official accounts allow; each number beside where it is known from.

developers.weixin.qq.com is the vendor's page; where it is silent the report is named that found it out.
"""

from typing import Final

from bot.channels.channel import ChannelLimits
from bot.messages import ChoiceStyle

# developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html: no answer within five seconds,
# and the connection is cut and the message sent again, three times in all.
TRY_SECONDS: Final = 5.0
TRIES: Final = 3

ANSWER_SECONDS: Final = 4.5
"""From then on a reply may come too late for this try: the network takes its part of the five seconds."""
HOLD_SECONDS: Final = 6.0
"""How long a try without an answer is left open: WeChat itself cuts it before, and takes an early end for an answer."""

REMEMBERED_SECONDS: Final = 60.0
"""How long a reply is kept for further tries; the last comes some fifteen seconds after the first."""
RETRY_WINDOW_SECONDS: Final = 30.0
"""A message that was claimed before a restart is answered again so long: its sender is still waiting."""

# 2048 bytes by the page; the largest that arrives is 2047 (wechat-php-sdk#363, silenceper/wechat#673). Over it: no reply at all.
TEXT_BYTES: Final = 2047

# developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html, the notice of 2023-06-12:
# so many messages, within so many seconds, after somebody has written; after a menu click, a subscription or a scan.
MESSAGES_AFTER_A_MESSAGE: Final = (5, 48 * 3600.0)
MESSAGES_AFTER_A_TAP: Final = (3, 60.0)

# developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Creating_Custom-Defined_Menu.html: bytes of a name at the top and below
# it, of a key; how many below one at the top.
MENU_NAME_BYTES: Final = 16
SUBMENU_NAME_BYTES: Final = 60
MENU_KEY_BYTES: Final = 128
SUBMENU_BUTTONS: Final = 5

# developers.weixin.qq.com/doc/offiaccount/Account_Management/Generating_a_Parametric_QR_Code.html: characters of scene_str.
SCENE_CHARACTERS: Final = 64


def text_bytes(text: str) -> int:
    """The size of a text as WeChat counts it."""
    return len(text.encode("utf-8", "surrogatepass"))


def channel_limits(*, verified: bool) -> ChannelLimits:
    """What the account can carry; only a verified one writes to people by itself."""
    return ChannelLimits(
        proactive=verified, message_size=TEXT_BYTES, measure=text_bytes, choice_style=ChoiceStyle.NUMBERS
    )

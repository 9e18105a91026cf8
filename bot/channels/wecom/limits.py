"""What 微信客服 allows; each number beside the page that says so (developer.work.weixin.qq.com/document/path/…)."""

from typing import Final

from bot.channels.channel import ChannelLimits
from bot.channels.render import utf8_bytes
from bot.messages import ChoiceStyle

# …/94677, 文本消息: bytes of a text. …, 菜单消息: bytes above and below the items, how many items, bytes of an item's id and of
# what it says. …, msgid: bytes, of [0-9a-zA-Z_-]; one that was used before is refused, so that a repeat isn't delivered twice.
TEXT_BYTES: Final = 2048
MENU_HEAD_BYTES: Final = 1024
MENU_TAIL_BYTES: Final = 1024
MENU_ITEMS: Final = 10
MENU_ID_BYTES: Final = 64
MENU_ITEM_BYTES: Final = 128
MESSAGE_ID_CHARACTERS: Final = 32

# …/94677, 概述: so many messages within so many seconds after each word of the person.
MESSAGES_AFTER_A_MESSAGE: Final = 5
ANSWER_SECONDS: Final = 48 * 3600.0

# …/95122, 发送欢迎语等事件响应消息: a welcome is one message, and its code is good for so many seconds.
WELCOME_MESSAGES: Final = 1
WELCOME_SECONDS: Final = 20.0

# …/94670, 读取消息: messages of one call at most. They stay there for three days. The callback's token is good for ten minutes;
# without one the page speaks of a strict limit on calls, and gives no number.
PAGE_MESSAGES: Final = 1000

# …/94661, 获取客服账号列表: accounts of one call at most.
PAGE_ACCOUNTS: Final = 100

LIMITS: Final = ChannelLimits(
    proactive=True,
    message_size=TEXT_BYTES,
    measure=utf8_bytes,
    choice_value_bytes=MENU_ID_BYTES,
    # Most can be tapped as well, but every one has its number.
    choice_style=ChoiceStyle.NUMBERS,
)

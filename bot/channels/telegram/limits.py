"""What Telegram allows; each number beside the page that says so."""

from typing import Final

from bot.channels.channel import ChannelLimits
from bot.channels.render import utf16_units

# https://core.telegram.org/bots/api#sendmessage: 1-4096 characters after entities parsing.
# tdlib counts code points, the servers behind it aren't public: UTF-16 units are right under either count.
MESSAGE_UNITS: Final = 4096

# https://core.telegram.org/bots/api#inlinekeyboardbutton: callback_data is 1-64 bytes.
CALLBACK_DATA_BYTES: Final = 64

# https://docs.python-telegram-bot.org/en/stable/telegram.constants.html#telegram.constants.InlineKeyboardMarkupLimit
KEYBOARD_BUTTONS: Final = 100
KEYBOARD_ROW_BUTTONS: Final = 8

# https://core.telegram.org/bots/api#copytextbutton: 1-256 characters
COPIED_CHARACTERS: Final = 256

# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
MESSAGES_PER_SECOND: Final = 30
MESSAGES_PER_MINUTE_IN_A_GROUP: Final = 20
MESSAGES_PER_SECOND_IN_A_CHAT: Final = 1

# https://core.telegram.org/bots/api#getupdates; LONG_POLL_MAX_TIMEOUT of the server's source is 50 s.
POLL_SECONDS: Final = 25
POLL_BATCH: Final = 100

# https://core.telegram.org/bots/api#setwebhook: max_connections is 1-100, 40 by default
WEBHOOK_CONNECTIONS: Final = 40

# https://core.telegram.org/bots/api#getting-updates: kept for 24 hours; an update is a few kilobytes, this is ample.
UPDATE_BYTES: Final = 1 << 20

LIMITS: Final = ChannelLimits(
    proactive=True,
    message_size=MESSAGE_UNITS,
    measure=utf16_units,
    choices=KEYBOARD_BUTTONS,
    choice_value_bytes=CALLBACK_DATA_BYTES,
)

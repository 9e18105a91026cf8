"""Who wrote a message, and whether it is addressed to the bot; pure functions."""

from typing import Final

from telegram import Chat, Message, MessageEntity, Update, User

from bot import choices
from bot.messages import IN_GROUPS, ChatIdentity, Original

CHANNEL: Final = "telegram"


def identity_of(update: Update) -> ChatIdentity | None:
    """Whose conversation an update belongs to; None for a post without a sender.

    A person has one conversation in private and one in all groups together; an anonymous administrator or a channel that
    writes in a group counts as one person (https://core.telegram.org/bots/api#message, sender_chat).
    """
    sender = update.effective_sender
    if sender is None:
        return None
    chat = update.effective_chat
    return ChatIdentity(CHANNEL if chat is None or is_private(chat) else f"{CHANNEL}{IN_GROUPS}", str(sender.id))


def is_private(chat: Chat) -> bool:
    """Whether only one person reads this chat."""
    return chat.type == Chat.PRIVATE


def message_text(message: Message) -> str:
    """The text of a message or the caption of its picture; empty if there is none."""
    return message.text or message.caption or ""


_KINDS: Final = (
    ("photo", "图片"),
    ("voice", "语音"),
    ("video", "视频"),
    ("video_note", "视频"),
    ("animation", "动图"),
    ("audio", "录音"),
    ("document", "文件"),
    ("sticker", "表情"),
    ("location", "位置"),
    ("contact", "名片"),
)


def originals(message: Message) -> tuple[Original, ...]:
    """What a message is besides text, as it can be passed on; nothing for a text."""
    if message.text is not None:
        return ()
    kind = next((called for name, called in _KINDS if getattr(message, name)), "消息")
    return (Original(CHANNEL, str(message.chat_id), str(message.message_id), kind),)


def topic_of(message: Message) -> str | None:
    """The intent of an answer of the bot's, by the buttons under it."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    shown = (choices.decode(str(button.callback_data)) for row in rows for button in row if button.callback_data)
    return next((each.intent for each in shown if isinstance(each, choices.OpenSection)), None)


def text_addressed_to(me: User, message: Message) -> str | None:
    """The text of a group message that mentions the bot or replies to it, without the bot's name; None for any other.

    With privacy mode on Telegram hands over little else anyway (https://core.telegram.org/bots/features#privacy-mode).
    """
    text = message_text(message)
    mentions = [*_mentions(me, message)]
    for mention in mentions:
        text = text.replace(mention, " ")
    return text.strip() if mentions or _replies_to(me, message) else None


def _replies_to(me: User, message: Message) -> bool:
    answered = message.reply_to_message
    return answered is not None and answered.from_user is not None and answered.from_user.id == me.id


def _mentions(me: User, message: Message) -> list[str]:
    """The parts of the text that mention the bot."""
    entities = {**message.parse_entities(), **message.parse_caption_entities()}
    name = f"@{me.username}".lower()
    return [
        text
        for entity, text in entities.items()
        if (entity.type == MessageEntity.MENTION and text.lower() == name)
        or (entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id)
    ]

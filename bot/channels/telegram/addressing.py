"""Who wrote a message, and whether it is addressed to the bot; pure functions."""

from typing import Final

from telegram import Chat, Message, MessageEntity, Update, User

from bot.messages import IN_GROUPS, ChatIdentity

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

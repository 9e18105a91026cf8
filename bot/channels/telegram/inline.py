"""Inline mode: `@bot 上门` in any chat offers answers to share (https://core.telegram.org/bots/inline)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    Update,
    User,
)
from telegram.constants import ParseMode
from telegram.ext import InlineQueryHandler
from telegram.helpers import create_deep_linked_url

from bot.channels.telegram import sending, wording
from bot.channels.telegram.handlers import App, Context
from bot.talk.search import SearchResult

RESULTS: Final = 10
CACHE_SECONDS: Final = 300
"""How long Telegram may give the same answers to everybody: they hold nothing about the person who asks."""
DESCRIPTION_CHARACTERS: Final = 80

Search = Callable[[str, int], Sequence[SearchResult]]
"""The answers that fit a text, at most so many."""


@dataclass(frozen=True)
class InlineHandler:
    """Offers answers outside of a talk; nothing is kept of who asked what."""

    search: Search

    def register(self, application: App) -> None:
        """Add the handler."""
        application.add_handler(InlineQueryHandler(self.asked))

    async def asked(self, update: Update, context: Context) -> None:
        """Offer the answers that fit what has been typed so far."""
        query = update.inline_query
        if query is None:
            return
        articles = [_article(context.bot.bot, found) for found in self.search(query.query, RESULTS)]
        await query.answer(articles, cache_time=CACHE_SECONDS, is_personal=False)


def _article(me: User, found: SearchResult) -> InlineQueryResultArticle:
    first = found.reply.sections[0].text
    button = InlineKeyboardButton(wording.ALL_OF_IT, url=create_deep_linked_url(me.username or "", found.id))
    return InlineQueryResultArticle(
        id=found.id,
        title=found.title,
        description=first[:DESCRIPTION_CHARACTERS],
        input_message_content=InputTextMessageContent(
            sending.texts(found.reply)[0], parse_mode=ParseMode.HTML, link_preview_options=sending.NO_PREVIEW
        ),
        reply_markup=InlineKeyboardMarkup([[button]]),
    )

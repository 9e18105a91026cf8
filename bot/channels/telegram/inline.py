"""Handler for inline mode: `@bot 上门` in any chat offers answers to share (https://core.telegram.org/bots/inline)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
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
"""How long Telegram may show the same answers to everybody; they don't depend on who asks."""
DESCRIPTION_CHARACTERS: Final = 80
TOPICS_PAYLOAD: Final = "topics"
"""The /start payload that shows the menu of topics."""

Search = Callable[[str, int], Sequence[SearchResult]]
"""The answers that fit a text, at most so many."""


@dataclass(frozen=True)
class InlineHandler:
    """Offers answers outside of a conversation; nothing is kept of who asked what."""

    search: Search

    def register(self, application: App) -> None:
        """Add the handler."""
        application.add_handler(InlineQueryHandler(self.handle_inline_query))

    async def handle_inline_query(self, update: Update, context: Context) -> None:
        """Offer the answers that fit what has been typed so far."""
        query = update.inline_query
        if query is None:
            return
        articles = [_article(context.bot.bot, result) for result in self.search(query.query, RESULTS)]
        label = wording.OPEN_CHAT if articles else wording.NOTHING_FITS
        open_chat = InlineQueryResultsButton(label, start_parameter=TOPICS_PAYLOAD)
        await query.answer(articles, cache_time=CACHE_SECONDS, is_personal=False, button=open_chat)


def _article(me: User, result: SearchResult) -> InlineQueryResultArticle:
    first = result.reply.sections[0].text
    button = InlineKeyboardButton(wording.ALL_OF_IT, url=create_deep_linked_url(me.username or "", result.id))
    return InlineQueryResultArticle(
        id=result.id,
        title=result.title,
        description=first[:DESCRIPTION_CHARACTERS],
        input_message_content=InputTextMessageContent(
            sending.texts(result.reply)[0], parse_mode=ParseMode.HTML, link_preview_options=sending.NO_PREVIEW
        ),
        reply_markup=InlineKeyboardMarkup([[button]]),
    )

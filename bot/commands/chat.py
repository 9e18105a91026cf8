"""`youshu chat`: the conversation in the terminal."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import click

from bot.channels import terminal
from bot.commands.second_opinion import learned_opinions
from bot.commands.settings_without_logs import settings_without_logs
from bot.commands.unsaved_conversation import unsaved_conversation
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.second_opinion import SecondOpinions
from intents.knowledge import Knowledge


@click.command(help="在终端里聊。")
def chat() -> None:
    """Answer line by line until the input ends."""
    settings = settings_without_logs()
    knowledge = Knowledge.load(settings.faq, advice=False)

    async def talk() -> None:
        async with (
            learned_opinions(settings, knowledge) as opinions,
            _conversation(settings.database_url.get_secret_value(), knowledge, opinions) as conversation,
        ):
            await terminal.talk(conversation.turn, _typed_lines(), click.echo)

    asyncio.run(talk())


@asynccontextmanager
async def _conversation(url: str, knowledge: Knowledge, opinions: SecondOpinions | None) -> AsyncIterator[Conversation]:
    """A conversation in this database, or where it is away, one that ends with the command."""
    store = Store(url)
    try:
        await store.open()
    except StoreError as error:
        await store.close()
        click.echo(f"{error.user_message}。照样能聊，只是这次聊的不会存下来。", err=True)
        async with unsaved_conversation(lambda: knowledge, opinions) as conversation:
            yield conversation
        return
    try:
        yield Conversation(lambda: knowledge, store, opinions=opinions)
    finally:
        await store.close()


def _typed_lines() -> Iterator[str]:
    """What is typed after a prompt; a pipe's lines without one."""
    while True:
        try:
            yield input("您：" if sys.stdin.isatty() else "")
        except EOFError:
            return

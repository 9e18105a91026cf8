"""`youshu chat`: the conversation in the terminal."""

import asyncio
import sys
from collections.abc import Iterator

import click

from bot.channels import terminal
from bot.commands.settings_without_logs import settings_without_logs
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge


@click.command(help="在终端里聊。")
def chat() -> None:
    """Answer line by line until the input ends."""
    settings = settings_without_logs()
    knowledge = Knowledge.load(settings.faq)

    async def talk() -> None:
        async with Store(settings.database_url.get_secret_value()) as store:
            await terminal.talk(Conversation(lambda: knowledge, store).turn, _typed_lines(), click.echo)

    asyncio.run(talk())


def _typed_lines() -> Iterator[str]:
    """What is typed after a prompt; a pipe's lines without one."""
    while True:
        try:
            yield input("您：" if sys.stdin.isatty() else "")
        except EOFError:
            return

"""`youshu try`: ask while faq.yaml is being edited; each save is loaded, and the last question asked again."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.markup import escape

from bot.commands import why
from bot.commands.diff import meaning
from bot.commands.quiet_settings import quiet_settings
from bot.messages import ChatIdentity, Incoming
from bot.operators.reload_notices import reload_notice
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.matching.explain import explain
from intents.matching.matcher import Match
from intents.reload import Reloader, ReloadResult

MEMORY = "sqlite+aiosqlite://"
PROMPT = "问："


@click.command("try", help="边改边试：问一句看怎么理解、怎么回答；faq.yaml 一保存就重新载入，再问一遍上一句。")
def try_out() -> None:
    """Ask and edit by turns."""
    reloader = Reloader.load(quiet_settings().faq)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_try(reloader))


async def _try(reloader: Reloader) -> None:
    with patch_stdout(raw=True) if sys.stdin.isatty() else contextlib.nullcontext():
        console = Console(highlight=False)
        console.print(f"{reloader.path.name} 版本 {reloader.current.digest}。输入一句话试试；Ctrl-D 结束。")
        async with Store(MEMORY) as store:
            trial = Trial(console, reloader, Conversation(lambda: reloader.current, store))
            reloader.on_outcome(trial.reloaded)
            async with reloader.watching():
                async for line in _lines():
                    if line.strip():
                        await trial.ask(line.strip())


@dataclass
class Trial:
    """One session: what was asked last, and what came of it."""

    console: Console
    reloader: Reloader
    conversation: Conversation
    last: Match | None = None
    asked: int = 0

    async def ask(self, text: str) -> None:
        """Answer as the bot would, and show how the question was understood."""
        self.last = self._understood(text)
        await self._answer(text)

    async def reloaded(self, outcome: ReloadResult) -> None:
        """Say what came of a save, and what it did to the last question."""
        self.console.print(escape(reload_notice(outcome).text), style="green" if outcome.loaded else "red")
        if not outcome.loaded or self.last is None:
            return
        before = self.last
        self.console.print(f"再问一遍“{escape(before.text)}”：")
        self.last = self._understood(before.text)
        if (before.decision, before.intent) != (self.last.decision, self.last.intent):
            self.console.print(f"[bold]原来：{meaning(before)}　现在：{meaning(self.last)}[/]")
        await self._answer(before.text)

    def _understood(self, text: str) -> Match:
        knowledge = self.reloader.current
        explanation = explain(knowledge.faq, knowledge.matcher, text)
        why.show(self.console, knowledge.faq, explanation)
        return explanation.match

    async def _answer(self, text: str) -> None:
        # A person of its own each time: what was asked before must not change how a question is understood.
        self.asked += 1
        reply = await self.conversation.turn(Incoming(ChatIdentity("try", str(self.asked)), text))
        if reply is not None:
            self.console.print(escape(reply.text), style="dim")


async def _lines() -> AsyncIterator[str]:
    """What is typed, line by line; a pipe's lines as they come."""
    if not sys.stdin.isatty():
        while line := await asyncio.to_thread(sys.stdin.readline):
            yield line
        return
    session: PromptSession[str] = PromptSession()
    with contextlib.suppress(EOFError):
        while True:
            yield await session.prompt_async(PROMPT)

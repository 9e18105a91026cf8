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
from bot.commands.diff import describe_match
from bot.commands.settings_without_logs import settings_without_logs
from bot.commands.unsaved_conversation import unsaved_conversation
from bot.messages import ChatIdentity, Incoming
from bot.operators.reload_notices import reload_notice
from bot.talk.conversation import Conversation
from intents.matching.explain import explain
from intents.matching.matcher import Match
from intents.reload import Reloader, ReloadResult

PROMPT = "问："


@click.command("try", help="边改边试：问一句看怎么理解、怎么回答；faq.yaml 一保存就重新载入，再问一遍上一句。")
def try_out() -> None:
    """Answer what is typed, and the last question again after each reload."""
    reloader = Reloader.load(settings_without_logs().faq)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_try(reloader))


async def _try(reloader: Reloader) -> None:
    with patch_stdout(raw=True) if sys.stdin.isatty() else contextlib.nullcontext():
        console = Console(highlight=False)
        console.print(f"{reloader.path.name} 版本 {reloader.current.digest}。输入一句话试试；Ctrl-D 结束。")
        async with unsaved_conversation(lambda: reloader.current) as conversation:
            session = TrySession(console, reloader, conversation)
            reloader.on_reload(session.handle_reload)
            async with reloader.watching():
                async for line in _typed_lines():
                    if line.strip():
                        await session.ask(line.strip())


@dataclass
class TrySession:
    """One run of `youshu try`: the last question, and how it was understood."""

    console: Console
    reloader: Reloader
    conversation: Conversation
    last_match: Match | None = None
    question_count: int = 0

    async def ask(self, text: str) -> None:
        """Answer as the bot would, and show how the question was understood."""
        self.last_match = self._show_explanation(text)
        await self._answer(text)

    async def handle_reload(self, outcome: ReloadResult) -> None:
        """Print the result of a reload, and how the last question is understood now."""
        self.console.print(escape(reload_notice(outcome).text), style="green" if outcome.loaded else "red")
        if not outcome.loaded or self.last_match is None:
            return
        before = self.last_match
        self.console.print(f"再问一遍“{escape(before.text)}”：")
        self.last_match = self._show_explanation(before.text)
        if (before.decision, before.intent) != (self.last_match.decision, self.last_match.intent):
            faq = self.reloader.current.faq
            then, now = describe_match(faq, before), describe_match(faq, self.last_match)
            self.console.print(f"[bold]原来：{escape(then)}　现在：{escape(now)}[/]")
        await self._answer(before.text)

    def _show_explanation(self, text: str) -> Match:
        knowledge = self.reloader.current
        explanation = explain(knowledge.faq, knowledge.matcher, text)
        why.show(self.console, knowledge.faq, explanation)
        return explanation.match

    async def _answer(self, text: str) -> None:
        # A person of its own each time: what was asked before must not change how a question is understood.
        self.question_count += 1
        reply = await self.conversation.turn(Incoming(ChatIdentity("try", str(self.question_count)), text))
        if reply is not None:
            self.console.print(escape(reply.text), style="dim")


async def _typed_lines() -> AsyncIterator[str]:
    """What is typed, line by line; a pipe's lines as they come."""
    if not sys.stdin.isatty():
        while line := await asyncio.to_thread(sys.stdin.readline):
            yield line
        return
    prompt: PromptSession[str] = PromptSession()
    with contextlib.suppress(EOFError):
        while True:
            yield await prompt.prompt_async(PROMPT)

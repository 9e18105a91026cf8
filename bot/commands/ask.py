"""Commands that talk without a server: chat, ask, forget."""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator

import click
from rich.console import Console

from bot.channels import terminal
from bot.channels.web import channel as web
from bot.commands import why
from bot.commands.quiet_settings import quiet_settings
from bot.messages import ChatIdentity, Incoming, Reply
from bot.store.store import Store
from bot.talk import answers
from bot.talk.conversation import Conversation
from intents.danger.detector import CRISIS
from intents.faq.schema import FAQ
from intents.knowledge import Knowledge
from intents.matching.decide import Decision
from intents.matching.explain import explain

MEMORY = "sqlite+aiosqlite://"


@click.command(help="在终端里聊。")
def chat() -> None:
    """Talk line by line."""
    settings = quiet_settings()
    knowledge = Knowledge.load(settings.faq)

    async def talk() -> None:
        async with Store(settings.database_url.get_secret_value()) as store:
            conversation = Conversation(lambda: knowledge, store)
            await terminal.talk(conversation.turn, _prompted(), click.echo)

    asyncio.run(talk())


@click.command(help="问一句，答一句；“-”从标准输入读，每行一个问题。")
@click.option("--json", "as_json", is_flag=True, help="每个问题一行 JSON")
@click.option("--why", "with_why", is_flag=True, help="再说明为什么这样理解")
@click.argument("text", nargs=-1, required=True)
def ask(*, as_json: bool, with_why: bool, text: tuple[str, ...]) -> None:
    """Answer each question on its own."""
    knowledge = Knowledge.load(quiet_settings().faq)
    questions = (line.rstrip("\n") for line in sys.stdin) if text == ("-",) else [" ".join(text)]
    asyncio.run(_ask(knowledge, questions, as_json=as_json, with_why=with_why))


async def _ask(knowledge: Knowledge, questions: Iterable[str], *, as_json: bool, with_why: bool) -> None:
    async with Store(MEMORY) as store:
        conversation = Conversation(lambda: knowledge, store)
        for number, question in enumerate(questions):
            reply = await conversation.turn(Incoming(ChatIdentity("ask", str(number)), question))
            if reply is None:
                continue
            reply = _in_full(knowledge.faq, reply)
            reasons = explain(knowledge.faq, knowledge.matcher, question) if with_why else None
            if as_json:
                record = _record(knowledge, question, reply) | ({"why": why.as_json(reasons)} if reasons else {})
                click.echo(json.dumps(record, ensure_ascii=False))
                continue
            if reasons:
                why.show(Console(), knowledge.faq, reasons)
            click.echo(reply.text)


def _in_full(faq: FAQ, reply: Reply) -> Reply:
    """The whole answer in place of its short form: there is no second turn to ask for the rest."""
    intent = faq.by_id.get(reply.intent or "")
    answered = intent is not None and reply.decision is Decision.ANSWER and intent.id != CRISIS
    return answers.render_full(faq, intent) if intent is not None and answered else reply


def _record(knowledge: Knowledge, question: str, reply: Reply) -> dict[str, object]:
    match = knowledge.matcher.match(question)
    return {
        "text": question,
        "decision": match.decision.value,
        "intent": match.intent,
        "score": match.score,
        "candidates": [{"intent": each.intent, "score": each.score} for each in match.candidates],
        "reply": web.as_json(reply)["reply"],
    }


@click.command(help="删除一个人的全部记录。")
@click.argument("person", metavar="CHANNEL:USER")
def forget(person: str) -> None:
    """Delete every row of a person."""
    channel, _, user = person.partition(":")
    if not channel or not user:
        raise click.UsageError("请写成“渠道:用户编号”，例如 telegram:123456")

    async def delete() -> int:
        async with Store(quiet_settings().database_url.get_secret_value()) as store:
            return await store.forget(ChatIdentity(channel, user))

    click.echo(f"已删除 {asyncio.run(delete())} 条记录")


def _prompted() -> Iterator[str]:
    while True:
        try:
            yield input("您：" if sys.stdin.isatty() else "")
        except EOFError:
            return

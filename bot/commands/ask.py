"""`youshu ask`: answer each question on its own, for operators who try an answer and for programs."""

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import replace

import click

from bot.choices import CrisisAnswer, OpenTopic, decode
from bot.commands.second_opinion import learned_opinions
from bot.commands.settings_without_logs import settings_without_logs
from bot.commands.unsaved_conversation import unsaved_conversation
from bot.messages import ChatIdentity, Incoming, Reply
from bot.settings import Settings
from bot.talk import answers
from intents.danger.detector import CRISIS, DangerLevel, shipped_detector
from intents.faq.schema import FAQ
from intents.knowledge import Knowledge
from intents.matching.decide import Decision
from intents.matching.second_opinion import SecondOpinion, match_with


@click.command(
    short_help="问一句，答一句；“-”从标准输入读，每行一个问题。",
    help="问一句，答一句；“-”从标准输入读，每行一个问题。给出的是完整的回答；"
    "网页和 Telegram 里人们先看到的是简短的，余下的点按钮看，加 --short 就给那一份。",
)
@click.option("--json", "as_json", is_flag=True, help="每个问题一行 JSON")
@click.option("--why", "with_why", is_flag=True, help="再说明为什么这样理解")
@click.option("--after", metavar="编号", help="当作刚看过这个话题的回答接着问，比如 --after grace_period 两天呢")
@click.option("--short", is_flag=True, help="只给人们先看到的简短回答和下面的按钮")
@click.argument("text", metavar="问题…", nargs=-1, required=True)
def ask(*, as_json: bool, with_why: bool, after: str | None, short: bool, text: tuple[str, ...]) -> None:
    """Print the answer to each question."""
    settings = settings_without_logs()
    knowledge = Knowledge.load(settings.faq, advice=False)
    if after is not None and after not in knowledge.faq.by_id:
        raise click.BadParameter(f"没有“{after}”这个话题；编号看 faq.yaml 里的 id", param_hint="--after")
    questions = (line.rstrip("\n") for line in sys.stdin) if text == ("-",) else [" ".join(text)]
    asyncio.run(_ask(settings, knowledge, questions, as_json=as_json, with_why=with_why, after=after, short=short))


async def _ask(
    settings: Settings,
    knowledge: Knowledge,
    questions: Iterable[str],
    *,
    as_json: bool,
    with_why: bool,
    after: str | None,
    short: bool,
) -> None:
    async with (
        learned_opinions(settings, knowledge) as opinions,
        unsaved_conversation(lambda: knowledge, opinions) as conversation,
    ):
        # After a topic it is the talk that tells more.
        opinion = opinions.of(knowledge) if opinions is not None and after is None else None
        for number, question in enumerate(questions):
            # A person of its own each time: what was asked before must not change how a question is understood.
            person = ChatIdentity("ask", str(number))
            if after is not None:
                await conversation.turn(Incoming(person, choice=OpenTopic(after).encode()))
            reply = await conversation.turn(Incoming(person, question))
            if reply is None:
                continue
            shown = reply if short else _in_full(knowledge.faq, reply)
            if as_json:
                told = _why_as_json(knowledge, question, opinion) if with_why else {}
                record = _record(knowledge, question, opinion, shown) | told
                click.echo(json.dumps(record, ensure_ascii=False))
                continue
            if with_why:
                _show_why(knowledge, question, after, opinion)
            click.echo(_as_people_see_it(shown) if short else shown.text)


def _why_as_json(knowledge: Knowledge, question: str, opinion: SecondOpinion | None) -> dict[str, object]:
    # Not before, as in _show_why: the answer alone needn't wait for what explains it.
    from bot.commands import why  # noqa: PLC0415
    from intents.matching.explain import explain  # noqa: PLC0415

    return {"why": why.as_json(explain(knowledge.faq, knowledge.matcher, question, opinion))}


def _show_why(knowledge: Knowledge, question: str, after: str | None, opinion: SecondOpinion | None) -> None:
    from rich.console import Console  # noqa: PLC0415

    from bot.commands import why  # noqa: PLC0415
    from intents.matching.explain import explain  # noqa: PLC0415

    console = Console()
    why.show(console, knowledge.faq, explain(knowledge.faq, knowledge.matcher, question, opinion))
    if after is not None:
        why.show_in_talk(console, knowledge, after, question)


def _in_full(faq: FAQ, reply: Reply) -> Reply:
    """The whole answer in place of its short form: there is no second turn to ask for the rest."""
    intent = faq.by_id.get(reply.intent or "")
    if intent is None or reply.decision is not Decision.ANSWER or intent.id == CRISIS:
        return reply
    whole = answers.render_full(faq, intent)
    below = tuple(choice for choice in reply.choices if isinstance(decode(choice.value), CrisisAnswer))
    if not below:
        return whole
    # The line about danger to life stands under the whole answer as it stands under the short one.
    return replace(whole, sections=(*whole.sections, reply.sections[-1]), choices=(*whole.choices, *below))


def _as_people_see_it(reply: Reply) -> str:
    buttons = "".join(f"［{choice.label}］" for choice in reply.choices)
    return f"{reply.text}\n\n{buttons}" if buttons else reply.text


def _record(knowledge: Knowledge, question: str, opinion: SecondOpinion | None, reply: Reply) -> dict[str, object]:
    # Only now: whoever reads the answer needn't wait for the web's libraries.
    from bot.channels.web.api import reply_as_json  # noqa: PLC0415

    matcher = knowledge.matcher
    match = matcher.match(question) if opinion is None else match_with(matcher, opinion, question)
    answered_as_crisis = match.decision is Decision.ANSWER and match.intent == CRISIS
    level = DangerLevel.PLAIN if answered_as_crisis else shipped_detector().assess(question).level
    return {
        "text": question,
        "decision": match.decision.value,
        "intent": match.intent,
        "score": match.score,
        "candidates": [{"intent": each.intent, "score": each.score} for each in match.candidates],
        "danger": level.value,
        "reply": reply_as_json(reply)["reply"],
    }

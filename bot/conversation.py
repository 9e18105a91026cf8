"""One turn: safety, pending question, command, match, reply. Knows no channel."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot import answers, wording
from bot.messages import Choice, Incoming, Part, Person, Reply, Section
from bot.store import Store, StoreError, Talk
from intents import FAQ, Decision, Match
from intents.knowledge import Knowledge
from intents.schema import Group

log = structlog.get_logger(__name__)

OFFERED = 3
"""How many topics are offered when it isn't clear what is meant."""


@dataclass(frozen=True)
class Conversation:
    """Answers one message at a time, from what the FAQ says and what the talk was about."""

    knowledge: Callable[[], Knowledge]
    """The FAQ now in force; asked once a turn, so that a turn never sees two."""
    store: Store

    async def turn(self, incoming: Incoming) -> Reply:
        """The reply to one message or tap."""
        knowledge = self.knowledge()
        talk = await self._recall(incoming.person)
        reply, talk = _reply(knowledge, talk, incoming)
        await self._remember(incoming.person, talk)
        return reply

    async def forget(self, person: Person) -> Reply:
        """Delete all that is kept of a person."""
        try:
            await self.store.forget(person)
        except StoreError as error:
            log.error("forget_failed", reason=str(error))
            return wording.FORGET_FAILED
        return wording.FORGOTTEN

    async def _recall(self, person: Person) -> Talk:
        try:
            return await self.store.talk(person)
        except StoreError as error:
            log.error("talk_not_read", reason=str(error))
            return Talk()

    async def _remember(self, person: Person, talk: Talk) -> None:
        try:
            await self.store.save(person, talk)
        except StoreError as error:
            log.error("talk_not_saved", reason=str(error))


def _reply(knowledge: Knowledge, talk: Talk, incoming: Incoming) -> tuple[Reply, Talk]:
    choice = incoming.choice or _numbered(talk, incoming.text)
    if choice is not None:
        reply = _chosen(knowledge.faq, choice)
        misses = 0
    else:
        match = knowledge.matcher.match(incoming.text)
        misses = talk.misses + 1 if match.decision is Decision.FALLBACK else 0
        reply = _matched(knowledge.faq, match)
    offered = tuple(choice.value for choice in reply.choices)
    return reply, talk.after(intent=reply.intent or talk.intent, offered=offered, misses=misses)


def _numbered(talk: Talk, text: str) -> str | None:
    by_number = {str(number): value for number, value in enumerate(talk.offered, 1)}
    return by_number.get(unicodedata.normalize("NFKC", text).strip())


def _chosen(faq: FAQ, value: str) -> Reply:
    kind, _, rest = value.partition(":")
    key, _, wanted = rest.partition(":")
    if kind == "i" and key in faq.by_id:
        return answers.brief(faq, faq.by_id[key])
    if kind == "p" and key in faq.by_id and wanted in set(Part):
        return answers.part(faq, faq.by_id[key], Part(wanted))
    if kind == "g" and key in set(Group):
        return group(faq, Group(key))
    return menu()


def menu() -> Reply:
    """The four groups of topics."""
    choices = tuple(Choice(each.heading, f"g:{each.value}") for each in Group)
    return Reply(Decision.CLARIFY, (Section((wording.MENU,)),), choices=choices)


def group(faq: FAQ, wanted: Group) -> Reply:
    """The topics of one group."""
    choices = tuple(answers.topic_choice(intent) for intent in faq.in_group(wanted))
    return Reply(Decision.CLARIFY, (Section((wording.GROUP.format(title=wanted.heading),)),), choices=choices)


def _matched(faq: FAQ, match: Match) -> Reply:
    if match.decision is Decision.ANSWER and match.intent is not None:
        return answers.brief(faq, faq.by_id[match.intent])
    if match.decision is Decision.CLARIFY:
        near = [candidate.intent for candidate in match.candidates[:OFFERED]]
        choices = (*answers.topics(faq, near), Choice(wording.NONE_OF_THESE, "none"))
        return Reply(Decision.CLARIFY, (Section((wording.CLARIFY,)),), choices=choices)
    choices = tuple(Choice(each.heading, f"g:{each.value}") for each in Group)
    return Reply(Decision.FALLBACK, (Section((wording.FALLBACK,)),), choices=choices)

"""Short answers for a few words, without a talk around them: for Telegram's inline mode."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.messages import Reply
from bot.talk import answers
from intents import FAQ, Decision, Intent
from intents.danger.detector import CRISIS
from intents.knowledge import Knowledge

LIKELY = 0.05
"""Below this score a topic isn't what was typed."""
SHORTEST = 2
"""Characters from which on a text is looked for in titles and questions; 「a」 is in too many."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One answer that fits."""

    id: str
    title: str
    reply: Reply


def search(knowledge: Knowledge, text: str, most: int) -> tuple[SearchResult, ...]:
    """At most so many short answers, the likeliest first; for no words the first topics of the FAQ.

    Danger to life is answered alone.
    """
    faq, text = knowledge.faq, text.strip()
    if not text:
        return tuple(_found(faq, intent) for intent in faq.intents if intent.answer.basis)[:most]
    match = knowledge.matcher.match(text)
    if text.isascii() and len(text) < SHORTEST:
        return ()
    if match.intent == CRISIS and CRISIS in faq.by_id:
        return (_found(faq, faq.by_id[CRISIS]),)
    likely = match.candidates if match.decision is not Decision.FALLBACK else ()
    near = [faq.by_id[each.intent] for each in likely if each.intent in faq.by_id and each.score >= LIKELY]
    fitting = dict.fromkeys(intent.id for intent in (*near, *_mentioning(faq, text)) if intent.id != CRISIS)
    return tuple(_found(faq, faq.by_id[key]) for key in fitting)[:most]


def _mentioning(faq: FAQ, text: str) -> Iterator[Intent]:
    """The intents whose title or questions contain the text."""
    if len(text) < SHORTEST:
        return
    for intent in faq.intents:
        if any(text in each for each in (intent.title, *intent.questions)):
            yield intent


def _found(faq: FAQ, intent: Intent) -> SearchResult:
    return SearchResult(intent.id, intent.title, answers.render_summary(faq, intent, ask_vote=False))

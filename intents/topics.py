"""Finds a topic by what operators call it: its id or its title."""

import unicodedata
from difflib import get_close_matches

from intents.errors import ExpectedError
from intents.faq.schema import FAQ, OUT_OF_SCOPE

_AROUND = "【】[]「」“”\"'《》 \t\r\n\u3000"
"""What people copy along with a title."""


class UnknownTopicError(ExpectedError):
    """No topic is called so; one line in Chinese that names the likeliest."""


def topic_id(faq: FAQ, name: str) -> str:
    """The id of the topic with this id or title, or OUT_OF_SCOPE; raises UnknownTopicError."""
    bare = unicodedata.normalize("NFKC", name).strip(_AROUND)
    if bare == OUT_OF_SCOPE or bare in faq.by_id:
        return bare
    titles = {intent.title: intent.id for intent in faq.intents}
    folded = {unicodedata.normalize("NFKC", title): key for title, key in titles.items()}
    if bare in folded:
        return folded[bare]
    close = next(iter(get_close_matches(bare, [*faq.by_id, *titles], 1)), None)
    if close is None:
        raise UnknownTopicError(f"没有话题“{name}”，请对照 faq.yaml 里的 id 或 title，或用 youshu where 找")
    meant = topic_name(faq, titles[close]) if close in titles else f"“{close}”"
    raise UnknownTopicError(f"没有话题“{name}”，你是不是想写{meant}")


def topic_name(faq: FAQ | None, intent: str | None) -> str:
    """A topic in messages: its title with its id."""
    if intent is None or intent == OUT_OF_SCOPE:
        return "不归这里管的问题"
    found = faq.by_id.get(intent) if faq else None
    return f"“{found.title}”（{intent}）" if found else f"“{intent}”"

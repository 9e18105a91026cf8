"""The numbers that content is held to: lengths, counts, ages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContentLimits:
    """The bounds of good content."""

    questions: int = 15
    """At least so many for each intent."""
    question: int = 200
    """Characters of a question; a longer one is a story."""
    summary: int = 120
    """Characters of a summary, with its parameters filled in."""
    sentence: int = 60
    """Characters of one sentence; longer ones aren't read to the end on a phone."""
    answer: int = 700
    """Characters of a whole answer with its parameters filled in, the basis apart; more isn't read to the end."""
    title: int = 12
    """Characters of a button's label."""
    lines: tuple[int, int] = (2, 6)
    """Lines of consequences, rights and steps."""
    related: tuple[int, int] = (2, 4)
    """Topics offered next."""
    review_days: int = 365
    """After so many days an answer must be reviewed again."""
    near: float = 92.0
    """From here on two questions are nearly equal: rapidfuzz's ratio of their normalised forms, 0 to 100; at least 90."""
    telegram_units: int = 4096
    """UTF-16 code units of one message. https://core.telegram.org/bots/api#sendmessage"""
    wechat_bytes: int = 1800
    """UTF-8 bytes of one passive reply: 2048 by the documents, fewer by experience (silenceper/wechat#673)."""
    wechat_link_bytes: int = 150
    """UTF-8 bytes of one menu link: two labels, a value and the markup."""
    wechat_links: int = 3
    """Links that always go with a part: the topics that come next; the others are answered by a number."""

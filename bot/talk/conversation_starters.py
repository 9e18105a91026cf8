"""What a talk can begin with: a few topics that most people come for."""

from bot.choices import OpenMenu
from bot.messages import Choice
from bot.talk import answers
from intents import FAQ

STARTERS = ("home_visit", "contacts_harassed", "lawsuit", "cannot_repay", "negotiate_how", "stress")
"""Intents offered on the first screen, in this order; one that the FAQ doesn't have is left out."""

ALL_TOPICS = Choice("全部话题", OpenMenu().encode())


def starters(faq: FAQ) -> tuple[Choice, ...]:
    """The buttons of the first screen."""
    return (*answers.topics(faq, STARTERS), ALL_TOPICS)

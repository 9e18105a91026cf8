"""Taps that need no answer: the same button twice, and pages that a later tap turns on."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from telegram import Message, Update

from bot import choices
from bot.channels.telegram.queued_update import Count, QueuedUpdate

DOUBLE_TAP_SECONDS: Final = 2.0
"""The same button twice within it is one tap."""
REMEMBERED: Final = 256
"""Of how many chats the last tap is remembered."""

SUPERSEDED: Final = "superseded"
DOUBLE_TAP: Final = "double_tap"


@dataclass(frozen=True, slots=True)
class Tap:
    """Somebody's tap on a button."""

    message: int
    data: str
    user: int

    @classmethod
    def of(cls, update: Update) -> "Tap | None":
        """The tap that an update tells of."""
        query = update.callback_query
        if query is None or not isinstance(query.message, Message) or query.data is None:
            return None
        return cls(query.message.message_id, query.data, query.from_user.id)

    @property
    def leafs(self) -> bool:
        """Whether it only turns pages: nothing is lost when a later one is drawn in its place."""
        choice = choices.decode(self.data)
        return isinstance(choice, choices.OpenSection | choices.OpenGroup | choices.OpenMenu)

    @property
    def in_crisis(self) -> bool:
        """Whether it answers in the talk about danger to life."""
        return isinstance(choices.decode(self.data), choices.CrisisAnswer)


@dataclass(frozen=True)
class TapFilter:
    """Knows the last tap of each chat."""

    count: Count
    _last: OrderedDict[int, tuple[Tap, float]] = field(default_factory=OrderedDict, repr=False)

    def drops(self, chat: int, queued: QueuedUpdate, following: QueuedUpdate | None) -> bool:
        """Whether a tap needs no answer: the same a moment ago, or a later one leafs on in the same message.

        Args:
            chat: where.
            queued: whose turn it is; what is no tap is never dropped.
            following: what waits behind it in the chat.
        """
        tap = Tap.of(queued.update)
        if tap is None:
            self._last.pop(chat, None)
            return False
        last, at = self._last.get(chat, (None, 0.0))
        if tap == last and queued.arrived - at < DOUBLE_TAP_SECONDS and not tap.in_crisis:
            self.count(DOUBLE_TAP)
            return True
        later = Tap.of(following.update) if following is not None else None
        if later is not None and tap.leafs and later.leafs and (tap.message, tap.user) == (later.message, later.user):
            self.count(SUPERSEDED)
            return True
        self._last.pop(chat, None)
        self._last[chat] = (tap, queued.arrived)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return False

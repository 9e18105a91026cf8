"""The sentence that each person's last answers were given to, in memory only: for the vote that may follow."""

from collections import OrderedDict
from dataclasses import dataclass, field

from bot.messages import ChatIdentity

PEOPLE = 5_000
"""So many people's sentences are held; then the one heard from longest ago goes."""
ANSWERS = 4
"""So many of one person's answers, the last ones."""
SECONDS = 3600
"""A vote that comes later is counted without its sentence."""


@dataclass(frozen=True, slots=True)
class RecentQuestion:
    """A masked sentence, and the form in which it is compared."""

    text: str
    likeness: str
    at: int
    """Seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class RecentQuestions:
    """What was asked, by person and by the topic that answered."""

    _people: OrderedDict[ChatIdentity, OrderedDict[str, RecentQuestion]] = field(default_factory=OrderedDict)

    def put(self, person: ChatIdentity, intents: tuple[str, ...], question: RecentQuestion) -> None:
        """Keep what these topics were the answer to, or may become it."""
        own = self._people.setdefault(person, OrderedDict())
        self._people.move_to_end(person)
        for intent in intents:
            own[intent] = question
            own.move_to_end(intent)
        while len(own) > ANSWERS:
            own.popitem(last=False)
        while len(self._people) > PEOPLE:
            self._people.popitem(last=False)

    def take(self, person: ChatIdentity, intent: str, now: int) -> RecentQuestion | None:
        """The sentence that this topic answered, once; None where none is held, or it is too old."""
        found = self._people.get(person, OrderedDict()).pop(intent, None)
        return found if found is not None and now - found.at <= SECONDS else None

    def forget(self, person: ChatIdentity) -> None:
        """Drop all that is held of a person, in private and in groups."""
        for each in person.everywhere:
            self._people.pop(each, None)

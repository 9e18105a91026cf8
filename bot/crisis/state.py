"""What the talk about danger to life knows: facts, never words that anybody wrote."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EXPIRES_AFTER = timedelta(hours=6)
"""So long after the last word about it the talk begins anew."""

REMEMBERED = 40
"""How many of the lines said are remembered, so that none comes twice before the others were said."""


class Whose(StrEnum):
    """Whose life is in danger."""

    OWN = "own"
    OTHER = "other"


class Happening(StrEnum):
    """What is happening now."""

    TOOK = "took"
    HURT = "hurt"
    PLACE = "place"
    MEANS = "means"
    AIR = "air"
    """The air of the room is deadly."""
    HARM = "harm"
    """Who writes is afraid of hurting a child or somebody else."""
    STILL = "still"
    """Another one who can't be woken, doesn't breathe, or is found dead."""
    MISSING = "missing"
    """Another one who can't be reached, or has left a note."""
    UNSAID = "unsaid"
    """It is happening; how wasn't said."""


class Company(StrEnum):
    """Who is with the one in danger."""

    ALONE = "alone"
    WITH = "with"
    FAR = "far"
    """Whoever is writing can't get there."""


class Age(StrEnum):
    """Whether the one in danger is of age."""

    GROWN = "grown"
    CHILD = "child"


@dataclass(frozen=True, slots=True)
class CrisisState:
    """Where a talk about danger to life stands."""

    since: datetime
    """Aware; when something was last said about it."""
    whose: Whose = Whose.OWN
    whom: str | None = None
    """Which relative or friend: a name under `people` in script.yaml."""
    age: Age | None = None
    """Of the one in danger."""
    happening: Happening | None = None
    """What is happening now, until somebody is there or it is said to be over."""
    company: Company | None = None
    threatened: bool = False
    """Others beat, break the door, or won't let the person go: they are never shown the phone."""
    child_grown: bool = False
    """The child whom the person thought of calling is of age."""
    both: bool = False
    """The one who writes and the other were both in danger."""
    gone: bool = False
    """The other one has died: whoever is left is cared for."""
    over: bool = False
    """Said in plain words, or handed to people: only new danger brings it back."""
    aside: bool = False
    """The last reply was an answer to a question about debt."""
    said: tuple[str, ...] = ()
    """The lines said, oldest first, by their names."""

    def expired(self, now: datetime) -> bool:
        """Whether it is too long ago to go on with."""
        return now - self.since > EXPIRES_AFTER

"""What the talk does with danger to life: the crisis reply, then staying with the person (law.md 7.2). Pure functions.

The conversation calls, for every text message, after the match and before anything else looks at the text:

    respond(faq, crisis, text, *, signal: DangerSignal | None, match: Match, now: datetime) -> CrisisOutcome

and keeps `CrisisOutcome.crisis` in the talk. `words(choice)` is the text that a tapped `c:…` button stands for; `choice(value)` labels it
again. Any other tap is answered as usual and leaves the crisis as it is.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.crisis.words import BUILT_IN, NUMBERS, NUMBERS_FIRST, OWN, READ, RELATIVE, SOFT, STAY, STAY_RELATIVE, CrisisCue
from bot.messages import Choice, Reply, Section
from intents import FAQ, Decision, Match
from intents.danger.detector import CRISIS, WORDING, DangerSignal, SignalKind

EXPIRES_AFTER = timedelta(hours=6)
"""So long after the last word about it the talk begins anew."""

REMEMBERED = 24
"""How many of the lines said are remembered, so that none comes twice."""

NUMBERS_EVERY = 3
"""In every so manieth turn the numbers are said even if the line doesn't have them."""

SMALL_TALK = frozenset({CRISIS, "stress", "human_help", "greeting", "thanks", "capabilities", "about_bot"})
"""Answers that are no sign that someone has turned to a debt question."""

EASING = frozenset({CrisisCue.CALM, CrisisCue.DENIES})
"""After these only new danger brings the crisis back."""

QUESTION_CHARACTERS = 6
"""A debt question has at least so many characters; 「嗯」 and 「不想」 aren't one, whatever they score."""

BUTTONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "c:here": ("我在", "我在"),
        "c:unsafe": ("我现在不安全", "我现在不安全"),
        "c:alone": ("身边没有人", "身边没有人"),
        "c:better": ("好一些了", "好一些了"),
    }
)
"""Value: label, and the words that a tap stands for."""


@dataclass(frozen=True, slots=True)
class CrisisState:
    """Where a talk about danger to life stands."""

    since: datetime
    """Aware; when something was last said about it."""
    step: int = 1
    """How many replies were given."""
    relative: bool = False
    """Someone else's life is in danger."""
    deescalated: bool = False
    """The person has calmed or turned to a debt question: only new danger brings it back."""
    said: tuple[str, ...] = ()
    """The lines said, oldest first, as list:number."""

    def expired(self, now: datetime) -> bool:
        """Whether it is too long ago to go on with."""
        return now - self.since > EXPIRES_AFTER


@dataclass(frozen=True, slots=True)
class CrisisOutcome:
    """What safety wants of this turn."""

    reply: Reply | None = None
    """To be sent, and nothing else; None: answer as usual."""
    crisis: CrisisState | None = None
    """To be kept in the talk."""
    line: str | None = None
    """To stand under the usual answer."""


def respond(
    faq: FAQ, crisis: CrisisState | None, text: str, *, signal: DangerSignal | None, match: Match, now: datetime
) -> CrisisOutcome:
    """The turn's care; no danger and no crisis is an empty one."""
    if crisis is not None and crisis.expired(now):
        crisis = None
    by_score = match.decision is Decision.ANSWER and match.intent == CRISIS
    if signal is None and (crisis is None or crisis.deescalated) and not by_score:
        return CrisisOutcome(crisis=crisis)
    if crisis is None:
        return begin(faq, signal, now)
    heard = _heard(text, signal)
    if heard is CrisisCue.OTHER and by_score:
        heard = CrisisCue.AGAIN
    if signal is None and heard is CrisisCue.OTHER and _asks_about_debt(text, match):
        return CrisisOutcome(crisis=replace(crisis, deescalated=True, since=now), line=SOFT)
    return _go_on(crisis, heard, signal, now)


def begin(faq: FAQ, signal: DangerSignal | None, now: datetime) -> CrisisOutcome:
    """The first reply: heard, the question of safety, the numbers, someone to come; numbers first when it is happening."""
    relative = signal is not None and signal.kind is SignalKind.RELATIVE
    lines = [Section((NUMBERS_FIRST,))] if signal is not None and signal.urgent else []
    intent = faq.by_id.get(CRISIS)
    if intent is None:
        lines += [Section((line,)) for line in BUILT_IN]
    else:
        summary = faq.fill(intent.answer.summary)
        complete = all(number in summary for number in ("110", "120", "12356"))
        lines += [Section((summary,)), *([] if complete else [Section((NUMBERS,))])]
    lines.append(Section((STAY_RELATIVE if relative else STAY,)))
    return CrisisOutcome(_reply(lines), CrisisState(since=now, relative=relative))


def words(value: str) -> str | None:
    """The text that a tap on one of these buttons stands for; None for any other button."""
    return BUTTONS[value][1] if value in BUTTONS else None


def choice(value: str) -> Choice | None:
    """One of these buttons, labelled again; None for any other value."""
    return Choice(BUTTONS[value][0], value) if value in BUTTONS else None


def _go_on(crisis: CrisisState, heard: CrisisCue, signal: DangerSignal | None, now: datetime) -> CrisisOutcome:
    relative = crisis.relative if signal is None else signal.kind is SignalKind.RELATIVE
    key, line = _unsaid(heard, crisis.said, relative=relative)
    lines = [Section((line,))]
    step = crisis.step + 1
    deescalated = heard in EASING
    if not deescalated and step % NUMBERS_EVERY == 0 and not any(number in line for number in ("110", "120", "12356")):
        lines.append(Section((NUMBERS,)))
    said = (*crisis.said, key)[-REMEMBERED:]
    return CrisisOutcome(
        _reply(lines, deescalated=deescalated),
        CrisisState(now, step, relative=relative, deescalated=deescalated, said=said),
    )


def _heard(text: str, signal: DangerSignal | None) -> CrisisCue:
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    read = next((heard for heard, pattern in READ if re.search(pattern, plain)), None)
    if signal is None:
        return read or CrisisCue.OTHER
    if signal.pattern == WORDING and read is not None and read not in EASING:
        # In an answer to our own questions the wording sounds like danger whatever it says: 「身边没有人」. Of calm it isn't believed.
        return read
    # 「我没想死」 holds the words of danger, and says that there is none.
    denies = dict(READ)[CrisisCue.DENIES]
    if not signal.urgent and re.search(denies, plain):
        return CrisisCue.DENIES
    return CrisisCue.UNSAFE if signal.urgent else CrisisCue.AGAIN


def _unsaid(heard: CrisisCue, said: tuple[str, ...], *, relative: bool) -> tuple[str, str]:
    """The next line for what was heard that wasn't said yet; from the general ones when all were; else the oldest."""
    lines = {
        f"{'r' if relative else 'o'}.{name}:{number}": line
        for name in (heard, CrisisCue.OTHER, CrisisCue.HERE)
        for number, line in enumerate((RELATIVE if relative else OWN)[name])
    }
    key = next((key for key in lines if key not in said), None)
    if key is None:
        key = min(lines, key=lambda each: max(n for n, other in enumerate(said) if other == each))
    return key, lines[key]


def _asks_about_debt(text: str, match: Match) -> bool:
    if match.decision is not Decision.ANSWER or match.intent is None or match.intent in SMALL_TALK:
        return False
    return sum(c.isalnum() for c in text) >= QUESTION_CHARACTERS


def _reply(lines: list[Section], *, deescalated: bool = False) -> Reply:
    buttons = () if deescalated else tuple(Choice(label, value) for value, (label, _) in BUTTONS.items())
    return Reply(Decision.ANSWER, tuple(lines), intent=CRISIS, choices=buttons)

"""What every turn reads and writes, for many turns in one round trip."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ChatIdentity
from bot.store.statements import Statements
from bot.talk.state import ConversationState


@dataclass(frozen=True, slots=True)
class Handoff:
    """A talk that an operator has taken."""

    person: ChatIdentity
    admin: ChatIdentity
    until: int
    """Seconds since 1970 UTC; the bot speaks again from then on."""


@dataclass(frozen=True, slots=True)
class TurnContext:
    """All that a turn starts from, in one round trip."""

    talk: ConversationState = field(default_factory=ConversationState)
    taken: Handoff | None = None
    """The person's talk is in an operator's hands."""
    holds: Handoff | None = None
    """The person is an operator and holds someone's talk."""


@dataclass(frozen=True, slots=True)
class TurnRead:
    """What a turn asks for at its beginning."""

    person: ChatIdentity
    handovers_too: bool


@dataclass(frozen=True, slots=True)
class TurnWrite:
    """What a turn leaves at its end."""

    person: ChatIdentity
    state: str
    """The talk as it is stored."""
    at: int
    outcome: tuple[str, str, str] | None = None
    """Day, decision and intent to be counted."""


async def load_turns(
    connection: AsyncConnection, statements: Statements, wanted: Sequence[TurnRead], now: int
) -> Sequence[TurnContext]:
    """What each turn asks for, in their order."""
    keys = [(each.person.channel, each.person.user) for each in wanted]
    rows = await connection.execute(statements.states, {"people": keys})
    talks = {(channel, user): ConversationState.from_json(state) for channel, user, state in rows}
    handovers: Sequence[Handoff] = ()
    if any(each.handovers_too for each in wanted):
        found = await connection.execute(statements.handovers, {"now": now})
        handovers = [Handoff(ChatIdentity(row[0], row[1]), ChatIdentity(row[2], row[3]), row[4]) for row in found]
    taken = {each.person: each for each in handovers}
    held = {each.admin: each for each in handovers}
    return [
        TurnContext(talks.get(key, ConversationState()), taken.get(each.person), held.get(each.person))
        if each.handovers_too
        else TurnContext(talks.get(key, ConversationState()))
        for key, each in zip(keys, wanted, strict=True)
    ]


async def save_turns(connection: AsyncConnection, statements: Statements, kept: Sequence[TurnWrite]) -> None:
    """Keep talks, the last of each person, and count outcomes.

    Always in the same order of rows, so that no two transactions wait for each other.
    """
    rows = {
        (each.person.channel, each.person.user): {
            "channel": each.person.channel,
            "user": each.person.user,
            "state": each.state,
            "updated_at": each.at,
        }
        for each in kept
    }
    await connection.execute(statements.talk, [rows[key] for key in sorted(rows)])
    counts = Counter(each.outcome for each in kept if each.outcome is not None)
    if counts:
        counted = [
            {"day": day, "decision": decision, "intent": intent, "count": count}
            for (day, decision, intent), count in sorted(counts.items())
        ]
        await connection.execute(statements.outcome, counted)

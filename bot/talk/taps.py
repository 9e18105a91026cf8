"""What a tapped button does, or one that was named by its number or label."""

from collections.abc import Callable
from dataclasses import replace

from bot import choices
from bot.choices import ChoiceValue
from bot.messages import Choice, Reply
from bot.store.analytics import ClarifyChoice, TurnEvent, Vote
from bot.talk import answers, wording
from bot.talk.state import VOTED, ConversationState
from bot.talk.text_commands import Command
from bot.talk.turn import Turn, TurnResult, answered, in_own_words, missed, section, summary
from intents import Intent


def handle_tap(turn: Turn, tap: ChoiceValue | None) -> TurnResult:  # noqa: PLR0911 -- one branch a kind
    """Do what a button says; one that is none of ours shows the menu."""
    match tap:
        case choices.OpenTopic(intent=key):
            return _about(turn, key, lambda intent: answered(turn, summary(turn, intent), _picked(turn, key)))
        case choices.OpenSection(intent=key, part=part):
            return _about(turn, key, lambda intent: answered(turn, section(turn, intent, part)))
        case choices.CastVote(intent=key):
            return _about(turn, key, lambda intent: _voted(turn, intent, useful=tap.useful))
        case choices.GiveReason(intent=key, reason=reason):
            return _about(turn, key, lambda intent: _reasoned(turn, intent, reason))
        case choices.OpenGroup(group=group, page=page):
            return in_own_words(turn.state, answers.group(turn.faq, group, page))
        case choices.NoneOfThese():
            return _none_of_these(turn)
        case choices.CallOperator():
            return replace(in_own_words(turn.state, wording.text_reply(wording.CALLED)), call=True)
        case choices.Forget(answer=answer):
            return _forget(turn, answer)
        case _:
            return in_own_words(turn.state, answers.menu())


def _about(turn: Turn, key: str, then: Callable[[Intent], TurnResult]) -> TurnResult:
    """What the tap does with its topic, where the FAQ still has it."""
    intent = turn.faq.by_id.get(key)
    if intent is None:
        return in_own_words(turn.state, wording.text_reply(wording.GONE, choices=answers.group_choices()))
    return then(intent)


def _picked(turn: Turn, key: str) -> TurnEvent:
    """What is learned when one of several offered topics is taken."""
    asked = turn.state.asked
    return TurnEvent(clarify_choice=ClarifyChoice(asked, key) if asked else None)


def _voted(turn: Turn, intent: Intent, *, useful: bool) -> TurnResult:
    thanks, why = wording.text_reply(wording.VOTED_UP), answers.reason_choices(intent)
    reply = thanks if useful else wording.text_reply(wording.VOTED_DOWN, choices=why)
    return _with_vote(turn, reply, Vote(intent.id, useful=useful))


def _reasoned(turn: Turn, intent: Intent, reason: str) -> TurnResult:
    known = reason if reason in wording.REASONS else "other"
    return _with_vote(turn, wording.text_reply(wording.VOTED_REASON), Vote(intent.id, useful=False, reason=known))


def _with_vote(turn: Turn, reply: Reply, vote: Vote) -> TurnResult:
    others = (each for each in turn.state.voted if each != vote.intent)
    voted = replace(turn.state, voted=(*others, vote.intent)[-VOTED:])
    return replace(in_own_words(voted, reply), event=TurnEvent(vote=vote))


def _none_of_these(turn: Turn) -> TurnResult:
    misses = turn.state.misses + 1
    line = wording.ANOTHER if misses == 1 else wording.fallback(turn.faq, misses)
    return missed(turn, line, replace(_picked(turn, "none"), decision="fallback"))


def _forget(turn: Turn, answer: str) -> TurnResult:
    """Delete what is kept, after having asked."""
    if answer == choices.Forget.YES:
        return TurnResult(wording.FORGOTTEN, ConversationState(), effect=Command.FORGET)
    if answer == choices.Forget.NO:
        return in_own_words(turn.state, wording.text_reply(wording.FORGET_KEPT))
    buttons = tuple(
        Choice(label, choices.Forget(said).encode())
        for label, said in ((wording.FORGET_YES, choices.Forget.YES), (wording.FORGET_NO, choices.Forget.NO))
    )
    return in_own_words(turn.state, wording.text_reply(wording.FORGET_ASKED, choices=buttons))

"""From a message and where the talk stands to the reply and where it stands then; pure, no I/O."""

from collections.abc import Callable
from dataclasses import replace

from bot.choices import CrisisAnswer, decode
from bot.crisis import dialogue as crisis
from bot.messages import Choice, Reply
from bot.store.analytics import TurnEvent
from bot.talk import answers, followup, text_commands, wording
from bot.talk.acknowledgement import acknowledges
from bot.talk.debt_questions import asks_about_debt
from bot.talk.message import Message
from bot.talk.questions import handle_question, heard, restored
from bot.talk.state import ConversationState
from bot.talk.taps import handle_tap
from bot.talk.text_commands import Command, fold
from bot.talk.turn import Turn, TurnResult, answered, in_own_words, summary
from intents import Decision
from intents.danger.detector import WORDING, DangerLevel

Handler = Callable[[Turn], TurnResult | Turn]
"""Answers a turn, or hands it on, perhaps with what was found."""

SURE_DANGER = 0.9
"""From this score on a message is danger to life even where it leaves out so much that it may be a follow-up."""


def respond(turn: Turn) -> TurnResult:
    """The reply of the first handler that has one, with the lines that the others left to stand below it."""
    for handle in HANDLERS:
        outcome = handle(turn)
        if isinstance(outcome, TurnResult):
            return outcome if turn.line_below is None else outcome.with_line(turn.line_below, turn.choices_below)
        turn = outcome
    raise AssertionError("the last handler answers everything")


def take_tap(turn: Turn) -> TurnResult | Turn:
    """A tapped button; one of the crisis talk stands for words, which go on as if they had been typed."""
    if not turn.tapped:
        return turn
    words = crisis.words(turn.tap.encode()) if isinstance(turn.tap, CrisisAnswer) else None
    if words is None:
        return handle_tap(turn, turn.tap)
    message = Message(words, turn.message.matcher)
    # Under an old message the talk that it belongs to may be over and forgotten: it begins anew.
    return replace(turn, message=message if turn.state.crisis is not None else message.at_level(DangerLevel.PLAIN))


def doubt_danger(turn: Turn) -> TurnResult | Turn:
    """Doubt danger to life that rests on wording alone, in a message that leaves out what the talk supplies.

    「只有一套自己住的」 is about the house of before: it is answered as such, with the numbers below it.
    """
    state, message = turn.state, turn.message
    in_talk = state.crisis is None and (state.intent is not None or bool(state.asked) or state.outside)
    by_wording = message.danger.signal is not None and message.danger.signal.pattern == WORDING
    elliptic = message.ellipsis >= followup.ELLIPTIC and message.crisis_score < SURE_DANGER
    if message.in_danger and in_talk and by_wording and elliptic:
        return replace(turn, message=message.at_level(DangerLevel.DOUBTFUL))
    return turn


def take_picked_choice(turn: Turn) -> TurnResult | Turn:
    """An offered choice that the words name, by number or by label; not where they tell of danger."""
    if turn.message.in_danger:
        return turn
    value = _picked(turn.state, turn.message.folded, restored(turn))
    if value is None:
        return turn
    return take_tap(replace(turn, tap=decode(value), tapped=True))


def forget(turn: Turn) -> TurnResult | Turn:
    """「删除我的数据」, whatever else is going on."""
    if turn.message.in_danger or text_commands.command(turn.message.folded) is not Command.FORGET:
        return turn
    return TurnResult(wording.FORGOTTEN, ConversationState(), effect=Command.FORGET)


def care_for_life(turn: Turn) -> TurnResult | Turn:
    """Danger to life comes before what the message asks; where it is doubtful, a line below the answer says where to turn."""
    message = turn.message
    danger = message.danger
    if danger.level is not DangerLevel.PLAIN and message.asks_for_help:
        danger = replace(danger, level=DangerLevel.PLAIN)
    debt = asks_about_debt(message.text, message.match)
    care = crisis.respond(turn.state.crisis, message.text, danger=danger, asks_about_debt=debt, now=turn.now)
    if care.crisis != turn.state.crisis:
        turn = replace(turn, state=replace(turn.state, crisis=care.crisis))
    if care.reply is not None:
        called = turn.has_staff and text_commands.calls_operator(message.folded)
        return replace(_in_crisis(turn.state, care.reply), call=called)
    return turn if care.line is None else replace(turn, line_below=care.line, choices_below=care.choices)


def acknowledge(turn: Turn) -> TurnResult | Turn:
    """「哈哈」 or 「ok」 after something that the bot said; the topic and what can be tapped stay as they are."""
    state, message = turn.state, turn.message
    said = state.intent is not None or bool(state.offered)
    if not said or message.exact or not acknowledges(message.text):
        return turn
    return heard(turn)


def refuse_number(turn: Turn) -> TurnResult | Turn:
    """A number beyond the choices that are on the table."""
    number = text_commands.number(turn.message.folded)
    if number is None or not turn.state.offered:
        return turn
    line = wording.NO_SUCH_NUMBER.format(number=number, last=len(turn.state.offered))
    return in_own_words(turn.state, wording.text_reply(line, choices=restored(turn), decision=Decision.CLARIFY))


def run_command(turn: Turn) -> TurnResult | Turn:
    """「菜单」, 「返回」, 「帮助」 and their like."""
    command = text_commands.command(turn.message.folded)
    if command is None:
        return turn
    state, groups = turn.state, answers.group_choices()
    if command is Command.BACK:
        return _back(turn)
    if command is Command.NEW:
        new = replace(state, intent=None, part=None, trail=(), misses=0, outside=False)
        return in_own_words(new, wording.text_reply(wording.NEW_QUESTION, choices=groups, decision=Decision.CLARIFY))
    if command is Command.HELP:
        return in_own_words(state, wording.text_reply(*wording.HELP, choices=groups))
    if command is Command.PRIVACY:
        first, *others = wording.PRIVACY
        return in_own_words(state, wording.text_reply(first.format(days=turn.retention_days), *others))
    return in_own_words(state, answers.menu())


def ask_for_words(turn: Turn) -> TurnResult | Turn:
    """A message without a word in it: a sticker, a picture, punctuation."""
    if turn.message.folded:
        return turn
    return in_own_words(turn.state, wording.text_reply(wording.WORDS_PLEASE, decision=Decision.FALLBACK))


HANDLERS: tuple[Handler, ...] = (
    take_tap,
    doubt_danger,
    take_picked_choice,
    forget,
    care_for_life,
    acknowledge,
    refuse_number,
    run_command,
    ask_for_words,
    handle_question,
)
"""Who looks at a turn, in this order; the last answers whatever is left."""


def _picked(state: ConversationState, folded: str, offered: tuple[Choice, ...]) -> str | None:
    number = text_commands.number(folded)
    if number is not None and 1 <= number <= len(state.offered):
        return state.offered[number - 1]
    return next((choice.value for choice in offered if fold(choice.label) == folded), None)


def _in_crisis(state: ConversationState, reply: Reply) -> TurnResult:
    """After a word about danger to life: the topic of before is left alone, nothing else is on the table."""
    offered = tuple(choice.value for choice in reply.choices)
    state = replace(state, offered=offered, asked=(), misses=0, outside=False)
    return TurnResult(reply, state, TurnEvent(reply.decision.value, reply.intent))


def _back(turn: Turn) -> TurnResult:
    """From a part to the short form, from there to the topic before, from the first to the menu."""
    faq, state = turn.faq, turn.state
    shown = faq.by_id.get(state.intent or "")
    if shown is not None and state.part is not None:
        return answered(turn, summary(turn, shown))
    trail = [each for each in state.trail if each in faq.by_id]
    if not trail:
        return in_own_words(replace(state, intent=None, part=None), answers.menu())
    result = answered(turn, summary(turn, faq.by_id[trail[-1]]))
    return replace(result, talk=replace(result.talk, trail=tuple(trail[:-1])))

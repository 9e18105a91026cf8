"""What a question gets: an answer, a question back, or a kind word that it isn't understood."""

from dataclasses import replace

from bot.crisis import dialogue as crisis
from bot.messages import Choice, Reply, Section
from bot.privacy import mask
from bot.store.analytics import Doubt, DoubtKind, TurnEvent
from bot.talk import answers, followup, wording
from bot.talk.followup import Interpretation
from bot.talk.message import Message
from bot.talk.text_commands import fold
from bot.talk.turn import Turn, TurnResult, answered, in_own_words, missed, section, summary
from intents import Decision
from intents.danger.detector import DangerLevel

MISS_CHARACTERS = 200
"""How much of a message that wasn't understood an operator sees."""

COMFORT = "stress"
"""The intent that answers whoever sighs and asks nothing: "I don't understand" would be the coldest thing to say."""

UNCLEAR_IN_A_ROW = 2
"""After so many turns without an answer the bot stops asking back and shows the menu."""


def handle_question(turn: Turn) -> TurnResult:
    """Answer what the message means in the light of the talk, ask which of several, or say that it isn't understood."""
    meant = followup.interpret(turn.faq, turn.state, turn.message)
    if meant.acknowledges:
        return heard(turn)
    if meant.decision is Decision.ANSWER:
        return answered(turn, _reply(turn, meant))
    if meant.decision is Decision.CLARIFY and not meant.intents:
        return in_own_words(turn.state, replace(answers.menu(), sections=(Section((wording.WHICH_TOPIC,)),)))
    again = set(meant.intents) == set(turn.state.asked)
    if meant.decision is Decision.CLARIFY and not again and turn.state.misses < UNCLEAR_IN_A_ROW:
        return _asked_back(turn, meant)
    comfort = turn.faq.by_id.get(COMFORT)
    if comfort is not None and turn.message.danger.level is DangerLevel.DOUBTFUL:
        return answered(turn, summary(turn, comfort))
    return _not_understood(turn)


def restored(turn: Turn) -> tuple[Choice, ...]:
    """The choices offered last, with their labels."""
    found = (answers.choice(turn.faq, value) or crisis.choice(value) for value in turn.state.offered)
    return tuple(choice for choice in found if choice is not None)


def heard(turn: Turn) -> TurnResult:
    """A word to whoever only takes note of an answer; the topic and what can be tapped stay as they are."""
    if turn.state.asked:
        reply = wording.text_reply(wording.WHICH_OF_THESE, choices=restored(turn), decision=Decision.CLARIFY)
        return TurnResult(reply, turn.state)
    return TurnResult(wording.text_reply(wording.HEARD), turn.state)


def _reply(turn: Turn, meant: Interpretation) -> Reply:
    """The answer, with further questions or another reading beneath it."""
    intent = turn.faq.by_id[meant.intents[0]]
    reply = section(turn, intent, meant.part) if meant.part else summary(turn, intent)
    beside = (meant.beside,) if meant.beside is not None else ()
    for ids, line in ((beside, wording.BESIDE), (meant.also_asked, wording.ALSO)):
        named = answers.topics(turn.faq, [each for each in ids if each != intent.id])
        if named:
            titles = "、".join(f"“{choice.label}”" for choice in named)
            others = tuple(choice for choice in reply.choices if choice not in named)
            added = Section((line.format(titles=titles),))
            reply = replace(reply, sections=(*reply.sections, added), choices=(*named, *others))
    return reply


def _asked_back(turn: Turn, meant: Interpretation) -> TurnResult:
    result = in_own_words(turn.state, answers.clarify(turn.faq, meant.intents))
    state = replace(result.talk, asked=meant.intents, misses=turn.state.misses + 1)
    text, likeness = masked_question(turn.message)
    doubt = Doubt(DoubtKind.ASKED_BACK, meant.intents[0], text, likeness)
    return replace(result, talk=state, event=TurnEvent("clarify", meant.intents[0], doubt=doubt))


def masked_question(message: Message) -> tuple[str, str]:
    """What an operator may see of a message, and the form in which it is compared with others."""
    masked = mask(message.text)[:MISS_CHARACTERS]
    return masked, fold(masked) or message.folded[:MISS_CHARACTERS]


def _not_understood(turn: Turn) -> TurnResult:
    masked, likeness = masked_question(turn.message)
    event = TurnEvent("fallback", miss=masked, likeness=likeness)
    result = missed(turn, wording.fallback(turn.faq, turn.state.misses + 1), event)
    return replace(result, talk=replace(result.talk, outside=True))

"""From a message and where the talk stands to the reply and where it stands then; pure, no I/O."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto

from bot.crisis import dialogue as safety
from bot.messages import Choice, Incoming, Part, Reply, Section
from bot.privacy import mask
from bot.store.analytics import ClarifyChoice, TurnEvent, Vote
from bot.talk import answers, followup, wording
from bot.talk import text_commands as spoken
from bot.talk.debt_questions import asks_about_debt
from bot.talk.ellipsis import ellipsis
from bot.talk.state import VOTED, ConversationState
from bot.talk.text_commands import Command, fold
from intents import FAQ, Decision, Intent, Match
from intents.danger.detector import CRISIS, WORDING, DangerAssessment, DangerLevel, DangerSignal, SignalKind
from intents.faq.schema import Group
from intents.knowledge import Knowledge
from intents.matching.normalize import bounded

CHAT = frozenset({"greeting", "thanks"})
"""Intents that answer a courtesy: they don't change what the talk is about."""

MISS_CHARACTERS = 200
"""How much of a message that wasn't understood an operator sees."""

SURE_DANGER = 0.9
"""From this score on a message is danger to life even where it leaves out so much that it may be a follow-up."""

UNCLEAR_IN_A_ROW = 2
"""After so many turns without an answer the bot stops asking back and shows the menu."""


class Doubt(Enum):
    """Why danger to life is doubtful."""

    SCORE = auto()
    """Only the matcher leans to it."""
    SIGN = auto()
    """Its wording counts as a sign."""


@dataclass(frozen=True)
class TurnResult:
    """What one message leads to."""

    reply: Reply
    talk: ConversationState
    event: TurnEvent = field(default_factory=TurnEvent)
    effect: Command | None = None
    """FORGET: everything kept of the person is to go, instead of keeping the talk."""
    call: bool = False
    """Operators are to be told that the person wants one of them."""


@dataclass(frozen=True)
class Responder:
    """Answers one message; holds only what every turn needs alike."""

    knowledge: Knowledge
    retention_days: int
    has_staff: bool = False
    """An operator could come when called."""

    @property
    def faq(self) -> FAQ:
        """The FAQ of this turn."""
        return self.knowledge.faq

    def respond(
        self, talk: ConversationState, incoming: Incoming, danger: DangerAssessment, now: datetime
    ) -> TurnResult:
        """The reply to a tap or a text; danger is what its words say of a life in danger."""
        signal = danger.signal
        found = danger.level is DangerLevel.PLAIN
        text = incoming.text
        if incoming.choice is not None:
            text = safety.words(incoming.choice) or ""
            if not text:
                return self._tapped(talk, incoming.choice)
        folded = fold(text)
        doubt = self._doubtful(talk, folded, text, signal)
        looked_at = text if incoming.choice is None else None
        signal = signal if found and not doubt else None
        value = self._picked(talk, folded) if signal is None else None
        if value is not None and safety.words(value) is None:
            return self._tapped(talk, value)
        text = safety.words(value or "") or text
        # A long message is matched without its middle, which is another text to look at.
        known = found if text == looked_at == bounded(text) else None
        match = self.knowledge.matcher.match(text, in_danger=known)
        if signal is None and spoken.command(folded) is Command.FORGET:
            return TurnResult(wording.FORGOTTEN, ConversationState(), effect=Command.FORGET)
        if doubt is Doubt.SIGN:
            danger = replace(danger, level=DangerLevel.DOUBTFUL)
        if (doubt or danger.level is DangerLevel.DOUBTFUL) and match.intent == CRISIS:
            match = replace(match, decision=Decision.FALLBACK)
        elif match.decision is Decision.ANSWER and match.intent == CRISIS and talk.crisis is None and not found:
            danger = DangerAssessment(DangerLevel.PLAIN, DangerSignal(SignalKind.INDIRECT, WORDING, ""))
        care = safety.respond(talk.crisis, text, danger=danger, asks_about_debt=asks_about_debt(text, match), now=now)
        talk = replace(talk, crisis=care.crisis)
        if care.reply is not None:
            return self._cared(talk, care.reply)
        step = self._said(talk, text, folded, match)
        if care.line is None:
            return step
        reply = replace(
            step.reply,
            sections=(*step.reply.sections, Section((care.line,))),
            choices=(*step.reply.choices, *care.choices),
        )
        return replace(step, reply=reply, talk=replace(step.talk, offered=tuple(each.value for each in reply.choices)))

    def _said(self, talk: ConversationState, text: str, folded: str, match: Match) -> TurnResult:
        """The reply to words that have nothing to do with danger to life."""
        number = spoken.number(folded)
        if number is not None and talk.offered:
            line = wording.NO_SUCH_NUMBER.format(number=number, last=len(talk.offered))
            return self._own(talk, wording.text_reply(line, choices=self._restored(talk), decision=Decision.CLARIFY))
        command = spoken.command(folded)
        if command is not None:
            return self._commanded(talk, command)
        if not folded:
            return self._own(talk, wording.text_reply(wording.WORDS_PLEASE, decision=Decision.FALLBACK))
        return self._read(talk, text, match, folded)

    def _doubtful(self, talk: ConversationState, folded: str, text: str, signal: DangerSignal | None) -> Doubt | None:
        """Whether danger rests on a score alone, in a message that leaves out what the talk supplies.

        「只有一套自己住的」 is about the house of before. It is answered as such, and where there was a signal the numbers to call
        stand under the answer.
        """
        in_talk = talk.crisis is None and (talk.intent is not None or bool(talk.asked) or talk.outside)
        by_pattern = signal is not None and signal.pattern != WORDING
        if not in_talk or by_pattern or ellipsis(folded) < followup.FITTED.elliptic:
            return None
        score = next((each.score for each in self.knowledge.matcher.rank(text) if each.intent == CRISIS), 0.0)
        if score >= SURE_DANGER:
            return None
        return Doubt.SCORE if signal is None else Doubt.SIGN

    def _cared(self, talk: ConversationState, reply: Reply) -> TurnResult:
        """After a word about danger to life: the topic of before is left alone, nothing else is on the table."""
        offered = tuple(choice.value for choice in reply.choices)
        talk = replace(talk, offered=offered, asked=(), misses=0, outside=False)
        return TurnResult(reply, talk, TurnEvent(reply.decision.value, reply.intent))

    # --- taps ---------------------------------------------------------------------------------------------------

    def _tapped(self, talk: ConversationState, value: str) -> TurnResult:
        kind, _, rest = value.partition(":")
        key, _, wanted = rest.partition(":")
        pick = (
            ClarifyChoice(talk.asked, key if kind == "i" else "none") if talk.asked and kind in {"i", "none"} else None
        )
        if kind == "none":
            return self._none_of_these(talk, pick)
        if kind == "call":
            return replace(self._own(talk, wording.text_reply(wording.CALLED)), call=True)
        if kind == "g" and key in set(Group):
            return self._own(talk, answers.group(self.faq, Group(key)))
        if kind in {"i", "p", "v", "r"}:
            return self._tapped_topic(talk, kind, key, wanted, TurnEvent(clarify_choice=pick))
        return self._own(talk, answers.menu())

    def _tapped_topic(self, talk: ConversationState, kind: str, key: str, wanted: str, event: TurnEvent) -> TurnResult:
        intent = self.faq.by_id.get(key)
        if intent is None:
            return self._own(talk, wording.text_reply(wording.GONE, choices=answers.group_choices()))
        if kind == "p" and wanted in set(Part):
            return self._answered(talk, self._part(talk, intent, Part(wanted)))
        if kind in {"v", "r"}:
            return self._voted(talk, intent, kind, wanted)
        return self._answered(talk, self._brief(talk, intent), event)

    def _voted(self, talk: ConversationState, intent: Intent, kind: str, wanted: str) -> TurnResult:
        voted = replace(talk, voted=(*(each for each in talk.voted if each != intent.id), intent.id)[-VOTED:])
        if kind == "r":
            reason = wanted if wanted in wording.REASONS else "other"
            vote, reply = Vote(intent.id, useful=False, reason=reason), wording.text_reply(wording.VOTED_REASON)
        elif wanted == "down":
            reply = wording.text_reply(wording.VOTED_DOWN, choices=answers.reason_choices(intent))
            vote = Vote(intent.id, useful=False)
        else:
            vote, reply = Vote(intent.id, useful=True), wording.text_reply(wording.VOTED_UP)
        return replace(self._own(voted, reply), event=TurnEvent(vote=vote))

    def _none_of_these(self, talk: ConversationState, pick: ClarifyChoice | None) -> TurnResult:
        misses = talk.misses + 1
        line = wording.ANOTHER if misses == 1 else wording.fallback(self.faq, misses)
        step = self._own(talk, wording.text_reply(line, choices=self._ways_out(misses), decision=Decision.FALLBACK))
        return replace(step, talk=replace(step.talk, misses=misses), event=TurnEvent("fallback", clarify_choice=pick))

    # --- words --------------------------------------------------------------------------------------------------

    def _picked(self, talk: ConversationState, folded: str) -> str | None:
        """The value of the offered choice that these words name, by number or by label."""
        number = spoken.number(folded)
        if number is not None and 1 <= number <= len(talk.offered):
            return talk.offered[number - 1]
        return next((c.value for c in self._restored(talk) if fold(c.label) == folded), None)

    def _restored(self, talk: ConversationState) -> tuple[Choice, ...]:
        """The choices offered last, with their labels."""
        found = (answers.choice(self.faq, value) or safety.choice(value) for value in talk.offered)
        return tuple(choice for choice in found if choice is not None)

    def _commanded(self, talk: ConversationState, command: Command) -> TurnResult:
        groups = answers.group_choices()
        if command is Command.BACK:
            return self._back(talk)
        if command is Command.NEW:
            new = replace(talk, intent=None, part=None, trail=(), misses=0, outside=False)
            return self._own(new, wording.text_reply(wording.NEW_QUESTION, choices=groups, decision=Decision.CLARIFY))
        if command is Command.HELP:
            return self._own(talk, wording.text_reply(*wording.HELP, choices=groups))
        if command is Command.PRIVACY:
            first, *others = wording.PRIVACY
            return self._own(talk, wording.text_reply(first.format(days=self.retention_days), *others))
        return self._own(talk, answers.menu())

    def _back(self, talk: ConversationState) -> TurnResult:
        """From a part to the short form, from there to the topic before, from the first to the menu."""
        shown = self.faq.by_id.get(talk.intent or "")
        if shown is not None and talk.part is not None:
            return self._answered(talk, self._brief(talk, shown))
        trail = [each for each in talk.trail if each in self.faq.by_id]
        if not trail:
            return self._own(replace(talk, intent=None, part=None), answers.menu())
        step = self._answered(talk, self._brief(talk, self.faq.by_id[trail[-1]]))
        return replace(step, talk=replace(step.talk, trail=tuple(trail[:-1])))

    def _read(self, talk: ConversationState, text: str, match: Match, folded: str) -> TurnResult:
        reading = followup.interpret(self.faq, self.knowledge.matcher, talk, match, folded)
        if reading.decision is Decision.ANSWER:
            return self._meant(talk, reading)
        if reading.decision is Decision.CLARIFY and not reading.intents:
            return self._own(talk, replace(answers.menu(), sections=(Section((wording.WHICH_TOPIC,)),)))
        again = reading.decision is Decision.CLARIFY and set(reading.intents) == set(talk.asked)
        if reading.decision is Decision.CLARIFY and not again and talk.misses < UNCLEAR_IN_A_ROW:
            reply = answers.clarify(self.faq, reading.intents)
            step = self._own(talk, reply)
            counted = TurnEvent("clarify", reading.intents[0])
            return replace(step, talk=replace(step.talk, asked=reading.intents, misses=talk.misses + 1), event=counted)
        return self._missed(talk, text, folded)

    def _meant(self, talk: ConversationState, reading: followup.Interpretation) -> TurnResult:
        intent = self.faq.by_id[reading.intents[0]]
        reply = self._part(talk, intent, reading.part) if reading.part else self._brief(talk, intent)
        for other, line in ((reading.secondary_intent, wording.ALSO), (reading.beside, wording.BESIDE)):
            also = self.faq.by_id.get(other or "")
            if also is not None and also is not intent:
                choice = answers.topic_choice(also)
                others = tuple(each for each in reply.choices if each != choice)
                added = Section((line.format(title=also.title),))
                reply = replace(reply, sections=(*reply.sections, added), choices=(choice, *others))
        return self._answered(talk, reply)

    def _missed(self, talk: ConversationState, text: str, folded: str) -> TurnResult:
        misses = talk.misses + 1
        line = wording.fallback(self.faq, misses)
        reply = wording.text_reply(line, choices=self._ways_out(misses), decision=Decision.FALLBACK)
        masked = mask(text)[:MISS_CHARACTERS]
        event = TurnEvent("fallback", miss=masked, likeness=fold(masked) or folded[:MISS_CHARACTERS])
        step = self._own(talk, reply)
        return replace(step, talk=replace(step.talk, misses=misses, outside=True), event=event)

    def _ways_out(self, misses: int) -> tuple[Choice, ...]:
        human = (Choice(wording.CALL, "call"),) if self.has_staff and misses > 1 else ()
        return (*answers.group_choices(), *human)

    # --- replies ------------------------------------------------------------------------------------------------

    def _brief(self, talk: ConversationState, intent: Intent) -> Reply:
        reply = answers.render_summary(self.faq, intent, ask_vote=intent.id not in talk.voted)
        if intent.id == "human_help" and self.has_staff:
            return replace(reply, choices=(Choice(wording.CALL, "call"), *reply.choices))
        return reply

    def _part(self, talk: ConversationState, intent: Intent, wanted: Part) -> Reply:
        return answers.render_section(self.faq, intent, wanted, ask_vote=intent.id not in talk.voted)

    def _answered(self, talk: ConversationState, reply: Reply, event: TurnEvent | None = None) -> TurnResult:
        """After an answer: the talk is about it."""
        intent = reply.intent or ""
        about = talk.about(intent, reply.part)
        if intent in CHAT:
            about = replace(about, intent=talk.intent, part=talk.part, trail=talk.trail)
        offered = tuple(choice.value for choice in reply.choices)
        counted = replace(event or TurnEvent(), decision=reply.decision.value, intent=intent)
        return TurnResult(reply, replace(about, offered=offered), counted)

    def _own(self, talk: ConversationState, reply: Reply) -> TurnResult:
        """After the bot's own words: the topic stays, a pending question is over."""
        offered = tuple(choice.value for choice in reply.choices)
        return TurnResult(reply, replace(talk, offered=offered, asked=(), outside=False))

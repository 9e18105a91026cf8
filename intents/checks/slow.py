"""The rules too slow for a load: nearly equal questions, and questions that another intent answers."""

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from math import ceil
from operator import add

from rapidfuzz import fuzz, process

from intents.checks.raw_faq import RawFaq, WrittenQuestion
from intents.danger.detector import CRISIS, shipped_detector
from intents.faq.problems import Problem, quoted
from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.matching.decide import Decision
from intents.matching.normalize import truncate

ProgressTracker = Callable[[Sequence[WrittenQuestion], str], Iterable[WrittenQuestion]]
"""Goes through the questions, and may show a progress bar under this title."""

SPOT_CHECKS = 10_000
"""In a larger file only so many questions are looked at for danger to life, and none is tried on a matcher, unless all are
asked for: that takes longest."""

NEAR_TOLD = 1_000
"""After so many nearly equal questions the search ends: nobody reads more of them at once."""
HOLDERS = 200
"""So many texts with one bigram are compared at most, the last ones: in a file of 20 MB thousands share one."""

_EVERYTHING = 100.0


def untracked(questions: Sequence[WrittenQuestion], _: str) -> Iterable[WrittenQuestion]:
    """Go through the questions without a progress bar."""
    return questions


def slow_problems(
    raw: RawFaq, faq: FAQ | None, track: ProgressTracker = untracked, *, spot_checks: int | None = SPOT_CHECKS
) -> Iterator[Problem]:
    """The problems that only comparing or trying the questions finds; those of trying need a FAQ without errors.

    Args:
        raw: the file as written.
        faq: the same as a FAQ; None where an error keeps it from being used.
        track: shows progress.
        spot_checks: how many questions are looked at for danger to life, spread evenly over the file; None for all.
    """
    yield from near_duplicates(raw, track)
    if faq is not None:
        yield from stolen_questions(raw, faq, track, spot_checks=spot_checks)


def near_duplicates(raw: RawFaq, track: ProgressTracker = untracked) -> Iterator[Problem]:
    """Questions of different intents that the matcher can hardly tell apart."""
    for first, second in near_pairs(raw, track):
        where = f"{raw.line_told(first.path, second.path)}（{first.intent or OUT_OF_SCOPE}）的{quoted(first.text)}"
        message = f"{quoted(second.text)}和{where}几乎一样"
        yield raw.problem(second.path, "W-NEAR-QUESTION", message, "请留在意思最近的那一边，或改得分得清")


def near_pairs(raw: RawFaq, track: ProgressTracker = untracked) -> Iterator[tuple[WrittenQuestion, WrittenQuestion]]:
    """The same as pairs, for each question at most one, the earlier question first."""
    index = NearDuplicateIndex(raw.normalized_questions, raw.limits.near)
    told = 0
    for number, question in enumerate(track(raw.questions, "比对相近的问法")):
        for other in index.earlier(number):
            first = raw.questions[other]
            if first.intent != question.intent and _letters(first.text) != _letters(question.text):
                yield first, question
                told += 1
                break
        if told == NEAR_TOLD:
            return


def near_question(raw: RawFaq, text: str) -> WrittenQuestion | None:
    """A question of another intent that is nearly equal to one of the file's own questions, compared with every other."""
    numbers = [number for number, question in enumerate(raw.questions) if question.text == text]
    texts = dict(enumerate(raw.normalized_questions))
    for own in numbers:
        near = process.extract(
            texts[own], texts, scorer=fuzz.ratio, processor=None, score_cutoff=raw.limits.near, limit=None
        )
        for _, _, other in sorted(near, key=lambda found: -found[1]):
            question = raw.questions[other]
            if question.intent != raw.questions[own].intent and _letters(question.text) != _letters(text):
                return question
    return None


def stolen_questions(
    raw: RawFaq, faq: FAQ, track: ProgressTracker = untracked, *, spot_checks: int | None = SPOT_CHECKS
) -> Iterator[Problem]:
    """Questions that are answered by another intent than their own, or although they are out of scope."""
    in_danger = dict.fromkeys(_in_danger(raw, faq, track, spot_checks))
    for question in in_danger:
        yield from _misrouted(raw, question, CRISIS)
    contested = [question for question in _contested(raw) if question not in in_danger]
    if not contested or (spot_checks is not None and len(raw.questions) > spot_checks):
        return
    # Not before: training takes as long as most rules together, and a good file needs none.
    from intents.matching.matcher import Matcher  # noqa: PLC0415

    matcher = Matcher(faq)
    for question in contested:
        match = matcher.match(question.text)
        only_offered = question.intent is None and match.decision is not Decision.ANSWER
        yield from _misrouted(raw, question, None if only_offered else match.intent)


def _contested(raw: RawFaq) -> Iterator[WrittenQuestion]:
    """Questions that two intents have word for word; any other always reaches its own."""
    intents: defaultdict[str, set[str | None]] = defaultdict(set)
    for question, text in zip(raw.questions, raw.normalized_questions, strict=True):
        intents[text].add(question.intent)
    for question, text in zip(raw.questions, raw.normalized_questions, strict=True):
        if len(intents[text]) > 1:
            yield question


def _in_danger(raw: RawFaq, faq: FAQ, track: ProgressTracker, spot_checks: int | None) -> Iterator[WrittenQuestion]:
    """Questions that tell of danger to life, which comes before everything else, and belong to another intent."""
    if CRISIS not in faq.by_id:
        return
    detector = shipped_detector()
    questions = [question for question in raw.questions if question.intent != CRISIS]
    if spot_checks is not None and len(questions) > spot_checks:
        questions = [questions[number * len(questions) // spot_checks] for number in range(spot_checks)]
    for question in track(questions, "看有没有轻生的意思"):
        if detector.is_danger(truncate(question.text)):
            yield question


def _misrouted(raw: RawFaq, question: WrittenQuestion, reached: str | None) -> Iterator[Problem]:
    """The problem of a question that is answered by this intent, or by none (None); no problem where that is its own."""
    if reached == question.intent:
        return
    asked = quoted(question.text)
    if question.intent is None:
        message, remedy = f"{asked}写在范围之外，却会被“{reached}”回答", "请看看那个话题里是不是有太像的问法"
        yield raw.problem(question.path, "W-SCOPE-ANSWERED", message, remedy)
    elif reached is None:
        remedy = "请改得具体些，或看看 out_of_scope 里是不是有同一句"
        yield raw.problem(question.path, "W-STOLEN", f"问{asked}会答不上来", remedy)
    else:
        message = f"问{asked}得到的是“{reached}”的回答"
        yield raw.problem(question.path, "W-STOLEN", message, "请把它移到那个话题，或改得分得清")


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


class NearDuplicateIndex:
    """Finds nearly equal texts without comparing each with every other.

    Two texts within d insertions and deletions share at least one of their 2d + 1 rarest bigrams, because one edit
    breaks at most two (the prefix filter of set-similarity joins, Chaudhuri and others 2006). That holds for near >= 90;
    below, an edit can break every bigram of a short text.
    """

    def __init__(self, texts: Sequence[str], near: float) -> None:
        self._texts = texts
        self._near = near
        bigrams = [{*map(add, text, text[1:])} or {text} for text in texts]
        counts = Counter(chain.from_iterable(bigrams))
        # Any order does that is the same for all texts, so that equally rare ones may stand as they come.
        rank = {bigram: place for place, bigram in enumerate(sorted(counts, key=counts.__getitem__))}
        alone = sum(count == 1 for count in counts.values())
        self._shared: list[list[int]] = []
        """By text, those of its rarest bigrams that another text has too, as their ranks."""
        for text, listed in zip(texts, bigrams, strict=True):
            rarest = sorted(map(rank.__getitem__, listed))[: self._kept(len(text))]
            self._shared.append(rarest[bisect_left(rarest, alone) :])
        self._holders: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=HOLDERS))

    def _kept(self, length: int) -> int:
        # ratio >= near bounds the other's length, and with both lengths the number of edits.
        near = self._near / _EVERYTHING
        edits = ceil((1 - near) * 2 * length / near)
        return 2 * edits + 1

    def earlier(self, number: int) -> list[int]:
        """The positions of the earlier texts that are nearly equal to this one; call it once for each text, in order."""
        text = self._texts[number]
        candidates = {
            holder: self._texts[holder] for bigram in self._shared[number] for holder in self._holders[bigram]
        }
        for bigram in self._shared[number]:
            self._holders[bigram].append(number)
        if not candidates:
            return []
        near = process.extract(text, candidates, scorer=fuzz.ratio, processor=None, score_cutoff=self._near, limit=None)
        return sorted(other for _, _, other in near)

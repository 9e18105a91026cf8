"""What a new version of the FAQ has lost against the last good one: sections, topics, a fifth of its questions."""

from collections.abc import Iterator
from dataclasses import dataclass

from intents.checks.raw_faq import RawFaq, mapping, sequence
from intents.danger.detector import CRISIS
from intents.faq.problems import Problem, quoted
from intents.faq.schema import FAQ

FELL = 0.8
"""Below this share of what there was before, questions or words count as lost."""
FEW = 10
"""Fewer than so many say nothing when some go."""
LISTED = 5
"""So many lost topics are named."""

SAFETY = (CRISIS, "stress", "illegal_collection", "human_help")
"""Topics that somebody in need is sent to; each that goes is told by itself."""


@dataclass(frozen=True, slots=True)
class ContentSize:
    """How much a FAQ holds."""

    topics: dict[str, str]
    """Titles by id."""
    questions: int
    outside: int
    """Questions out of scope."""
    words: int
    """Words of the lexicon."""
    parameters: int

    @classmethod
    def of(cls, faq: FAQ) -> "ContentSize":
        """The size of a FAQ in use."""
        return cls(
            {intent.id: intent.title for intent in faq.intents},
            sum(len(intent.questions) for intent in faq.intents),
            len(faq.out_of_scope.questions) if faq.out_of_scope else 0,
            sum(map(len, faq.lexicon)),
            len(faq.parameters),
        )

    @classmethod
    def of_raw(cls, raw: RawFaq) -> "ContentSize":
        """The size of a FAQ as it is written, which may have mistakes."""
        outside = mapping(raw.root.get("out_of_scope")).get("questions")
        return cls(
            {str(intent.get("id")): str(intent.get("title")) for _, intent in raw.intents if intent.get("id")},
            sum(len(sequence(intent.get("questions"))) for _, intent in raw.intents),
            len(sequence(outside)),
            sum(len(sequence(group)) for group in sequence(raw.root.get("lexicon"))),
            len(raw.parameters),
        )


def shrinkage(before: ContentSize, after: ContentSize, version: str, line: int = 1) -> Iterator[Problem]:
    """What the new version has lost; a problem each.

    Args:
        before: the last good version.
        after: the new one.
        version: what the last good version is called in a message.
        line: where the topics begin in the new version.
    """
    remedy = "误删了就从那一份里找回（youshu undo --list 列出备份）；是有意删的，不用管"
    for message in (*_lost_sections(before, after), *_lost_topics(before, after)):
        yield Problem(line, 1, "W-SHRUNK", f"和{version}比，{message}", remedy)


def _lost_sections(before: ContentSize, after: ContentSize) -> Iterator[str]:
    for name, had, has in (
        ("out_of_scope 里的问法", before.outside, after.outside),
        ("lexicon 里的近义词", before.words, after.words),
        ("parameters 里的参数", before.parameters, after.parameters),
        ("各话题的问法", before.questions, after.questions),
    ):
        if had and not has:
            yield f"{name}全没了（原有 {had} 个）"
        elif had >= FEW and has < had * FELL:
            yield f"{name}从 {had} 个少到 {has} 个"


def _lost_topics(before: ContentSize, after: ContentSize) -> Iterator[str]:
    lost = [key for key in before.topics if key not in after.topics]
    for key in lost:
        if key in SAFETY:
            yield f"少了话题{quoted(before.topics[key])}（{key}）：人最难的时候要靠它"
    others = [f"{quoted(before.topics[key])}（{key}）" for key in lost if key not in SAFETY]
    if others:
        more = " 等" if len(others) > LISTED else ""
        yield f"少了 {len(others)} 个话题：{'、'.join(others[:LISTED])}{more}"

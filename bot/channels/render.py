"""From a reply to messages within a channel's limits: what stands where, and where to cut; pure functions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby

from bot.channels.channel import ChannelLimits
from bot.messages import Choice, Reply, Section

Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is read."""

    text: str
    strong: bool = False
    folded: bool = False
    """In a quotation that opens when it is tapped."""


Paragraph = tuple[Line, ...]


def utf16_units(text: str) -> int:
    """The length of a text as Telegram's entities count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """The size of a text as WeChat and WeCom count it."""
    return len(text.encode("utf-8", "surrogatepass"))


def messages(reply: Reply, limits: ChannelLimits) -> list[tuple[Paragraph, ...]]:
    """The reply as messages within a channel's limits."""
    return pieces(paragraphs(reply), limits.message_size, limits.measure)


def choices_within(choices: Sequence[Choice], limits: ChannelLimits) -> Sequence[Choice]:
    """The choices that a channel can offer; it would refuse the whole message for one with too long a value."""
    fitting = [choice for choice in choices if len(choice.value.encode()) <= limits.choice_value_bytes]
    return fitting[: limits.choices]


def paragraphs(reply: Reply) -> tuple[Paragraph, ...]:
    """The reply's title and sections as paragraphs of lines."""
    title = [(Line(reply.title, strong=True),)] if reply.title else []
    files = [tuple(Line(f"{file.name}：{file.url}") for file in reply.attachments)] if reply.attachments else []
    return (*title, *(_paragraph(section) for section in reply.sections if section.lines), *files)


def pieces(text: Sequence[Paragraph], limit: int, measure: Measure = utf16_units) -> list[tuple[Paragraph, ...]]:
    """The paragraphs in as few messages as hold them in order, none larger than the limit.

    A cut falls between paragraphs; only what is too long by itself is cut between lines, then after a full stop, at
    the worst between two characters.

    Args:
        text: paragraphs, none of them empty.
        limit: the largest size of one message, in what `measure` counts.
        measure: the size of a text without markup.
    """
    made: list[tuple[Paragraph, ...]] = []
    for paragraph in text:
        for part in _fitting(paragraph, limit, measure):
            together = (*made[-1], part) if made else (part,)
            if made and measure(plain(together)) <= limit:
                made[-1] = together
            else:
                made.append((part,))
    return made


def plain(piece: Iterable[Paragraph]) -> str:
    """The text of a piece without markup, which is what limits count."""
    return "\n\n".join("\n".join(line.text for line in paragraph) for paragraph in piece)


def html(piece: Iterable[Paragraph]) -> str:
    """The piece in Telegram's HTML (https://core.telegram.org/bots/api#html-style)."""
    return "\n\n".join(_html_paragraph(paragraph) for paragraph in piece)


def _html_paragraph(paragraph: Paragraph) -> str:
    groups = ((folded, "\n".join(map(_html_line, lines))) for folded, lines in groupby(paragraph, _is_folded))
    return "\n".join(f"<blockquote expandable>{text}</blockquote>" if folded else text for folded, text in groups)


def _is_folded(line: Line) -> bool:
    return line.folded


def _html_line(line: Line) -> str:
    text = escape(line.text, quote=False)
    return f"<b>{text}</b>" if line.strong else text


def _paragraph(section: Section) -> Paragraph:
    if section.heading is None and not section.numbered:
        return tuple(Line(line) for line in section.lines)
    heading = [Line(section.heading, strong=True)] if section.heading else []
    if len(section.lines) == 1 and not section.numbered:
        return (*heading, Line(section.lines[0], folded=section.foldable))
    marks = [f"{number}. " if section.numbered else "• " for number in range(1, 1 + len(section.lines))]
    lines = zip(marks, section.lines, strict=True)
    return (*heading, *(Line(mark + line, folded=section.foldable) for mark, line in lines))


def _fitting(paragraph: Paragraph, limit: int, measure: Measure) -> Iterator[Paragraph]:
    """The paragraph, or where it is too large its lines in groups that fit."""
    run: Paragraph = ()
    for line in (part for whole in paragraph for part in _cut(whole, limit, measure)):
        if run and measure(plain([(*run, line)])) > limit:
            yield run
            run = ()
        run = (*run, line)
    if run:
        yield run


def _cut(line: Line, limit: int, measure: Measure) -> Iterator[Line]:
    """The line, or where it is too long parts that fit, each cut after a stop if one stands in its second half."""
    rest = line.text
    while measure(rest) > limit:
        end = _longest_fitting(rest, limit, measure)
        stop = max(rest.rfind(mark, end // 2, end) for mark in "。；！？，、. ")
        end = stop + 1 if stop >= 0 else end
        yield replace(line, text=rest[:end])
        rest = rest[end:]
    yield replace(line, text=rest)


def _longest_fitting(text: str, limit: int, measure: Measure) -> int:
    """How many characters from the start fit; at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) <= limit else (low, middle - 1)
    return low

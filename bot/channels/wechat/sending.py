"""A reply as WeChat texts: cut by bytes, with the choices as a numbered list of links."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bot.channels.render import Line, Paragraph, pieces, plain
from bot.channels.wechat import wording
from bot.channels.wechat.limits import TEXT_BYTES, text_bytes
from bot.messages import Choice, Reply

CRISIS: Final = "crisis"
"""The intent of a reply about danger to life."""

CRISIS_LINE: Final = "12356"
"""The number that only a line about danger to life names (law.md, section 8)."""

ROW_WIDTH: Final = 16.0
"""Hanzi that fit into a line of a message on a usual phone."""
GAP: Final = 1.0
"""Hanzi between two choices in a row."""

FOOTER_BYTES: Final = max(text_bytes(line) for line in (wording.CONTINUE, wording.EARLIER)) + len("\n\n")
PAGE_BYTES: Final = TEXT_BYTES - FOOTER_BYTES

_HOTLINE: Final = re.compile(r"(?<![0-9])(?:110|119|120|12[0-9]{3})(?![0-9])")
_LAWS: Final = "依据："
_ARTICLE: Final = "第[^、《条]+条(?:之[一二三四五六七八九十]+)?"
_MORE_ARTICLES: Final = re.compile(rf"(《[^》]+》{_ARTICLE})(?:、{_ARTICLE})+等?")
_UNLINKABLE: Final = re.compile(r"[<>\"'&\n]")

Entry = Callable[[int, Choice], str]


def pages(reply: Reply, above: str = "") -> list[str]:
    """The reply in as many texts as hold it, each short enough for a line below it that says how to go on.

    About danger to life it is one text, and the numbers to call can be tapped.

    Args:
        reply: what is said.
        above: a line to stand above it.
    """
    if reply.intent == CRISIS:
        whole = tappable(_joined(reply, _link))
        if text_bytes(whole) <= TEXT_BYTES:
            return [whole]
    linked = _pages(reply, _link, above)
    numbered = _pages(reply, _number, above) if len(linked) > 1 else linked
    return [_with_dialling(page) for page in (linked if len(linked) <= len(numbered) else numbered)]


def messages(reply: Reply) -> list[str]:
    """The reply as messages that are sent without being asked for, where nobody need say how to go on."""
    return [plain(piece) for piece in pieces(_paragraphs(reply, _number), TEXT_BYTES, text_bytes)]


def tappable(text: str) -> str:
    """The text with the hotlines in it as links that a phone dials."""
    return _HOTLINE.sub(lambda found: f'<a href="tel:{found[0]}">{found[0]}</a>', text)


def _with_dialling(page: str) -> str:
    """The page with the hotlines as links in a line about danger to life, where that fits."""
    dialled = "\n".join(tappable(line) if CRISIS_LINE in line else line for line in page.split("\n"))
    return dialled if text_bytes(dialled) <= PAGE_BYTES else page


def _pages(reply: Reply, entry: Entry, above: str) -> list[str]:
    paragraphs = [*([(Line(above),)] if above else []), *_paragraphs(reply, entry)]
    return [plain(piece) for piece in pieces(paragraphs, PAGE_BYTES, text_bytes)]


def _joined(reply: Reply, entry: Entry) -> str:
    return plain(_paragraphs(reply, entry))


def _paragraphs(reply: Reply, entry: Entry) -> list[Paragraph]:
    """The title, the sections, the files, and the choices; a short form is set closer, so that a phone shows it at once."""
    texts = [f"【{reply.title}】"] if reply.title else []
    sections = [section.text for section in reply.sections if section.lines]
    texts += ["\n".join(_briefly(section) for section in sections)] if _is_short_form(reply) else sections
    texts += ["\n".join(f"{file.name}：{file.url}" for file in reply.attachments)] if reply.attachments else []
    paragraphs = [tuple(Line(line) for line in text.split("\n")) for text in texts if text]
    if reply.choices:
        numbers = wording.NUMBERS_IN_DANGER if reply.intent == CRISIS else wording.NUMBERS
        paragraphs.append((Line(numbers), *(Line(row) for row in _rows(reply.choices, entry))))
    return paragraphs


def _is_short_form(reply: Reply) -> bool:
    """Whether it is an answer's first view, with its parts behind choices."""
    return reply.title is not None and reply.part is None and len(reply.choices) > 0


def _briefly(section: str) -> str:
    """The first article of each law that the short form names; all of them stand in the part about laws."""
    return _MORE_ARTICLES.sub(r"\1等", section) if section.startswith(_LAWS) else section


def _rows(choices: Sequence[Choice], entry: Entry) -> Iterator[str]:
    """The choices in their order, by their numbers: as many of one kind in a row as a phone shows in a line."""
    row: list[str] = []
    width, kind = 0.0, ""
    for number, choice in enumerate(choices, 1):
        wide, own = _width(_number(number, choice)) + GAP, choice.value.partition(":")[0]
        if row and (own != kind or width + wide > ROW_WIDTH + GAP):
            yield "  ".join(row)
            row, width = [], 0.0
        row.append(entry(number, choice))
        width, kind = width + wide, own
    if row:
        yield "  ".join(row)


def _width(text: str) -> float:
    """How many hanzi wide a text is."""
    return sum(0.5 if character.isascii() else 1.0 for character in text)


def _number(number: int, choice: Choice) -> str:
    return f"{number} {choice.label}"


def _link(number: int, choice: Choice) -> str:
    """A link that sends the label as if it had been typed; beside it the value goes back as `bizmsgmenuid`."""
    if _UNLINKABLE.search(choice.label) or _UNLINKABLE.search(choice.value):
        return _number(number, choice)
    href = f"weixin://bizmsgmenu?msgmenucontent={choice.label}&msgmenuid={choice.value}"
    return f'<a href="{href}">{number} {choice.label}</a>'

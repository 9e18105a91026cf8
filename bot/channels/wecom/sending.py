"""A reply as WeCom messages: texts cut by bytes, the choices as a menu with numbers below the last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.channels.render import Line, Paragraph, pieces, plain, utf8_bytes
from bot.channels.wecom import limits, wording
from bot.messages import Choice, Reply

CRISIS: Final = "crisis"
"""The intent of a reply about danger to life."""

FOOTER_BYTES: Final = max(utf8_bytes(line) for line in (wording.CONTINUE, wording.EARLIER)) + len("\n\n")
PAGE_BYTES: Final = limits.TEXT_BYTES - FOOTER_BYTES
"""Of a text, so that a line can still stand below it that says how to go on."""

Content = dict[str, object]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message."""

    text: str
    choices: tuple[Choice, ...] = ()
    """Shown as a menu below the text, which is then its head."""
    footer: str = ""
    """How to see what waits; empty where nothing does."""
    alone: bool = False
    """Nothing may stand below it: it is about danger to life."""

    @property
    def content(self) -> Content:
        """As send_msg takes it (https://developer.work.weixin.qq.com/document/path/94677)."""
        if not self.choices:
            return {"msgtype": "text", "text": {"content": _joined(self.text, self.footer)}}
        items = [
            {"type": "click", "click": {"id": choice.value, "content": _numbered(number, choice)}}
            for number, choice in enumerate(self.choices[: limits.MENU_ITEMS], 1)
        ]
        tail = _joined(_tail(self.choices), self.footer)
        return {
            "msgtype": "msgmenu",
            "msgmenu": {"head_content": self.text, "list": items, **({"tail_content": tail} if tail else {})},
        }

    @property
    def as_text(self) -> "tuple[Outgoing, ...]":
        """The same without a menu."""
        paragraphs = [tuple(map(Line, each.split("\n"))) for each in self.text.split("\n\n")]
        *before, last = _texts([*paragraphs, _numbers(self.choices)])
        return (*before, replace(last, footer=self.footer))

    def with_footer(self, footer: str) -> "Outgoing":
        """The same with how to see what waits below it, where anything may stand there."""
        return self if self.alone else replace(self, footer=footer)


def outgoing(reply: Reply) -> tuple[Outgoing, ...]:
    """The reply in as few messages as hold it whole, the choices with the last; about danger to life in one."""
    messages = _messages(reply)
    return tuple(replace(each, alone=True) for each in messages) if reply.intent == CRISIS else messages


def _messages(reply: Reply) -> tuple[Outgoing, ...]:
    text = _paragraphs(reply)
    if not reply.choices:
        return _texts(text)
    if not _fits_menu(reply.choices):
        return _texts([*text, _numbers(reply.choices)])
    whole = plain(text)
    if utf8_bytes(whole) <= limits.MENU_HEAD_BYTES:
        return (Outgoing(whole or wording.CHOOSE, reply.choices),)
    numbered = _texts([*text, _numbers(reply.choices)])
    if reply.intent == CRISIS and len(numbered) == 1:
        return numbered
    *before, last = _texts(text)
    if utf8_bytes(last.text) <= limits.MENU_HEAD_BYTES:
        return (*before, Outgoing(last.text, reply.choices))
    return (*before, last, Outgoing(wording.CHOOSE, reply.choices))


def within(
    messages: Sequence[Outgoing], most: int, earlier: Sequence[Outgoing] = ()
) -> tuple[tuple[Outgoing, ...], tuple[Outgoing, ...]]:
    """As many of these messages as may be sent now, and what waits, which the last of the first says how to see.

    Args:
        messages: in order.
        most: how many may be sent.
        earlier: what waits already, from messages before this one.
    """
    now, rest = tuple(messages[:most]), (*messages[most:], *earlier)
    if not now:
        return now, (*earlier, *messages)
    if not rest:
        return now, rest
    *before, last = now
    return (*before, last.with_footer(wording.CONTINUE if len(messages) > most else wording.EARLIER)), rest


def _joined(text: str, footer: str) -> str:
    return "\n\n".join(filter(None, (text, footer)))


def _texts(text: Sequence[Paragraph]) -> tuple[Outgoing, ...]:
    return tuple(Outgoing(plain(piece)) for piece in pieces(text, PAGE_BYTES, utf8_bytes))


def _paragraphs(reply: Reply) -> list[Paragraph]:
    """The title, the sections and the files."""
    texts = [f"【{reply.title}】"] if reply.title else []
    texts += [section.text for section in reply.sections if section.lines]
    texts += ["\n".join(f"{file.name}：{file.url}" for file in reply.attachments)] if reply.attachments else []
    return [tuple(map(Line, text.split("\n"))) for text in texts if text]


def _numbers(choices: Sequence[Choice]) -> Paragraph:
    """The choices as lines to be answered with their number."""
    rows = (Line(_numbered(number, choice)) for number, choice in enumerate(choices, 1))
    return (Line(wording.NUMBERS), *rows)


def _tail(choices: Sequence[Choice]) -> str:
    """The choices that a menu has no items for."""
    rest = [_numbered(number, choice) for number, choice in enumerate(choices, 1)][limits.MENU_ITEMS :]
    return "\n".join([wording.MORE_NUMBERS, *rest]) if rest else ""


def _fits_menu(choices: Sequence[Choice]) -> bool:
    items = list(enumerate(choices, 1))[: limits.MENU_ITEMS]
    return utf8_bytes(_tail(choices)) <= limits.MENU_TAIL_BYTES - FOOTER_BYTES and all(
        utf8_bytes(_numbered(number, choice)) <= limits.MENU_ITEM_BYTES
        and 0 < utf8_bytes(choice.value) <= limits.MENU_ID_BYTES
        and "\n" not in choice.label
        for number, choice in items
    )


def _numbered(number: int, choice: Choice) -> str:
    return f"{number} {choice.label}"

"""Telegram's HTML as the Bot API server reads it: strictly, with its own error texts (tdlib, MessageEntity.cpp)."""

import re
from dataclasses import dataclass, field

TAGS = frozenset(
    "b strong i em u ins s strike del a code pre blockquote tg-spoiler span tg-emoji tg-time".split()  # noqa: SIM905 -- as the dossier lists them
)
ENTITY = re.compile(r"&(?:(lt|gt|amp|quot)|#([0-9]{1,8})|#x([0-9a-fA-F]{1,8}));")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
ATTRIBUTE = re.compile(r"""\s+([^\s=>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[0-9A-Za-z.\-]+))?""")


class HTMLError(Exception):
    """What the vendor says about a text that it can't parse."""


@dataclass
class _Open:
    tag: str
    units: int


@dataclass
class _Parsing:
    raw: str
    at: int = 0
    text: list[str] = field(default_factory=list)
    units: int = 0
    open: list[_Open] = field(default_factory=list)
    entities: list[dict[str, object]] = field(default_factory=list)

    def byte(self, at: int) -> int:
        """The offset as the vendor's errors give it: in bytes of UTF-8."""
        return len(self.raw[:at].encode())

    def add(self, text: str) -> None:
        self.text.append(text)
        self.units += sum(2 if character > "\uffff" else 1 for character in text)


def parse(raw: str) -> tuple[str, list[dict[str, object]]]:
    """The text without markup and its entities; raises HTMLError."""
    state = _Parsing(raw)
    while state.at < len(raw):
        if raw[state.at] == "<":
            (_end_tag if raw.startswith("</", state.at) else _start_tag)(state)
        else:
            _character(state)
    if state.open:
        raise HTMLError(f'Can\'t find end tag corresponding to start tag "{state.open[-1].tag}"')
    return "".join(state.text), state.entities


def _character(state: _Parsing) -> None:
    found = ENTITY.match(state.raw, state.at)
    if found is None:
        state.add(state.raw[state.at])
        state.at += 1
        return
    name, decimal, hexadecimal = found.groups()
    state.add(NAMED[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16)))
    state.at = found.end()


def _start_tag(state: _Parsing) -> None:
    begin = state.at
    close = re.compile(r"[\s>]").search(state.raw, begin + 1)
    if close is None:
        raise HTMLError(f"Unclosed start tag at byte offset {state.byte(begin)}")
    tag = state.raw[begin + 1 : close.start()].lower()
    if tag not in TAGS:
        raise HTMLError(f'Unsupported start tag "{tag}" at byte offset {state.byte(begin)}')
    at, attributes = close.start(), dict[str, str]()
    while found := ATTRIBUTE.match(state.raw, at):
        attributes[found[1].lower()] = (found[2] or "").strip("\"'")
        at = found.end()
    while state.raw[at : at + 1].isspace():
        at += 1
    if state.raw[at : at + 1] != ">":
        raise HTMLError(f"Unclosed start tag at byte offset {state.byte(begin)}")
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise HTMLError(f'Tag "span" must have class "tg-spoiler" at byte offset {state.byte(begin)}')
    state.open.append(_Open(tag, state.units))
    state.at = at + 1


def _end_tag(state: _Parsing) -> None:
    begin = state.at
    end = state.raw.find(">", begin)
    if not state.open:
        raise HTMLError(f"Unexpected end tag at byte offset {state.byte(begin)}")
    if end < 0:
        raise HTMLError(f"Unclosed end tag at byte offset {state.byte(begin)}")
    name, opened = state.raw[begin + 2 : end].strip().lower(), state.open.pop()
    if name and name != opened.tag:
        place = state.byte(begin)
        raise HTMLError(f'Unmatched end tag at byte offset {place}, expected "</{opened.tag}>", found "</{name}>"')
    if state.units > opened.units:
        length = state.units - opened.units
        state.entities.append({"type": opened.tag, "offset": opened.units, "length": length})
    state.at = end + 1

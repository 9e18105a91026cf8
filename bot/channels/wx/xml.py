"""WeChat's XML: read from a push, written for a reply."""

import re
from collections.abc import Mapping
from typing import Final
from xml.parsers.expat import ExpatError

import xmltodict

from bot.channels.wx.crypto import Envelope

BODY_BYTES: Final = 64 * 1024
"""Of a push, which holds one message; the longest text is 2048 bytes, encrypted some four thirds of it."""

_ILLEGAL: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't carry (w3.org/TR/xml/#charsets)."""


class XMLError(Exception):
    """Not a message of WeChat's; the text says why and nothing of the message."""


def read(body: bytes) -> dict[str, str]:
    """The fields of `<xml>` that hold text, by name; raises XMLError.

    Refused before anything is parsed: more than BODY_BYTES, a document type, the declaration of an entity. What XML can't carry
    is left out first: people's texts hold such characters, and WeChat sends them on as they are.
    """
    if len(body) > BODY_BYTES:
        raise XMLError("too large")
    text = _ILLEGAL.sub("", body.decode("utf-8", "replace"))
    markup = "".join(
        part.partition("]]>")[2] if number else part for number, part in enumerate(text.split("<![CDATA["))
    )
    if "<!" in markup or "<?" in markup.lstrip().removeprefix("<?xml "):
        raise XMLError("declaration")
    try:
        document = xmltodict.parse(text, encoding="utf-8", disable_entities=True)
    except (ExpatError, ValueError):
        raise XMLError("syntax") from None
    fields = document.get("xml")
    if not isinstance(fields, Mapping):
        raise XMLError("no fields")
    return {name: value or "" for name, value in fields.items() if value is None or isinstance(value, str)}


def text_reply(to: str, sender: str, created: int, text: str) -> bytes:
    """A passive reply with text."""
    return (
        f"<xml><ToUserName>{_cdata(to)}</ToUserName><FromUserName>{_cdata(sender)}</FromUserName>"
        f"<CreateTime>{created}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>{_cdata(text)}</Content></xml>"
    ).encode()


def encrypted_reply(envelope: Envelope) -> bytes:
    """A reply in its envelope."""
    return (
        f"<xml><Encrypt>{_cdata(envelope.encrypted)}</Encrypt><MsgSignature>{_cdata(envelope.signature)}</MsgSignature>"
        f"<TimeStamp>{envelope.timestamp}</TimeStamp><Nonce>{_cdata(envelope.nonce)}</Nonce></xml>"
    ).encode()


def _cdata(text: str) -> str:
    """The text as a CDATA section, in two where it holds what ends one."""
    return f"<![CDATA[{_ILLEGAL.sub('', text).replace(']]>', ']]]]><![CDATA[>')}]]>"

"""What WeCom's callback and sync_msg say, as this channel reads it (https://developer.work.weixin.qq.com/document/path/94670)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final, Self

EVENT: Final = "event"
TEXT: Final = "text"
KF_EVENT: Final = "kf_msg_or_event"


class Origin(IntEnum):
    """Who a message is from."""

    CUSTOMER = 3
    SYSTEM = 4
    ATTENDANT = 5
    """A human in the company's own WeCom client."""


class SessionChange(IntEnum):
    """What a session_status_change says (change_type)."""

    TAKEN_FROM_POOL = 1
    HANDED_ON = 2
    ENDED = 3


@dataclass(frozen=True, slots=True)
class Callback:
    """That something came; what, only sync_msg says."""

    account: str
    """open_kfid; empty in callbacks of old, which don't say it."""
    token: str
    """Lets sync_msg be called without its strict limit, for ten minutes."""
    created: int
    """Seconds since 1970 by WeCom's clock."""

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Self | None:
        """The callback in these fields; None for an event of another kind."""
        if fields.get("MsgType") != EVENT or fields.get("Event") != KF_EVENT:
            return None
        created = fields.get("CreateTime", "")
        return cls(
            account=fields.get("OpenKfId", ""),
            token=fields.get("Token", ""),
            created=int(created) if created.isascii() and created.isdigit() and len(created) < len(str(10**13)) else 0,
        )


@dataclass(frozen=True, slots=True)
class KFMessage:
    """A message or an event of one session."""

    key: str
    """msgid, or where an event has none what tells it from others."""
    account: str
    """open_kfid: the customer-service account."""
    person: str
    """external_userid: the person as this company knows them; empty in events about the account itself."""
    sent_at: int
    """Seconds since 1970 by WeCom's clock."""
    origin: int
    kind: str
    """msgtype, or of an event its event_type."""
    is_event: bool = False
    text: str = ""
    menu_id: str = ""
    """Of the menu's item that was tapped; its words stand in `text`."""
    welcome_code: str = ""
    scene: str = ""
    """Of the link by which somebody came in."""
    change: int = 0
    """change_type of a session_status_change."""
    fail_type: int = 0
    """Of a msg_send_fail."""

    @property
    def is_written(self) -> bool:
        """Whether somebody wrote it who waits for an answer."""
        return not self.is_event and self.origin == Origin.CUSTOMER

    @property
    def is_typed(self) -> bool:
        """Whether somebody has written it in words, and not tapped it."""
        return self.is_written and self.kind == TEXT and not self.menu_id

    @classmethod
    def from_json(cls, item: object) -> Self | None:
        """The message in this item of msg_list; None for what isn't one."""
        if not isinstance(item, Mapping) or not isinstance(kind := item.get("msgtype"), str):
            return None
        body = item.get(kind)
        fields: Mapping[str, object] = body if isinstance(body, Mapping) else {}
        is_event = kind == EVENT
        if is_event:
            kind = _string(fields, "event_type")
        source = fields if is_event else item
        account = _string(source, "open_kfid") or _string(item, "open_kfid")
        person = _string(source, "external_userid") or _string(item, "external_userid")
        if not kind or not account or not (person or is_event):
            return None
        sent_at = _number(item, "send_time")
        return cls(
            key=_string(item, "msgid")
            or _key(account, person, str(sent_at), kind, repr(sorted(map(str, fields.items())))),
            account=account,
            person=person,
            sent_at=sent_at,
            origin=_number(item, "origin"),
            kind=kind,
            is_event=is_event,
            text=_string(fields, "content") if kind == TEXT else "",
            menu_id=_string(fields, "menu_id") if kind == TEXT else "",
            welcome_code=_string(fields, "welcome_code"),
            scene=_string(fields, "scene"),
            change=_number(fields, "change_type"),
            fail_type=_number(fields, "fail_type"),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """What one call of sync_msg gives."""

    messages: tuple[KFMessage, ...]
    next_cursor: str
    has_more: bool
    """More waits behind next_cursor, even where there are no messages."""
    unreadable: int = 0
    """Items that aren't messages as we know them."""

    @classmethod
    def from_json(cls, answer: Mapping[str, object]) -> Self:
        """The page in an answer."""
        items = answer.get("msg_list")
        read = [KFMessage.from_json(item) for item in items] if isinstance(items, list) else []
        messages = tuple(message for message in read if message is not None)
        return cls(
            messages=messages,
            next_cursor=_string(answer, "next_cursor"),
            has_more=_number(answer, "has_more") == 1,
            unreadable=len(read) - len(messages),
        )


def _key(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _string(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _number(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name)
    return value if isinstance(value, int) else 0

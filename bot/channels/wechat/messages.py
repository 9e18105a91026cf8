"""What WeChat pushes, as this channel reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from bot.channels.wx.xml import XMLError

EVENT = "event"


@dataclass(frozen=True, slots=True)
class WeChatMessage:
    """A message or an event (…/Message_Management/Receiving_standard_messages.html, …/Receiving_event_pushes.html)."""

    person: str
    """FromUserName: the OpenID, which is the person's in this account only."""
    account: str
    """ToUserName: the account's own name, gh_…"""
    created: int
    """Seconds since 1970 by WeChat's clock."""
    kind: str
    """MsgType, lower case."""
    msg_id: str = ""
    """Empty for an event."""
    content: str = ""
    menu_id: str = ""
    """bizmsgmenuid: of the menu link that was tapped; test accounts don't send it."""
    recognition: str = ""
    """What WeChat's speech recognition heard, where the account has it on."""
    event: str = ""
    """Lower case."""
    event_key: str = ""

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Self:
        """The message in these fields; raises XMLError without a sender, a receiver, a time or a kind."""
        created, kind = fields.get("CreateTime", ""), fields.get("MsgType", "").lower()
        person, account = fields.get("FromUserName", ""), fields.get("ToUserName", "")
        if not (created.isascii() and created.isdigit() and len(created) <= len("9999999999999") and kind and person):
            raise XMLError("not a message")
        if not account or (kind == EVENT and not fields.get("Event")):
            raise XMLError("not a message")
        return cls(
            person=person,
            account=account,
            created=int(created),
            kind=kind,
            msg_id=fields.get("MsgId", "") if kind != EVENT else "",
            content=fields.get("Content", ""),
            menu_id=fields.get("bizmsgmenuid", ""),
            recognition=fields.get("Recognition", ""),
            event=fields.get("Event", "").lower(),
            event_key=fields.get("EventKey", ""),
        )

    @property
    def is_typed(self) -> bool:
        """Whether somebody has written it, and not tapped or spoken."""
        return self.kind == "text" and not self.menu_id

    @property
    def key(self) -> str:
        """What all tries of one message share, and no two messages of a person.

        FromUserName and CreateTime alone, as WeChat's page has it for events, would take two events within a second for one.
        """
        if self.msg_id:
            return f"{self.account}:{self.msg_id}"
        parts = (self.account, self.person, str(self.created), self.kind, self.event, self.event_key, self.content)
        return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

"""The methods of the Bot API over a small world of chats and messages, refusing what the vendor refuses."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import botapi_rules as rules
from tests.fakes.botapi_rules import JSON, Refused, bad

BOT_ID = 123456


@dataclass
class World:
    """Chats, messages and what has been set; everything that isn't about transport."""

    username: str = "youshu_bot"
    local: bool = True
    """A Bot API server of one's own: takes webhooks over HTTP and on any port."""
    chats: dict[int, JSON] = field(default_factory=dict)
    messages: dict[tuple[int, int], JSON] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    """Users who have blocked the bot."""
    strangers: set[int] = field(default_factory=set)
    """Users who have never written to it."""
    migrated: dict[int, int] = field(default_factory=dict)
    """Groups that have become supergroups."""
    topics: dict[int, dict[int, str]] = field(default_factory=dict)
    """The topics of each forum group: open or closed, by the number of their thread."""
    open_queries: set[str] = field(default_factory=set)
    """Taps and inline queries that may still be answered."""
    profile: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    """What was set, by method, scope and language."""
    webhook: JSON = field(default_factory=lambda: {"url": ""})
    spoken: Callable[[JSON], None] = lambda _: None
    """Called with every message sent or edited."""
    _last_id: int = 0

    @property
    def me(self) -> JSON:
        """The bot as a user."""
        return {"id": BOT_ID, "is_bot": True, "first_name": "有数", "username": self.username}

    def next_id(self) -> int:
        """A number never given before."""
        self._last_id += 1
        return self._last_id

    def call(self, method: str, params: JSON) -> object:
        """The result of a method; raises Refused."""
        handler = getattr(self, f"_{method.lower()}", None)
        if handler is None:
            raise Refused(404, "Not Found: method not found")
        return handler(params)

    def _getme(self, _: JSON) -> JSON:
        rights = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": True}
        return self.me | rights

    def _sendmessage(self, params: JSON) -> JSON:
        chat = self._writable(params)
        text, entities = rules.message_text(params)
        return self._say(chat, params, {"text": text, "entities": entities})

    def _copymessage(self, params: JSON) -> JSON:
        chat = self._writable(params)
        source = self.messages.get((params.get("from_chat_id", 0), params.get("message_id", 0)))
        if source is None:
            raise bad("message to copy not found")
        content = {key: value for key, value in source.items() if key in COPIED}
        return {"message_id": self._say(chat, params, content)["message_id"]}

    def _createforumtopic(self, params: JSON) -> JSON:
        chat = self._writable(params)
        if not chat.get("is_forum"):
            raise bad("the chat is not a forum")
        thread = self.next_id()
        self.topics.setdefault(chat["id"], {})[thread] = "open"
        name = rules.at_most(params, "name", 128)
        return {"message_thread_id": thread, "name": name, "icon_color": 7322096}

    def _reopenforumtopic(self, params: JSON) -> bool:
        chat = self._writable(params)
        if params.get("message_thread_id") not in self.topics.get(chat["id"], {}):
            raise bad("message thread not found")
        self.topics[chat["id"]][params["message_thread_id"]] = "open"
        return True

    def _senddocument(self, params: JSON) -> JSON:
        chat = self._writable(params)
        file = params.get("document")
        if not file:
            raise bad("there is no document in the request")
        name = file["file_name"] if isinstance(file, dict) else str(file)
        document = {"file_id": f"file{self.next_id()}", "file_unique_id": f"f{self.next_id()}", "file_name": name}
        caption = {"caption": rules.at_most(params, "caption", 1024)} if params.get("caption") else {}
        return self._say(chat, params, {"document": document, **caption})

    def _say(self, chat: JSON, params: JSON, content: JSON) -> JSON:
        keyboard = rules.inline_keyboard(params.get("reply_markup"))
        message: JSON = {"message_id": self.next_id(), "date": int(time.time()), "chat": chat, "from": self.me}
        message |= content
        if thread := self._thread(chat, params.get("message_thread_id")):
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if keyboard:
            message["reply_markup"] = {"inline_keyboard": keyboard}
        answered = self._answered(chat, params.get("reply_parameters"))
        if answered:
            message["reply_to_message"] = answered
        self.messages[chat["id"], message["message_id"]] = message
        self.spoken(message)
        return message

    def _thread(self, chat: JSON, thread: int | None) -> int | None:
        if thread is None:
            return None
        state = self.topics.get(chat["id"], {}).get(thread)
        if state is None:
            raise bad("message thread not found")
        if state == "closed":
            raise bad("TOPIC_CLOSED")
        return thread

    def _answered(self, chat: JSON, reply: object) -> JSON | None:
        if not isinstance(reply, dict):
            return None
        found = self.messages.get((int(reply.get("chat_id") or chat["id"]), int(reply["message_id"])))
        if found is None and not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return found

    def _editmessagetext(self, params: JSON) -> JSON:
        message = self._own(params)
        text, entities = rules.message_text(params)
        return self._change(message, params, {"text": text, "entities": entities})

    def _editmessagereplymarkup(self, params: JSON) -> JSON:
        return self._change(self._own(params), params, {})

    def _change(self, message: JSON, params: JSON, content: JSON) -> JSON:
        keyboard = rules.inline_keyboard(params.get("reply_markup"))
        markup = {"reply_markup": {"inline_keyboard": keyboard}} if keyboard else {}
        kept = {key: value for key, value in message.items() if key not in {"reply_markup", "edit_date"}}
        changed = kept | content | markup
        if changed == {key: value for key, value in message.items() if key != "edit_date"}:
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        changed["edit_date"] = int(time.time())
        self.messages[message["chat"]["id"], message["message_id"]] = changed
        self.spoken(changed)
        return changed

    def _own(self, params: JSON) -> JSON:
        chat = self._writable(params)
        message = self.messages.get((chat["id"], params.get("message_id", 0)))
        if message is None:
            raise bad("message to edit not found")
        if message["from"]["id"] != BOT_ID:
            raise bad("message can't be edited")
        return message

    def _deletemessage(self, params: JSON) -> bool:
        if self.messages.pop((params.get("chat_id", 0), params.get("message_id", 0)), None) is None:
            raise bad("message to delete not found")
        return True

    def _sendchataction(self, params: JSON) -> bool:
        self._writable(params)
        return True

    def _answercallbackquery(self, params: JSON) -> bool:
        self._close(str(params.get("callback_query_id")))
        rules.at_most(params, "text", rules.ANSWER_CHARACTERS)
        return True

    def _answerinlinequery(self, params: JSON) -> bool:
        rules.inline_results(params.get("results"))
        self._close(str(params.get("inline_query_id")))
        return True

    def _close(self, query: str) -> None:
        if query not in self.open_queries:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        self.open_queries.remove(query)

    def _getchat(self, params: JSON) -> JSON:
        return self._writable(params) | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": GIFTS}

    def _setmycommands(self, params: JSON) -> bool:
        scope = params.get("scope") or {"type": "default"}
        if "chat_id" in scope and scope["chat_id"] not in self.chats:
            raise bad("chat not found")
        return self._set("setMyCommands", params, rules.commands(params.get("commands")))

    def _setmydescription(self, params: JSON) -> bool:
        return self._set("setMyDescription", params, rules.at_most(params, "description", 512))

    def _setmyshortdescription(self, params: JSON) -> bool:
        return self._set("setMyShortDescription", params, rules.at_most(params, "short_description", 120))

    def _setchatmenubutton(self, params: JSON) -> bool:
        return self._set("setChatMenuButton", params, params.get("menu_button"))

    def _set(self, method: str, params: JSON, value: object) -> bool:
        scope = params.get("scope") or {"type": "default"}
        place = f"{scope['type']}:{scope['chat_id']}" if "chat_id" in scope else scope["type"]
        self.profile[method, place, str(params.get("language_code") or "")] = value
        return True

    def _setwebhook(self, params: JSON) -> bool:
        self.webhook = rules.webhook(params, local=self.local)
        return True

    def _deletewebhook(self, _: JSON) -> bool:
        self.webhook = {"url": ""}
        return True

    def _getwebhookinfo(self, _: JSON) -> JSON:
        return {"url": self.webhook["url"], "has_custom_certificate": False, "pending_update_count": 0}

    def _writable(self, params: Mapping[str, Any]) -> JSON:
        """The chat that a call is about; raises what keeps the bot from writing there."""
        chat = params.get("chat_id")
        if chat in self.migrated:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, description, {"migrate_to_chat_id": self.migrated[chat]})
        if not isinstance(chat, int) or chat not in self.chats:
            raise bad("chat not found")
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat in self.strangers:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return self.chats[chat]


COPIED = frozenset(
    {"text", "entities", "caption", "photo", "voice", "video", "document", "audio", "sticker", "location", "contact"}
)
"""What of a message is copied."""

GIFTS = dict.fromkeys(
    ["unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"], True
)

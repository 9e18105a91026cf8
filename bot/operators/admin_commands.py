"""What operators can ask of the bot in chat, whatever the channel: figures, misses, teaching, broadcast, a talk."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import structlog

from bot.choices import AdminAction, AdminButton, decode
from bot.messages import ChatIdentity, ChoiceStyle, Reply
from bot.operators import views
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.operators.miss_groups import MissGroup, load_miss_groups
from bot.operators.report import build_report, parse_since
from bot.privacy import kinds_of_personal_data
from bot.store.errors import StoreError
from bot.talk.wording import text_reply, worded
from intents.reload import Reloader
from intents.teach import TeachError, teach

log = structlog.get_logger(__name__)

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "stats": "近 7 天的问答，或 /stats 24h",
        "misses": "没听懂的话，点一下就能教",
        "teach": "教一句：/teach 话题 问法",
        "reload": "马上重读 faq.yaml",
        "broadcast": "群发，先预览再确认",
        "take": "接手：/take 渠道:用户编号",
        "release": "放手，交还给机器人",
    }
)
"""The commands by name, with what a menu says of them."""

_USAGE = (
    "请写成 /teach 话题 问法，例如 /teach home_visit 催收会不会来我家；话题写 id 或标题。",
    "也可以回复一条没听懂的话，只写 /teach 话题。不归我们管的，话题写 out_of_scope。",
)
_PERIOD = timedelta(days=7)

Work = Callable[[], Awaitable[Reply | None]]


@dataclass(frozen=True, slots=True)
class QuotedMessage:
    """The message that a command replies to."""

    text: str
    choices: tuple[str, ...] = ()
    """The values of the buttons under it, if the bot wrote it."""


@dataclass(frozen=True)
class AdminCommands:
    """Does what operators ask, and says what came of it."""

    handoffs: Handoffs
    reloader: Reloader
    broadcast: BroadcastSender

    def is_admin(self, person: ChatIdentity) -> bool:
        """Whether somebody is an operator; to anybody else none of this exists."""
        return person in self.handoffs.admins

    async def command(
        self,
        admin: ChatIdentity,
        name: str,
        words: str,
        quoted: QuotedMessage | None = None,
        *,
        choice_style: ChoiceStyle = ChoiceStyle.BUTTONS,
    ) -> Reply | None:
        """Run one of COMMANDS; None where the answer reaches every operator anyway. Raises PermissionError, KeyError."""
        self._check(admin)
        run = self._commands(admin, words, quoted)[name]
        return await _tried(run, choice_style)

    async def tap(
        self, admin: ChatIdentity, value: str, *, choice_style: ChoiceStyle = ChoiceStyle.BUTTONS
    ) -> Reply | None:
        """Do what an operator's button says; raises PermissionError."""
        self._check(admin)
        button = decode(value)
        if not isinstance(button, AdminButton):
            return text_reply("这一项已经没有用了。")
        return await _tried(self._actions(admin, button)[button.action], choice_style)

    def _check(self, admin: ChatIdentity) -> None:
        if not self.is_admin(admin):
            raise PermissionError("not an operator")

    def _commands(self, admin: ChatIdentity, words: str, quoted: QuotedMessage | None) -> Mapping[str, Work]:
        return {
            "stats": lambda: self._stats(admin, words),
            "misses": self._misses,
            "teach": lambda: self._teach(words, quoted),
            "reload": self._reload,
            "broadcast": lambda: self.broadcast.preview(admin, words),
            "take": lambda: self.handoffs.take(admin, words or _person_to_take(quoted)),
            "release": lambda: self.handoffs.release(admin),
        }

    def _actions(self, admin: ChatIdentity, button: AdminButton) -> Mapping[AdminAction, Work]:
        return {
            AdminAction.MISSES: self._misses,
            AdminAction.MISS: lambda: self._miss(button.key),
            AdminAction.TEACH: lambda: self._teach_miss(button.key, button.detail),
            AdminAction.SEND: lambda: self.broadcast.confirm(admin, button.key),
            AdminAction.DISCARD: lambda: self.broadcast.discard(admin),
            AdminAction.TAKE: lambda: self.handoffs.take(admin, f"{button.key}:{button.detail}"),
        }

    async def _stats(self, admin: ChatIdentity, words: str) -> Reply:
        now = datetime.now(UTC)
        try:
            since = parse_since(words, now) if words else now - _PERIOD
        except ValueError:
            return text_reply("请写成 /stats 7d、/stats 24h 或 /stats 2026-11-01。")
        report = await build_report(self.handoffs.store, self.reloader.current, since, now)
        people = await self.handoffs.store.turns.people(admin.channel)
        return views.stats(report, len(people), self.reloader.status.last_error)

    async def _misses(self) -> Reply:
        return views.misses(await self._groups())

    async def _miss(self, key: str) -> Reply:
        group = await self._group(key)
        return views.miss(group) if group else _miss_gone()

    async def _teach_miss(self, key: str, intent: str) -> Reply:
        group = await self._group(key)
        return await self._teach_question(intent, group.texts[0]) if group else _miss_gone()

    async def _teach(self, words: str, quoted: QuotedMessage | None) -> Reply:
        if not words:
            return text_reply(*_USAGE)
        intent, *question = words.split(maxsplit=1)
        if question:
            return await self._teach_question(intent, question[0])
        shown = _quoted_button(quoted, AdminAction.TEACH)
        if shown is not None:
            return await self._teach_miss(shown.key, intent)
        if quoted is None or quoted.choices or not quoted.text:
            return text_reply(*_USAGE)
        return await self._teach_question(intent, quoted.text)

    async def _teach_question(self, intent: str, question: str) -> Reply:
        kinds = kinds_of_personal_data(question)
        if kinds:
            marks = "、".join(kind.mark for kind in kinds)
            return text_reply(f"没有写：这句话里有{marks}这样的个人信息，请改写后发 /teach 话题 改好的问法。")
        question = unicodedata.normalize("NFC", question)
        try:
            result = await asyncio.to_thread(teach, self.reloader.path, intent, question)
        except TeachError as error:
            return text_reply(str(error))
        log.info("taught", intent=result.intent, line=result.line)
        await self.reloader.reload()
        known = self.reloader.current.faq.by_id.get(result.intent)
        return views.teach_result(result, f"“{known.title}”" if known else result.intent)

    async def _reload(self) -> Reply | None:
        if await self.reloader.reload() is not None:
            return None  # bot.operators.reload_notices tells every operator, this one too
        status = self.reloader.status
        return text_reply(status.last_error or f"faq.yaml 没有变化，仍是版本 {status.digest}。")

    async def _groups(self) -> Sequence[MissGroup]:
        return await load_miss_groups(self.handoffs.store, self.reloader.current)

    async def _group(self, key: str) -> MissGroup | None:
        return next((group for group in await self._groups() if group.key == key), None)


async def _tried(work: Work, choice_style: ChoiceStyle) -> Reply | None:
    """What some work says, in the words that fit how the channel shows choices."""
    try:
        reply = await work()
    except StoreError as error:
        return _database_away(error)
    return worded(reply, choice_style) if reply is not None else None


def _quoted_button(quoted: QuotedMessage | None, action: AdminAction) -> AdminButton | None:
    """The first button under the quoted message that does this."""
    buttons = (decode(value) for value in (quoted.choices if quoted else ()))
    return next((button for button in buttons if isinstance(button, AdminButton) and button.action is action), None)


def _person_to_take(quoted: QuotedMessage | None) -> str:
    """CHANNEL:USER of who called an operator in the quoted message; empty where nobody did."""
    button = _quoted_button(quoted, AdminAction.TAKE)
    return f"{button.key}:{button.detail}" if button is not None else ""


def _miss_gone() -> Reply:
    return text_reply("这句话已经教过或到期删除了，请发 /misses 看现在的。")


def _database_away(error: StoreError) -> Reply:
    log.error("admin_store_failed", reason=str(error))
    return text_reply("数据库没有应答，请过一会儿再试。")

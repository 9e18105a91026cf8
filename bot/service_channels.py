"""Which channels run, by the settings that are there, and what each of them is given."""

from bot.channels.channel import Channel
from bot.channels.web.channel import WebChannel
from bot.http.client_limit import ClientLimit
from bot.http.metrics import Metrics
from bot.jobs.jobs import Jobs
from bot.messages import Turn
from bot.operators.admin_commands import AdminCommands
from bot.settings import Settings
from bot.talk.answers import group_choices
from bot.talk.conversation import Conversation
from bot.talk.conversation_starters import starters
from bot.talk.search import search


def configured_channels(
    settings: Settings,
    conversation: Conversation,
    metrics: Metrics,
    admin_commands: AdminCommands,
    *,
    jobs: Jobs,
    limit: ClientLimit,
) -> list[Channel]:
    """Every channel whose settings are there; raises StartError. A new channel is a line here."""
    turn = metrics.instrument(conversation.turn)
    configured: list[Channel | None] = [
        WebChannel(
            turn,
            lambda: starters(conversation.knowledge().faq),
            settings.retention_days,
            public_origin=settings.public_url.rstrip("/"),
            embed_origins=settings.embed_origins,
            limit=limit,
        ),
        _telegram(settings, turn, conversation, metrics, admin_commands),
        _wechat(settings, turn, conversation, metrics, admin_commands),
        _wecom(settings, turn, conversation, metrics, jobs),
    ]
    return [channel for channel in configured if channel is not None]


def _telegram(
    settings: Settings, turn: Turn, conversation: Conversation, metrics: Metrics, admin_commands: AdminCommands
) -> Channel | None:
    if settings.telegram_token is None:
        return None
    # Not before: without Telegram nobody needs to wait for its libraries, nor to hold them in memory.
    from bot.channels.telegram import limits  # noqa: PLC0415
    from bot.channels.telegram.channel import TelegramChannel  # noqa: PLC0415
    from bot.channels.telegram.options import Options  # noqa: PLC0415
    from bot.channels.telegram.pace import RateLimits  # noqa: PLC0415

    options = Options(
        token=settings.telegram_token,
        base_url=settings.telegram_base_url,
        webhook_url=settings.telegram_webhook_url,
        webhook_secret=settings.telegram_webhook_secret,
        take_over=settings.telegram_take_over,
        staff_chat=settings.staff_chat,
        # Telegram counts all processes together; one that is told to wait all the same waits (429).
        rate_limits=RateLimits(overall=limits.MESSAGES_PER_SECOND / settings.replicas),
    )
    return TelegramChannel(
        options,
        turn=turn,
        search=lambda text, most: search(conversation.knowledge(), text, most),
        claims=conversation.store.claims,
        count=metrics.telegram_event,
        admin_commands=admin_commands,
        states=conversation.store.channel_states,
    )


def _wechat(
    settings: Settings, turn: Turn, conversation: Conversation, metrics: Metrics, admin_commands: AdminCommands
) -> Channel | None:
    if settings.wechat_token is None:
        return None
    from bot.channels.wechat.channel import Options, WeChatChannel  # noqa: PLC0415 -- as Telegram

    options = Options(
        token=settings.wechat_token,
        app_id=settings.wechat_app_id,
        aes_key=settings.wechat_aes_key,
        app_secret=settings.wechat_app_secret,
        base_url=settings.wechat_base_url,
        several=settings.several,
    )
    return WeChatChannel(
        options,
        turn=turn,
        forget=conversation.forget,
        claims=conversation.store.claims,
        count=metrics.wechat_event,
        states=conversation.store.channel_states,
        last_heard=conversation.store.turns.last_heard,
        admin_commands=admin_commands,
        groups=group_choices,
    )


def _wecom(settings: Settings, turn: Turn, conversation: Conversation, metrics: Metrics, jobs: Jobs) -> Channel | None:
    secret, token, aes_key = settings.wecom_kf_secret, settings.wecom_token, settings.wecom_aes_key
    if not settings.wecom_corp_id or secret is None or token is None or aes_key is None:
        return None
    from bot.channels.wecom.channel import Options, WeComChannel  # noqa: PLC0415 -- as Telegram

    return WeComChannel(
        Options(settings.wecom_corp_id, secret, token, aes_key, settings.wecom_api_url, several=settings.several),
        turn=turn,
        has_topic=lambda topic: topic in conversation.knowledge().faq.by_id,
        pulls=conversation.store.pulls,
        states=conversation.store.channel_states,
        jobs=jobs,
        count=metrics.wecom_event,
    )

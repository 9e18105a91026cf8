"""What `youshu doctor` looks at: a function for each part, which finds one thing or several, and never raises."""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from bot.channels.wechat.api import WeChatAPI
from bot.channels.wechat.errors import APIError
from bot.channels.wx.crypto import CryptoError, MessageCrypto, signature
from bot.messages import ChatIdentity
from bot.settings import Settings, SettingsError, load_settings
from bot.store.errors import StoreError
from bot.store.store import Store
from intents.faq.problems import FAQError
from intents.knowledge import Knowledge

SECONDS: Final = 10.0
"""How long one call may take."""
WECHAT_PORTS: Final = frozenset({80, 443})
"""https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html"""
WECHAT_PATH: Final = "/wechat"
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


async def examine() -> list[Finding]:
    """Everything, in the order in which it has to work."""
    try:
        settings = load_settings()
    except SettingsError as error:
        lines = (line.partition("：") for line in str(error).splitlines())
        return [Finding("设置", well=False, told=f"{name} 不对", remedy=remedy) for name, _, remedy in lines]
    findings = [Finding("设置", well=True, told="都读得懂")]
    for check in CHECKS:
        findings += [finding async for finding in check(settings)]
    return findings


async def check_faq(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the FAQ could be served."""
    try:
        knowledge = Knowledge.load(settings.faq)
    except FAQError as error:
        yield Finding("内容", well=False, told=str(error).splitlines()[0], remedy="运行 youshu check，照它说的改")
        return
    warnings = f"，{len(knowledge.problems)} 条警告（youshu check 能看到）" if knowledge.problems else ""
    yield Finding("内容", well=True, told=f"{settings.faq.name} 有 {len(knowledge.faq.intents)} 个话题{warnings}")


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


async def check_wechat_crypto(settings: Settings) -> AsyncIterator[Finding]:
    """Whether what we encrypt for this account can be opened again."""
    if settings.wechat_token is None:
        yield Finding("微信公众号", well=None, told="没有配置（YOUSHU_WECHAT_TOKEN）")
        return
    if settings.wechat_aes_key is None:
        yield Finding(
            "微信加解密", well=True, told="明文模式，公众平台也要选明文；建议填 YOUSHU_WECHAT_AES_KEY 用安全模式"
        )
        return
    crypto = MessageCrypto(settings.wechat_token, settings.wechat_aes_key, settings.wechat_app_id)
    said = secrets.token_bytes(32)
    sealed = crypto.encrypt(said, str(int(time.time())), secrets.token_hex(8))
    try:
        opened = crypto.decrypt(sealed.encrypted, sealed.signature, sealed.timestamp, sealed.nonce)
    except CryptoError as error:
        yield Finding(
            "微信加解密", well=False, told=f"自己加密的解不开（{error}）", remedy="请重新复制 YOUSHU_WECHAT_AES_KEY"
        )
        return
    if opened == said:
        yield Finding("微信加解密", well=True, told="签名和 AES 自检通过；和公众平台是不是同一把，点“提交”才知道")
    else:
        yield Finding("微信加解密", well=False, told="解开的和原文不同", remedy="请重新复制 YOUSHU_WECHAT_AES_KEY")


async def check_public_url(settings: Settings) -> AsyncIterator[Finding]:
    """Whether this service answers under its public address, and to WeChat's own question there."""
    if not settings.public_url:
        needed = settings.wechat_token is not None
        remedy = "填上人们打开的网址，例如 https://youshu.example.com，再重启服务" if needed else ""
        yield Finding("公网地址", well=False if needed else None, told="没有填 YOUSHU_PUBLIC_URL", remedy=remedy)
        return
    url = settings.public_url.rstrip("/")
    if settings.wechat_token is not None and _odd_port(url):
        yield Finding(
            "微信端口", well=False, told="微信只访问 80 和 443", remedy="请在 nginx 或隧道上换成 443，网址里不写端口"
        )
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        answer = await _get(client, f"{url}/healthz")
        if isinstance(answer, str):
            yield Finding("公网地址", well=False, told=f"{url} 连不上（{answer}）", remedy=_UNREACHED)
            return
        yield _healthz(url, answer)
        if settings.wechat_token is not None:
            yield await _verified(client, url, settings.wechat_token)


async def check_telegram(settings: Settings) -> AsyncIterator[Finding]:
    """Whether Telegram takes the token."""
    if settings.telegram_token is None:
        yield Finding("Telegram", well=None, told="没有配置（YOUSHU_TELEGRAM_TOKEN）")
        return
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        answer = await _get(client, f"{settings.telegram_base_url}{settings.telegram_token.get_secret_value()}/getMe")
    if isinstance(answer, str):
        remedy = "请检查网络和 YOUSHU_TELEGRAM_BASE_URL；国内的服务器一般连不上 api.telegram.org"
        yield Finding("Telegram", well=False, told=f"连不上（{answer}）", remedy=remedy)
    elif answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
        remedy = "请向 @BotFather 重新要一个，填进 YOUSHU_TELEGRAM_TOKEN"
        yield Finding("Telegram", well=False, told="不认这个令牌", remedy=remedy)
    else:
        name = _username(answer)
        remedy = "" if name else "请检查 YOUSHU_TELEGRAM_BASE_URL，要写到 /bot 为止"
        told = f"令牌有效，机器人是 @{name}" if name else f"回答的不像 Bot API（状态 {answer.status_code}）"
        yield Finding("Telegram", well=bool(name), told=told, remedy=remedy)


async def check_wechat_api(settings: Settings) -> AsyncIterator[Finding]:
    """Whether WeChat gives an access token, from this address."""
    if settings.wechat_app_secret is None:
        if settings.wechat_token is not None:
            yield Finding("微信接口", well=None, told="没有填 YOUSHU_WECHAT_APP_SECRET，没认证的号不用填")
        return
    api = WeChatAPI(settings.wechat_app_id, settings.wechat_app_secret, settings.wechat_base_url)
    try:
        await api.token()
    except APIError as error:
        yield Finding("微信接口", well=False, told=f"拿不到 access_token（{error}）", remedy=error.remedy)
    else:
        yield Finding("微信接口", well=True, told="拿到了 access_token，这台机器的 IP 在白名单里")
    finally:
        await api.close()


CHECKS: Sequence[Check] = (
    check_faq,
    check_database,
    check_wechat_crypto,
    check_public_url,
    check_wechat_api,
    check_telegram,
)
"""Everything that is looked at; a channel's check is one more function."""

_UNREACHED: Final = "请看服务开着没有（youshu serve），隧道、nginx、域名解析、防火墙和证书对不对"
_STATUSES: Final = {
    HTTPStatus.BAD_REQUEST: "主机名不对：YOUSHU_PUBLIC_URL 要和人们打开的域名一样，nginx 里要有 proxy_set_header Host $host，改完重启",
    HTTPStatus.FORBIDDEN: "那里运行的服务用的是另一个 YOUSHU_WECHAT_TOKEN：改成一样的，重启服务",
    HTTPStatus.NOT_FOUND: "那里运行的不是这份服务，或它没有配置微信：填好 YOUSHU_WECHAT_TOKEN 后重启，看 nginx 转到的端口",
    HTTPStatus.BAD_GATEWAY: "nginx 后面的服务没有开，或 proxy_pass 的端口不对",
    HTTPStatus.GATEWAY_TIMEOUT: "服务太慢或没有开，看 youshu serve 的日志",
}


def _healthz(url: str, answer: httpx.Response) -> Finding:
    if answer.is_success and answer.headers.get("content-type", "").startswith("application/json"):
        return Finding("公网地址", well=True, told=f"{url} 答得出")
    return Finding("公网地址", well=False, told=f"{url}/healthz 答的是 {answer.status_code}", remedy=_remedy(answer))


async def _verified(client: httpx.AsyncClient, url: str, token: SecretStr) -> Finding:
    """What comes of the question that WeChat asks when 提交 is clicked."""
    timestamp, nonce, echostr = str(int(time.time())), secrets.token_hex(5), str(secrets.randbelow(10**18))
    query = {
        "signature": signature(token.get_secret_value(), timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "echostr": echostr,
    }
    answer = await _get(client, f"{url}{WECHAT_PATH}", query)
    if isinstance(answer, str):
        return Finding("微信验证", well=False, told=f"{url}{WECHAT_PATH} 连不上（{answer}）", remedy=_UNREACHED)
    if answer.is_success and answer.text == echostr:
        return Finding("微信验证", well=True, told=f"{url}{WECHAT_PATH} 按微信的规矩答对了，可以去点“提交”")
    told = f"{url}{WECHAT_PATH} 答的是 {answer.status_code}，不是微信要的那串数字"
    return Finding("微信验证", well=False, told=told, remedy=_remedy(answer))


def _remedy(answer: httpx.Response) -> str:
    if answer.is_redirect:
        return "这个网址会跳转，微信不跟着跳：YOUSHU_PUBLIC_URL 直接写成跳转后的那个"
    return _STATUSES.get(HTTPStatus(answer.status_code), "那个网址后面不是这份服务：看 nginx 或隧道转到哪里")


async def _get(client: httpx.AsyncClient, url: str, query: dict[str, str] | None = None) -> httpx.Response | str:
    """The answer; or why there is none, without the address, which may hold a token."""
    try:
        return await client.get(url, params=query)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__


def _username(answer: httpx.Response) -> str:
    """The bot's name in Telegram's answer; empty where it is none."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    result = body.get("result") if isinstance(body, dict) else None
    return str(result.get("username", "")) if isinstance(result, dict) else ""


def _odd_port(url: str) -> bool:
    """Whether WeChat wouldn't call it, were it public."""
    parts = urlsplit(url)
    return parts.port not in {None, *WECHAT_PORTS} and parts.hostname not in {"127.0.0.1", "localhost"}

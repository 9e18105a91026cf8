"""What `youshu doctor` looks at of the channels: their settings, the public address, and whether each vendor takes what was set."""

import secrets
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from bot.channels.wechat.api import WeChatAPI
from bot.channels.wechat.errors import APIError as WeChatError
from bot.channels.wecom.api import WeComAPI
from bot.channels.wecom.errors import APIError as WeComError
from bot.channels.wx.crypto import CryptoError, MessageCrypto, signature
from bot.commands.doctor_checks import Finding
from bot.settings import Settings

SECONDS: Final = 10.0
"""How long one call may take."""
WECHAT_PORTS: Final = frozenset({80, 443})
"""https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html"""
WECHAT_PATH: Final = "/wechat"
WECOM_PATH: Final = "/wecom"


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
    yield _self_test("微信加解密", crypto, "YOUSHU_WECHAT_AES_KEY")


async def check_public_url(settings: Settings) -> AsyncIterator[Finding]:
    """Whether this service answers under its public address, and to WeChat's and WeCom's own questions there."""
    if not settings.public_url:
        needed = settings.wechat_token is not None or settings.wecom_token is not None
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
            yield await _wechat_verified(client, url, settings.wechat_token)
        if settings.wecom_token is not None and settings.wecom_aes_key is not None:
            crypto = MessageCrypto(settings.wecom_token, settings.wecom_aes_key, settings.wecom_corp_id)
            yield await _wecom_verified(client, url, crypto)


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
    except WeChatError as error:
        yield Finding("微信接口", well=False, told=f"拿不到 access_token（{error}）", remedy=error.remedy)
    else:
        yield Finding("微信接口", well=True, told="拿到了 access_token，这台机器的 IP 在白名单里")
    finally:
        await api.close()


async def check_wecom_crypto(settings: Settings) -> AsyncIterator[Finding]:
    """Whether what we encrypt for this company can be opened again."""
    if settings.wecom_token is None or settings.wecom_aes_key is None:
        yield Finding("微信客服", well=None, told="没有配置（YOUSHU_WECOM_CORP_ID）")
        return
    crypto = MessageCrypto(settings.wecom_token, settings.wecom_aes_key, settings.wecom_corp_id)
    yield _self_test("微信客服加解密", crypto, "YOUSHU_WECOM_AES_KEY")


async def check_wecom_api(settings: Settings) -> AsyncIterator[Finding]:
    """Whether WeCom gives an access token, and lets it see the company's customer-service accounts."""
    if settings.wecom_kf_secret is None:
        return
    api = WeComAPI(settings.wecom_corp_id, settings.wecom_kf_secret, settings.wecom_api_url)
    try:
        await api.token()
        accounts = await api.accounts()
    except WeComError as error:
        yield Finding("微信客服接口", well=False, told=f"用不了（{error}）", remedy=error.remedy)
    else:
        if accounts:
            yield Finding("微信客服接口", well=True, told=f"拿到了 access_token，看得到 {len(accounts)} 个客服账号")
        else:
            remedy = "请在管理后台“微信客服”里新建一个客服账号，把它交给这个应用管理"
            yield Finding("微信客服接口", well=False, told="一个客服账号也没有", remedy=remedy)
    finally:
        await api.close()


_UNREACHED: Final = "请看服务开着没有（youshu serve），隧道、nginx、域名解析、防火墙和证书对不对"
_STATUSES: Final = {
    HTTPStatus.BAD_REQUEST: "主机名不对：YOUSHU_PUBLIC_URL 要和人们打开的域名一样，nginx 里要有 proxy_set_header Host $host，改完重启",
    HTTPStatus.FORBIDDEN: "那里运行的服务用的是另一个 {setting}：改成一样的，重启服务",
    HTTPStatus.NOT_FOUND: "那里运行的不是这份服务，或它没有配置{vendor}：填好 {setting} 后重启，看 nginx 转到的端口",
    HTTPStatus.BAD_GATEWAY: "nginx 后面的服务没有开，或 proxy_pass 的端口不对",
    HTTPStatus.GATEWAY_TIMEOUT: "服务太慢或没有开，看 youshu serve 的日志",
}


def _self_test(name: str, crypto: MessageCrypto, key: str) -> Finding:
    """Whether what is sealed with these settings can be opened with them."""
    said = secrets.token_bytes(32)
    sealed = crypto.encrypt(said, str(int(time.time())), secrets.token_hex(8))
    try:
        opened = crypto.decrypt(sealed.encrypted, sealed.signature, sealed.timestamp, sealed.nonce)
    except CryptoError as error:
        return Finding(name, well=False, told=f"自己加密的解不开（{error}）", remedy=f"请重新复制 {key}")
    if opened == said:
        return Finding(name, well=True, told="签名和 AES 自检通过；和后台填的是不是同一把，在后台保存时才知道")
    return Finding(name, well=False, told="解开的和原文不同", remedy=f"请重新复制 {key}")


def _healthz(url: str, answer: httpx.Response) -> Finding:
    if answer.is_success and answer.headers.get("content-type", "").startswith("application/json"):
        return Finding("公网地址", well=True, told=f"{url} 答得出")
    return Finding("公网地址", well=False, told=f"{url}/healthz 答的是 {answer.status_code}", remedy=_remedy(answer))


async def _wechat_verified(client: httpx.AsyncClient, url: str, token: SecretStr) -> Finding:
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


async def _wecom_verified(client: httpx.AsyncClient, url: str, crypto: MessageCrypto) -> Finding:
    """What comes of the question that WeCom asks when the callback's address is saved (…/document/path/90930)."""
    echostr = str(secrets.randbelow(10**18))
    sealed = crypto.encrypt(echostr.encode(), str(int(time.time())), secrets.token_hex(5))
    query = {
        "msg_signature": sealed.signature,
        "timestamp": sealed.timestamp,
        "nonce": sealed.nonce,
        "echostr": sealed.encrypted,
    }
    answer = await _get(client, f"{url}{WECOM_PATH}", query)
    if isinstance(answer, str):
        return Finding("微信客服验证", well=False, told=f"{url}{WECOM_PATH} 连不上（{answer}）", remedy=_UNREACHED)
    if answer.is_success and answer.text == echostr:
        told = f"{url}{WECOM_PATH} 按企业微信的规矩答对了，可以去后台保存"
        return Finding("微信客服验证", well=True, told=told)
    told = f"{url}{WECOM_PATH} 答的是 {answer.status_code}，不是企业微信要的那串数字"
    return Finding("微信客服验证", well=False, told=told, remedy=_remedy(answer, "企业微信", "YOUSHU_WECOM_TOKEN"))


def _remedy(answer: httpx.Response, vendor: str = "微信", setting: str = "YOUSHU_WECHAT_TOKEN") -> str:
    if answer.is_redirect:
        return f"这个网址会跳转，{vendor}不跟着跳：YOUSHU_PUBLIC_URL 直接写成跳转后的那个"
    told = _STATUSES.get(HTTPStatus(answer.status_code), "那个网址后面不是这份服务：看 nginx 或隧道转到哪里")
    return told.format(vendor=vendor, setting=setting)


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

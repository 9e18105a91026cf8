"""What WeChat's API refuses: by number, for whoever set the account up, without a secret.

https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.channels.wx import api
from bot.channels.wx.api import BUSY, NETWORK

INVALID_IP: Final = 40164
TOKEN_CODES: Final = frozenset({40001, 40014, 42001})
"""The access token is not, or no longer, valid."""
SETTINGS_CODES: Final = frozenset({40013, 40125, 40164, 48001, 50002, 61024})
"""Nothing that trying again would mend."""

_REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        NETWORK: "连不上微信的接口：请检查服务器的网络和 YOUSHU_WECHAT_BASE_URL",
        BUSY: "微信的接口忙，稍后会再试",
        40001: "微信不认这个 AppSecret：请检查 YOUSHU_WECHAT_APP_SECRET",
        40013: "微信不认这个 AppID：请检查 YOUSHU_WECHAT_APP_ID",
        40125: "微信不认这个 AppSecret：请在公众平台重置后填进 YOUSHU_WECHAT_APP_SECRET",
        INVALID_IP: "服务器的 IP{ip} 不在白名单：请在 mp.weixin.qq.com 的“设置与开发 → 开发接口管理 → 基本配置 → IP 白名单”里加上",
        45009: "今天调用微信接口的次数用完了，明天零点恢复",
        45015: "对方超过 48 小时没有说话，微信不让再发",
        45047: "发给对方的消息条数到了微信的上限，要等对方再说一句",
        48001: "这个公众号没有这项接口的权限：未认证的公众号请把 YOUSHU_WECHAT_APP_SECRET 留空",
        50002: "这个公众号被微信限制了，请登录 mp.weixin.qq.com 看通知",
        61024: "这个公众号托管给了第三方平台，不能自己取 access_token",
    }
)


class APIError(api.APIError):
    """WeChat refused a call or didn't answer."""

    REMEDIES = _REMEDIES
    OTHER = "微信的接口报错 {code}：含义见微信文档的“全局返回码”"
    IP = re.compile(r"invalid ip ([0-9a-fA-F.:]+)")

"""What WeCom's API refuses: by number, for whoever set the company up, without a secret.

https://developer.work.weixin.qq.com/document/path/90313
"""

import re
from types import MappingProxyType
from typing import Final

from bot.channels.wx import api
from bot.channels.wx.api import BUSY, NETWORK

TOKEN_CODES: Final = frozenset({40014, 42001})
"""The access token is not, or no longer, valid."""
GONE_CODES: Final = frozenset({95000, 95004})
"""The customer-service account isn't there any more."""
INVALID_IP: Final = 60020
SETTINGS_CODES: Final = frozenset({40001, 40013, 48002, INVALID_IP, 95011, 95012, 95017})
"""Nothing that trying again would mend."""
CALLBACK_TOKEN: Final = 95007
"""The token that a callback brought is no longer good."""
NO_MORE_MESSAGES: Final = 95001
TOO_LATE: Final = 95002
SESSION_ENDED: Final = 95013
SESSION_HELD: Final = 95018
"""The session's state doesn't let the API speak."""
LATER_CODES: Final = frozenset({NETWORK, BUSY, 45009, 45033, NO_MORE_MESSAGES})
"""What can't be sent now may be asked for later."""
MENU_CODES: Final = frozenset({40058, 45098, 95008, 95009})
"""A menu isn't taken as it is; the same as a text may be."""

HELD: Final = (
    "这个会话的状态不让机器人发消息（95018）：多半正由企业微信里的接待人员接待，机器人不插话；"
    "结束人工会话以后，对方再说一句，机器人就接着回答。如果个个会话都这样，请把客服账号的接待方式改成不自动分给接待人员；"
    "企业没有认证也会这样"
)

_REMEDIES: Final = MappingProxyType(
    {
        NETWORK: "连不上企业微信的接口：请检查服务器的网络和 YOUSHU_WECOM_API_URL",
        BUSY: "企业微信的接口忙，稍后会再试",
        40001: "企业微信不认这个 Secret：请检查 YOUSHU_WECOM_KF_SECRET",
        40013: "企业微信不认这个企业 ID：请检查 YOUSHU_WECOM_CORP_ID",
        40014: "企业微信不认刚取到的 access_token：请检查 YOUSHU_WECOM_KF_SECRET 是不是刚刚重置过",
        42001: "企业微信的 access_token 过期了，正在重新取",
        40096: "企业微信不认对方的编号：多半不是从这个企业的客服账号来的人",
        40201: "这个客服账号因为涉及敏感内容被封了，请联系企业微信客服",
        45009: "调用企业微信接口太频繁，稍后会再试",
        45033: "同时调用企业微信接口太多，稍后会再试",
        48002: "这个应用没有微信客服的接口权限：请在管理后台“微信客服 → API → 可调用接口的应用”里勾选它",
        INVALID_IP: "服务器的 IP{ip} 不是企业可信 IP：请在管理后台这个应用的“企业可信IP”里加上",
        95000: "企业微信不认这个客服账号：请在管理后台“微信客服”里看它是不是还在",
        NO_MORE_MESSAGES: "发给对方的消息到了 5 条的上限，要等对方再说一句",
        TOO_LATE: "对方超过 48 小时没有说话，企业微信不让再发",
        95004: "这个客服账号不存在了：请在管理后台“微信客服”里看",
        CALLBACK_TOKEN: "回调带来的凭证过期了，会不带凭证再读一次",
        95011: "这个企业的微信客服在企业微信里用着，不能通过接口管理：请在管理后台“微信客服 → API”里开启",
        95012: "企业微信里没有启用微信客服：请在管理后台“应用管理 → 微信客服”里启用",
        SESSION_ENDED: "这个会话已经结束，要等对方再说一句",
        95017: "微信客服的 API 没有开启：请在管理后台“微信客服 → API”里开启，并把客服账号交给应用管理",
        SESSION_HELD: HELD,
    }
)


NO_MORE_FAIL: Final = 6
FAIL_TYPES: Final = MappingProxyType(
    {
        0: "企业微信没有说原因",
        1: "客服账号已经删除",
        2: "应用已经关闭：请在管理后台启用",
        4: "会话超过 48 小时，过期了",
        5: "会话已经关闭",
        NO_MORE_FAIL: "超过了 5 条的上限，要等对方再说一句",
        7: "没有绑定视频号",
        8: "企业没有认证：请在管理后台完成认证",
        9: "没有绑定视频号，企业也没有认证",
        10: "对方拒收",
    }
)
"""Why a message that was taken didn't arrive: fail_type of msg_send_fail (…/path/94670)."""


class APIError(api.APIError):
    """WeCom refused a call or didn't answer."""

    REMEDIES = _REMEDIES
    OTHER = "企业微信的接口报错 {code}：含义见企业微信文档的“全局错误码”"
    IP = re.compile(r"from ip: ?([0-9a-fA-F.:]+)")

    @property
    def explained(self) -> bool:
        """Whether we know what it means."""
        return self.code in self.REMEDIES

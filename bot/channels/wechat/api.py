"""WeChat's API for verified accounts: the access token, and the calls that this channel makes."""

import time
from collections.abc import Callable
from typing import Final

from pydantic import SecretStr
from typing_extensions import override

from bot.channels.wechat.errors import TOKEN_CODES, APIError
from bot.channels.wx.api import JSON, NETWORK, AccessToken, TokenAPI

BASE_URL: Final = "https://api.weixin.qq.com"


class WeChatAPI(TokenAPI):
    """Calls WeChat; close at the end.

    The token comes from stable_token, which doesn't void the one that another process holds
    (https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html).
    """

    ERROR = APIError
    TOKEN_CODES = TOKEN_CODES

    def __init__(
        self,
        app_id: str,
        app_secret: SecretStr,
        base_url: str = BASE_URL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(base_url, clock)
        self._app_id = app_id
        self._app_secret = app_secret

    async def send_text(self, person: str, text: str) -> None:
        """A 客服消息 (…/Message_Management/Service_Center_messages.html); raises APIError."""
        await self.call(
            "/cgi-bin/message/custom/send", {"touser": person, "msgtype": "text", "text": {"content": text}}
        )

    async def set_menu(self, buttons: list[JSON]) -> None:
        """The menu below the talk (…/Custom_Menus/Creating_Custom-Defined_Menu.html); raises APIError."""
        await self.call("/cgi-bin/menu/create", {"button": buttons})

    async def qr_url(self, scene: str) -> str:
        """What a QR code says that brings this scene along, for good (…/Generating_a_Parametric_QR_Code.html); raises APIError."""
        action = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
        url = (await self.call("/cgi-bin/qrcode/create", action)).get("url")
        if not isinstance(url, str):
            raise APIError(NETWORK)
        return url

    @override
    async def _new_token(self, *, force: bool) -> AccessToken:
        asked = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._app_secret.get_secret_value(),
            "force_refresh": force,
        }
        return self._token_in(await self._request("POST", "/cgi-bin/stable_token", asked))

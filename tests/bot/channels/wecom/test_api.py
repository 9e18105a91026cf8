"""The API: one access token for all calls, and what WeCom's refusals mean."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.channels.wecom.api import WeComAPI
from bot.channels.wecom.errors import FAIL_TYPES, SETTINGS_CODES, APIError
from bot.channels.wx.api import NETWORK, TOKEN_REFRESH_SECONDS
from tests.fakes.wecom import ACCOUNT, CORP_ID, SECRET, WeCom
from tests.stores import Clock

HELLO = {"msgtype": "text", "text": {"content": "好"}}


@pytest.fixture
async def api(wecom: WeCom) -> AsyncIterator[WeComAPI]:
    api = WeComAPI(CORP_ID, SecretStr(SECRET), wecom.url, clock=Clock())
    yield api
    await api.close()


async def test_one_token_serves_many_calls_at_once(api: WeComAPI, wecom: WeCom) -> None:
    await asyncio.gather(*(api.sync(ACCOUNT, "") for _ in range(5)))
    assert len(wecom.calls["gettoken"]) == 1
    assert len(wecom.calls["kf/sync_msg"]) == 5


async def test_the_token_is_refreshed_before_it_ends(api: WeComAPI, wecom: WeCom) -> None:
    assert isinstance(api.clock, Clock)
    await api.token()
    api.clock.now += wecom.expires_in - TOKEN_REFRESH_SECONDS - 1
    await api.token()
    assert len(wecom.calls["gettoken"]) == 1
    api.clock.now += 2
    await api.token()
    assert len(wecom.calls["gettoken"]) == 2


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_that_wecom_takes_no_longer_is_replaced_once_for_all(
    api: WeComAPI, wecom: WeCom, code: int
) -> None:
    await api.token()
    wecom.void()
    wecom.errors["kf/sync_msg"] = [(code, "access_token expired")]
    await asyncio.gather(*(api.sync(ACCOUNT, "") for _ in range(4)))
    assert wecom.tokens == 2


async def test_a_busy_server_is_asked_once_more(api: WeComAPI, wecom: WeCom) -> None:
    wecom.errors["kf/account/list"] = [(-1, "system error")]
    assert await api.accounts() == [ACCOUNT]
    wecom.errors["kf/account/list"] = [(-1, "system error")] * 2
    with pytest.raises(APIError, match="errcode_-1"):
        await api.accounts()


async def test_all_accounts_are_listed_over_all_pages(api: WeComAPI, wecom: WeCom) -> None:
    wecom.accounts = [f"wk{number}" for number in range(230)]
    assert await api.accounts() == wecom.accounts


async def test_chinese_is_sent_as_it_is_read(api: WeComAPI, wecom: WeCom) -> None:
    wecom.keep(wecom.message("wm1", "text", {"content": "在"}))
    await api.send(ACCOUNT, "wm1", "id-1", HELLO)
    assert [each.text for each in await wecom.reads("wm1")] == ["好"]


async def test_no_secret_stands_in_an_error(wecom: WeCom) -> None:
    for corp_id, secret, url in (
        (CORP_ID, "f" * 43, wecom.url),
        ("ww" + "0" * 16, SECRET, wecom.url),
        (CORP_ID, SECRET, "http://127.0.0.1:9"),
        (CORP_ID, SECRET, f"{wecom.url}/elsewhere"),
    ):
        api = WeComAPI(corp_id, SecretStr(secret), url)
        with pytest.raises(APIError) as caught:
            await api.sync(ACCOUNT, "")
        await api.close()
        told = f"{caught.value!r} {caught.value.remedy} {api!r}"
        assert secret not in told
        assert "token-" not in told


@pytest.mark.parametrize("code", [*SETTINGS_CODES, 40014, 42001, 45009, 95000, 95001, 95002, 95018, NETWORK, 12345])
def test_a_refusal_is_one_line_in_chinese(code: int) -> None:
    remedy = APIError(code, "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info").remedy
    assert "\n" not in remedy
    assert any("一" <= character <= "鿿" for character in remedy)
    assert ("203.0.113.7" in remedy) == (code == 60020)
    assert ("12345" in remedy) == (code == 12345)


def test_every_way_not_to_arrive_is_told() -> None:
    assert all(FAIL_TYPES.values())

"""The callback: what is believed, what is refused, and that it is acknowledged before anything is pulled."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Incoming, Reply
from bot.talk.wording import text_reply
from tests.fakes.wechat import write
from tests.fakes.wecom import AES_KEY, CORP_ID, TOKEN, WeCom
from tests.wecom_account import Company, talking


class Listener:
    """A conversation that says what it heard, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []

    async def __call__(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        return text_reply(f"听到：{incoming.text}")


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def listening(wecom: WeCom, tmp_path: Path, listener: Listener) -> AsyncIterator[Company]:
    async with talking(wecom, tmp_path, turn=listener) as company:
        yield company


async def test_an_address_is_verified_by_the_echo_in_plain(listening: Company) -> None:
    answer = await listening.wecom.verify("5927341")
    assert (answer.status_code, answer.text) == (200, "5927341")


@pytest.mark.parametrize(
    "changes", [{"msg_signature": "0" * 40}, {"msg_signature": "é"}, {"nonce": "1"}, {"echostr": "x"}]
)
async def test_a_wrong_echo_is_refused(listening: Company, changes: dict[str, str]) -> None:
    assert (await listening.wecom.verify(**changes)).status_code == 403


async def test_a_callback_is_acknowledged_with_nothing_before_anything_is_pulled(
    listening: Company, listener: Listener
) -> None:
    wecom = listening.wecom
    wecom.pause("kf/sync_msg")
    answer = await wecom.callback()
    assert (answer.status_code, answer.content) == (200, b"")
    wecom.keep(wecom.message("wm1", "text", {"content": "催收会上门吗"}))
    wecom.resume("kf/sync_msg")
    assert [each.text for each in await wecom.reads("wm1")] == ["听到：催收会上门吗"]
    assert len(listener.heard) == 1


@pytest.mark.parametrize(
    "changes", [{"msg_signature": "0" * 40}, {"msg_signature": "\udc80"}, {"nonce": "1"}, {"timestamp": ""}]
)
async def test_a_wrong_signature_never_reaches_the_conversation(
    listening: Company, listener: Listener, changes: dict[str, str]
) -> None:
    listening.wecom.keep(listening.wecom.message("wm1", "text", {"content": "x"}))
    changes = {name: value.encode("utf-8", "replace").decode() for name, value in changes.items()}
    assert (await listening.wecom.callback(**changes)).status_code == 403
    await _nothing_is_pulled(listening, listener)


@pytest.mark.parametrize(
    ("attribute", "value"), [("corp_id", "wwfedcba9876543210"), ("aes_key", AES_KEY[::-1]), ("token", "other")]
)
async def test_what_is_encrypted_for_another_company_never_reaches_the_conversation(
    listening: Company, listener: Listener, attribute: str, value: str
) -> None:
    own = getattr(listening.wecom, attribute)
    listening.wecom.keep(listening.wecom.message("wm1", "text", {"content": "x"}))
    setattr(listening.wecom, attribute, value)
    answer = await listening.wecom.callback()
    setattr(listening.wecom, attribute, own)
    assert answer.status_code == 403
    await _nothing_is_pulled(listening, listener)


async def _nothing_is_pulled(company: Company, listener: Listener) -> None:
    assert company.counted["refused"] == 1
    assert _pulls(company.wecom) == []
    assert listener.heard == []


BILLION = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BILLION.encode(), 400),
        (b"<xml><a></xml>", 400),
        (b"", 400),
        (b"<xml>" + b"a" * 64 * 1024 + b"</xml>", 413),
        (b"<xml/>", 400),
        (b"<xml><a>b</a></xml>", 403),
        (write({"MsgType": "event", "Event": "kf_msg_or_event", "Token": "t"}).encode(), 403),
    ],
)
async def test_what_is_no_callback_is_refused(listening: Company, listener: Listener, body: bytes, status: int) -> None:
    answer = await listening.wecom.post_raw({"msg_signature": "", "timestamp": "1", "nonce": "2"}, body)
    assert answer.status_code == status
    assert listener.heard == []


@pytest.mark.parametrize("event", ["change_external_contact", "kf_account_auth_change"])
async def test_an_event_of_another_kind_is_acknowledged_and_nothing_pulled(
    listening: Company, listener: Listener, event: str
) -> None:
    fields = {"ToUserName": CORP_ID, "CreateTime": "1", "MsgType": "event", "Event": event}
    answer = await listening.wecom.post(write(fields))
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await listening.wecom.post("<xml><a>")).status_code == 400
    assert _pulls(listening.wecom) == []
    assert listener.heard == []


async def test_a_callback_that_names_no_account_has_all_pulled(listening: Company) -> None:
    wecom = listening.wecom
    wecom.keep(wecom.message("wm1", "text", {"content": "旧的回调"}))
    assert (await wecom.callback("")).status_code == 200
    assert [each.text for each in await wecom.reads("wm1")] == ["听到：旧的回调"]


async def test_many_callbacks_at_once_have_one_puller(listening: Company, listener: Listener) -> None:
    wecom = listening.wecom
    wecom.pause("kf/sync_msg")
    await asyncio.gather(*(wecom.says("wm1", str(number)) for number in range(5)))
    await wecom.until(lambda: len(_pulls(wecom)) == 1)
    wecom.resume("kf/sync_msg")
    await wecom.reads("wm1", 5)
    assert len(_pulls(wecom)) <= 2
    assert sorted(each.text for each in listener.heard) == [str(number) for number in range(5)]


def _pulls(wecom: WeCom) -> list[dict[str, object]]:
    """The calls of sync_msg that a callback has led to."""
    return [call for call in wecom.calls["kf/sync_msg"] if "token" in call]


async def test_no_secret_and_nobody_is_in_the_log(listening: Company, capsys: pytest.CaptureFixture[str]) -> None:
    wecom = listening.wecom
    await wecom.says("wm-of-somebody", "我叫王小明")
    await wecom.reads("wm-of-somebody")
    await wecom.callback(msg_signature="0")
    written = "".join(capsys.readouterr())
    assert "wecom_refused" in written
    for secret in ("wm-of-somebody", "王小明", TOKEN, AES_KEY):
        assert secret not in written

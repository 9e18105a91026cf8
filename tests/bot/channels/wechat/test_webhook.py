"""The callback: what is believed, what is refused, and that WeChat always gets a valid answer."""

from pathlib import Path

import httpx
import pytest

from bot.messages import Incoming, Reply
from bot.talk.wording import text_reply
from tests.fakes.botapi import PLAIN
from tests.fakes.wechat import AES_KEY, Mode, WeChat, write
from tests.wechat_account import talking

MODES: tuple[Mode, ...] = ("plain", "compatible", "aes")
OTHER_KEY = AES_KEY[::-1]


class Listener:
    """A conversation that says what it heard, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []

    async def __call__(self, incoming: Incoming) -> Reply | None:
        self.heard.append(incoming)
        return text_reply(f"听到：{incoming.text}")


@pytest.mark.parametrize("mode", MODES)
async def test_a_server_is_verified_in_plain_in_every_mode(tmp_path: Path, mode: Mode) -> None:
    async with talking(tmp_path, mode, turn=Listener()) as account:
        answer = await account.wechat.verify("5927341")
        assert (answer.status_code, answer.text) == (200, "5927341")
        assert (await account.wechat.verify(token="another")).status_code == 403


@pytest.mark.parametrize("mode", MODES)
async def test_a_message_is_answered_in_every_mode(tmp_path: Path, mode: Mode) -> None:
    listener = Listener()
    async with talking(tmp_path, mode, turn=listener) as account:
        for text in ("催收会上门吗", "a]]>b<![CDATA[c", "<!DOCTYPE html>&lt;1 < 2 & 3", "😀𠮷"):
            assert (await account.wechat.says("o1", text)).text == f"听到：{text}"
        assert (await account.wechat.says("o1", "退格\x08和\x00空")).text == "听到：退格和空"
    assert listener.heard[0].text == "催收会上门吗"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("changes", [{"signature": "0" * 40}, {"signature": "é"}, {"nonce": "1"}, {"timestamp": ""}])
async def test_a_wrong_signature_never_reaches_the_conversation(
    tmp_path: Path, mode: Mode, changes: dict[str, str]
) -> None:
    listener = Listener()
    async with talking(tmp_path, mode, turn=listener) as account:
        answer = await account.wechat.post(account.wechat.text("o1", "x"), **changes)
    assert answer.status_code == 403
    assert listener.heard == []


@pytest.mark.parametrize(
    ("attribute", "value"), [("app_id", "wxfedcba9876543210"), ("aes_key", OTHER_KEY), ("token", "other")]
)
async def test_what_is_encrypted_for_another_account_never_reaches_the_conversation(
    tmp_path: Path, attribute: str, value: str
) -> None:
    listener = Listener()
    async with talking(tmp_path, "aes", turn=listener) as account:
        other = WeChat(account.wechat.url, "aes")
        setattr(other, attribute, value)
        answer = await other.post(other.text("o1", "x"))
    assert answer.status_code == 403
    assert listener.heard == []


async def test_a_wrong_msg_signature_or_a_changed_cipher_never_reaches_the_conversation(tmp_path: Path) -> None:
    listener = Listener()
    async with talking(tmp_path, "aes", turn=listener) as account:
        fields = account.wechat.text("o1", "x")
        assert (await account.wechat.post(fields, msg_signature="0" * 40)).status_code == 403
        assert (await account.wechat.post(fields, encrypt_type="raw")).status_code == 403
    assert listener.heard == []


@pytest.mark.parametrize("mode", ["compatible", "aes"])
async def test_a_plain_message_is_refused_where_encryption_is_on(tmp_path: Path, mode: Mode) -> None:
    listener = Listener()
    async with talking(tmp_path, mode, turn=listener) as account:
        plain = WeChat(account.wechat.url, "plain")
        assert (await plain.post(plain.text("o1", "x"))).status_code == 403
        assert (await plain.post(plain.text("o1", "x"), encrypt_type="aes")).status_code == 403
    assert listener.heard == []


async def test_an_encrypted_message_without_a_key_is_refused(tmp_path: Path) -> None:
    listener = Listener()
    async with talking(tmp_path, "plain", turn=listener) as account:
        sealed = WeChat(account.wechat.url, "aes")
        assert (await sealed.post(sealed.text("o1", "x"))).status_code == 403
        both = WeChat(account.wechat.url, "compatible")
        answer = await both.post(both.text("o1", "兼容"))
        assert "听到：兼容" in answer.text
    assert len(listener.heard) == 1


BILLION = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BILLION.encode(), 400),
        (BILLION.encode("utf-16"), 400),
        (b"<!doctype x SYSTEM 'file:///etc/passwd'><xml/>", 400),
        (b"<?x <![CDATA[ ?><!DOCTYPE x><?x ]]> ?><xml/>", 400),
        (b"<xml><a></xml>", 400),
        (b"{}", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"<xml>" + b"a" * 64 * 1024 + b"</xml>", 413),
        (b"<xml/>", 400),
        (b"<xml><a>b</a></xml>", 200),
        (write({"FromUserName": "o", "ToUserName": "g", "CreateTime": "x", "MsgType": "text"}).encode(), 200),
        (write({"FromUserName": "o", "ToUserName": "g", "CreateTime": "1", "MsgType": "event"}).encode(), 200),
    ],
)
async def test_what_is_no_message_never_reaches_the_conversation(tmp_path: Path, body: bytes, status: int) -> None:
    listener = Listener()
    async with talking(tmp_path, turn=listener) as account:
        query, _ = account.wechat.request({})
        async with httpx.AsyncClient(base_url=account.wechat.url, trust_env=False, verify=PLAIN) as client:
            answer = await client.post("/wechat", params=query, content=body)
    assert answer.status_code == status
    assert status != 200 or answer.text == "success"
    assert listener.heard == []


async def test_a_failing_conversation_is_an_apology_and_no_fault(tmp_path: Path) -> None:
    async def turn(_: Incoming) -> Reply | None:
        raise RuntimeError("geheim")

    async with talking(tmp_path, turn=turn) as account:
        delivery = await account.wechat.says("o1", "催收会上门吗")
    assert delivery.text is not None
    assert "没有处理好" in delivery.text
    assert account.counted["RuntimeError"] == 1


async def test_a_silent_conversation_is_no_answer(tmp_path: Path) -> None:
    async def turn(_: Incoming) -> Reply | None:
        return None

    async with talking(tmp_path, turn=turn) as account:
        delivery = await account.wechat.says("o1", "催收会上门吗")
    assert (delivery.text, delivery.fault, delivery.tries) == (None, None, 1)

"""Signature and encryption, held against wechatpy's."""

import base64

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as WeComCrypto

from bot.channels.wx.crypto import CryptoError, MessageCrypto, decode_key, require_signature, signature
from tests.fakes.wechat import AES_KEY, APP_ID, TOKEN, sign
from tests.fakes.wecom import CORP_ID

OURS = MessageCrypto(SecretStr(TOKEN), SecretStr(AES_KEY), APP_ID)
THEIRS = WeChatCrypto(TOKEN, AES_KEY, APP_ID)

printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(st.lists(printable, min_size=1, max_size=4))
def test_the_signature_is_wechatpys(parts: list[str]) -> None:
    assert signature(*parts) == sign(*parts)
    require_signature(sign(*parts), *parts)


@pytest.mark.parametrize("given_signature", ["", "0" * 40, "é", "𠮷", "\ud800", signature("a", "b").upper()])
def test_any_other_signature_is_refused(given_signature: str) -> None:
    with pytest.raises(CryptoError, match="signature"):
        require_signature(given_signature, "a", "b")


@given(printable, st.integers(1, 2**31), st.text("0123456789abcdef", min_size=1))
def test_what_wechatpy_encrypts_is_read(text: str, timestamp: int, nonce: str) -> None:
    sealed = xmltodict.parse(THEIRS.encrypt_message(text, nonce, timestamp))["xml"]
    opened = OURS.decrypt(sealed["Encrypt"], sealed["MsgSignature"], str(timestamp), nonce)
    assert opened.decode() == text


@given(printable, st.integers(1, 2**31), st.text("0123456789abcdef", min_size=1))
def test_what_is_encrypted_is_read_by_wechatpy(text: str, timestamp: int, nonce: str) -> None:
    envelope = OURS.encrypt(text.encode(), str(timestamp), nonce)
    message = {"Encrypt": envelope.encrypted}
    assert THEIRS.decrypt_message(message, envelope.signature, envelope.timestamp, envelope.nonce) == text


@given(printable, st.integers(1, 2**31), st.text("0123456789abcdef", min_size=1))
def test_it_is_wechatpys_for_a_company_too(text: str, timestamp: int, nonce: str) -> None:
    theirs = WeComCrypto(TOKEN, AES_KEY, CORP_ID)
    ours = MessageCrypto(SecretStr(TOKEN), SecretStr(AES_KEY), CORP_ID)
    sealed = xmltodict.parse(theirs.encrypt_message(text, nonce, timestamp))["xml"]
    assert ours.decrypt(sealed["Encrypt"], sealed["MsgSignature"], str(timestamp), nonce).decode() == text
    echo = ours.encrypt(text.encode(), str(timestamp), nonce)
    assert theirs.check_signature(echo.signature, echo.timestamp, echo.nonce, echo.encrypted) == text
    with pytest.raises(CryptoError, match="receiver"):
        OURS.decrypt(sealed["Encrypt"], sealed["MsgSignature"], str(timestamp), nonce)


@given(st.binary(max_size=200))
def test_bytes_of_any_length_come_back(message: bytes) -> None:
    envelope = OURS.encrypt(message, "1", "2")
    assert OURS.decrypt(envelope.encrypted, envelope.signature, "1", "2") == message


def sealed(plain: bytes) -> str:
    """What anybody with the key can encrypt, whatever its padding."""
    encryptor = OURS._cipher().encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


@pytest.mark.parametrize(
    ("encrypted", "reason"),
    [
        ("", "length"),
        ("!!!!", "base64"),
        ("é", "base64"),
        (base64.b64encode(b"x" * 15).decode(), "length"),
        (sealed(b"\x00" * 32), "padding"),
        (sealed(b"\x21" * 48), "padding"),
        (sealed(b"x" * 31 + b"\x02"), "padding"),
        (sealed(b"\x20" * 32), "length"),
        (sealed(b"x" * 16 + b"\xff" * 4 + b"\x0c" * 12), "length"),
        (sealed(b"x" * 16 + b"\x00" * 4 + b"wx0123456789abcdee" + b"\x0a" * 10), "receiver"),
        (sealed(b"x" * 16 + b"\x00" * 4 + b"\x0c" * 12), "receiver"),
    ],
)
def test_what_is_not_for_this_account_is_refused(encrypted: str, reason: str) -> None:
    with pytest.raises(CryptoError, match=reason):
        OURS.decrypt(encrypted, signature(TOKEN, "1", "2", encrypted), "1", "2")


@given(st.binary(max_size=300))
def test_noise_is_refused_and_nothing_else_is_raised(noise: bytes) -> None:
    encrypted = base64.b64encode(noise).decode()
    with pytest.raises(CryptoError):
        OURS.decrypt(encrypted, signature(TOKEN, "1", "2", encrypted), "1", "2")


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "é", "a" * 42 + "-"])
def test_a_key_has_43_letters_and_digits(key: str) -> None:
    with pytest.raises(ValueError, match="43"):
        decode_key(key)


def test_no_secret_shows() -> None:
    assert TOKEN not in repr(OURS)
    assert AES_KEY not in repr(OURS)

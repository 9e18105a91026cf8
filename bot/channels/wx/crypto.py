"""The signature and the encryption of pushes, the same for WeChat and WeCom but for whom a message names as its receiver.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
https://developer.work.weixin.qq.com/document/path/90968
"""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from pydantic import SecretStr

BLOCK: Final = 32
"""Bytes to which a message is padded: PKCS#7 with twice the cipher's block."""
RANDOM: Final = 16
"""Random bytes before the message."""
LENGTH: Final = 4
"""Bytes of the message's length, big endian."""
KEY_CHARACTERS: Final = 43
"""Of an EncodingAESKey: 32 bytes in base64 without the last `=`."""
CIPHER_BLOCK: Final = 16


class CryptoError(Exception):
    """Not from WeChat, or not for this account; the text says which check failed and nothing of the message."""


def signature(*parts: str) -> str:
    """WeChat's signature of these parts."""
    return sha1(b"".join(sorted(part.encode("utf-8", "surrogatepass") for part in parts))).hexdigest()  # noqa: S324 -- WeChat's choice  # nosec B324


def require_signature(given: str, *parts: str) -> None:
    """Raise CryptoError unless it is the signature of these parts; takes the same time wherever they differ."""
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), signature(*parts).encode()):
        raise CryptoError("signature")


def decode_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey; raises ValueError."""
    if len(encoding_aes_key) != KEY_CHARACTERS or not encoding_aes_key.isascii() or not encoding_aes_key.isalnum():
        raise ValueError("not 43 letters and digits")
    return base64.b64decode(encoding_aes_key + "=")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A reply that is encrypted and signed."""

    encrypted: str
    signature: str
    timestamp: str
    nonce: str


@dataclass(frozen=True)
class MessageCrypto:
    """Opens what WeChat encrypts for one account, and closes what goes back."""

    token: SecretStr
    encoding_aes_key: SecretStr
    receiver: str
    """The AppID of an official account, the CorpID of a company."""
    _key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", decode_key(self.encoding_aes_key.get_secret_value()))

    def decrypt(self, encrypted: str, msg_signature: str, timestamp: str, nonce: str) -> bytes:
        """The message; raises CryptoError unless it was signed with our token and encrypted for this account."""
        require_signature(msg_signature, self.token.get_secret_value(), timestamp, nonce, encrypted)
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise CryptoError("base64") from None
        if not sealed or len(sealed) % CIPHER_BLOCK:
            raise CryptoError("length")
        decryptor = self._cipher().decryptor()
        opened = _unpadded(decryptor.update(sealed) + decryptor.finalize())
        start = RANDOM + LENGTH
        end = start + int.from_bytes(opened[RANDOM:start], "big")
        if len(opened) < start or end > len(opened):
            raise CryptoError("length")
        if not hmac.compare_digest(opened[end:], self.receiver.encode()):
            raise CryptoError("receiver")
        return opened[start:end]

    def encrypt(self, message: bytes, timestamp: str, nonce: str) -> Envelope:
        """The message as WeChat takes it."""
        plain = secrets.token_bytes(RANDOM) + len(message).to_bytes(LENGTH, "big") + message + self.receiver.encode()
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(_padded(plain)) + encryptor.finalize()
        encrypted = base64.b64encode(sealed).decode()
        return Envelope(
            encrypted, signature(self.token.get_secret_value(), timestamp, nonce, encrypted), timestamp, nonce
        )

    def _cipher(self) -> Cipher[CBC]:
        return Cipher(AES(self._key), CBC(self._key[:CIPHER_BLOCK]))


def _padded(plain: bytes) -> bytes:
    count = BLOCK - len(plain) % BLOCK
    return plain + bytes([count]) * count


def _unpadded(padded: bytes) -> bytes:
    count = padded[-1]
    if not 1 <= count <= BLOCK or not hmac.compare_digest(padded[-count:], bytes([count]) * count):
        raise CryptoError("padding")
    return padded[:-count]

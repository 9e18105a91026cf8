"""What is fuzzed: each entrance as a function of bytes that fails by an exception, with inputs to begin from."""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr
from starlette.exceptions import HTTPException

from bot import choices, privacy
from bot.channels.web.api import parse_request
from bot.channels.wechat.messages import WeChatMessage
from bot.channels.wecom.messages import Callback, Page
from bot.channels.wx import xml
from bot.channels.wx.crypto import CryptoError, MessageCrypto, signature
from bot.talk.fragments import expects_more
from bot.talk.message import shortened
from bot.talk.state import ConversationState
from bot.talk.text_commands import command, fold, number, part
from intents import Matcher
from intents.danger.detector import shipped_detector
from intents.faq.question_files import parse_questions
from intents.knowledge import Knowledge
from intents.load import check_text
from intents.matching.normalize import Normalizer

ROOT = Path(__file__).parent.parent.parent
CRYPTO = MessageCrypto(SecretStr("token"), SecretStr("a" * 43), "wx0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Target:
    """One entrance."""

    run: Callable[[bytes], None]
    """Takes any bytes; raises what would be a defect."""
    seeds: Sequence[bytes] = ()
    """Inputs that reach deep."""
    runs: int = 90_000
    """Its share of a million inputs, by how long one takes."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def faq_file(data: bytes) -> None:
    """A FAQ in one file: problems with a place in it, never an exception."""
    for problem in check_text(_text(data).encode("utf-8", "replace").decode()).problems:
        assert problem.line >= 1
        assert problem.line_for("faq.yaml")


def question_file(data: bytes) -> None:
    """A text file of questions."""
    for line in parse_questions("questions/x.txt", _text(data).encode("utf-8", "replace").decode()).lines:
        assert line.text.strip()


def normalizer(data: bytes) -> None:
    """Normalising twice is normalising once."""
    once = Normalizer()(_text(data))
    assert Normalizer()(once) == once


def matcher(data: bytes) -> None:
    """A match has scores between 0 and 1, and its decision names intents that there are."""
    match = _matcher().match(_text(data))
    assert all(0 <= each.score <= 1 for each in match.candidates)


def danger(data: bytes) -> None:
    """Whatever somebody writes is assessed."""
    shipped_detector().assess(_text(data))


def mask(data: bytes) -> None:
    """Masking twice is masking once."""
    once = privacy.mask(_text(data))
    assert privacy.mask(once) == once


def talk(data: bytes) -> None:
    """Commands, numbers, parts and fragments are looked for in any text."""
    text = shortened(_text(data))
    folded = fold(text)
    command(folded), number(folded), part(folded), expects_more(text)


def wx_xml(data: bytes) -> None:
    """A push of WeChat or WeCom, once it is signed: a message, or XMLError."""
    with contextlib.suppress(xml.XMLError):
        fields = xml.read(data)
        with contextlib.suppress(xml.XMLError):
            WeChatMessage.from_fields(fields)
        Callback.from_fields(fields)


def wx_crypto(data: bytes) -> None:
    """What is signed for us and encrypted by somebody else."""
    encrypted = _text(data)
    with contextlib.suppress(CryptoError):
        CRYPTO.decrypt(encrypted, signature("token", "1", "2", encrypted), "1", "2")


def web_json(data: bytes) -> None:
    """The body of a message to the page's API: a request, or 400."""
    with contextlib.suppress(HTTPException):
        assert parse_request(data).session.strip()


def wecom_json(data: bytes) -> None:
    """A page of messages, as WeCom gives it."""
    with contextlib.suppress(ValueError, RecursionError):
        answer = json.loads(data)
        if isinstance(answer, dict):
            Page.from_json(answer)


def choice(data: bytes) -> None:
    """The value of a button that somebody made up: a choice that is written as it was read, or none."""
    decoded = choices.decode(_text(data))
    if decoded is not None and len(data) <= choices.MAX_BYTES:
        assert choices.decode(decoded.encode()) == decoded


def state(data: bytes) -> None:
    """The state of a talk as it comes from the database."""
    ConversationState.from_json(_text(data))


@cache
def _matcher() -> Matcher:
    return Knowledge.load(ROOT / "faq.yaml").matcher


_WORDS = tuple(
    each.encode()
    for each in (
        "催收说明天带人来我家",
        "我不想活了",
        "wo xiang si",
        "北京市海淀区中关村大街1号楼2单元301室",
        "我叫王小明，电话13800138000",
        "第二个",
        "删除我的数据",
        "還唔到錢點算",
    )
)
_XML = (
    "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[好]]></Content><MsgId>1</MsgId></xml>"
)
_FAQ = """version: 1
lexicon:
  - [催收, 追债]
intents:
  - id: a
    title: 甲
    group: collection
    questions:
      - 催收会上门吗
    answer:
      summary: 会。
"""


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "choice": Target(choice, (b"i:home_visit", b"p:home_visit:rights", b"v:home_visit:1", b"a:x")),
        "danger": Target(danger, _WORDS, 80_000),
        "faq_file": Target(faq_file, (_FAQ.encode(),), 40_000),
        "mask": Target(mask, _WORDS, 60_000),
        "matcher": Target(matcher, _WORDS, 20_000),
        "normalizer": Target(normalizer, _WORDS),
        "question_file": Target(question_file, ("# 作者 甲\n催收会上门吗\n".encode(),)),
        "state": Target(state, (b"{}", b'{"intent": "home_visit", "misses": 1}')),
        "talk": Target(talk, _WORDS),
        "web_json": Target(web_json, ('{"session": "s", "text": "您好"}'.encode(),)),
        "wecom_json": Target(
            wecom_json,
            (
                b'{"errcode":0,"next_cursor":"c","has_more":0,"msg_list":[{"msgid":"1","msgtype":"text","text":{"content":"a"}}]}',
            ),
        ),
        "wx_crypto": Target(wx_crypto, (b"AAAA" * 16,)),
        "wx_xml": Target(wx_xml, (_XML.encode(),)),
    }
)

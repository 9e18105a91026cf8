"""XML: what is read is what was written, whatever the text."""

import time

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wx import xml
from tests.fakes.wechat import write

legal = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1)


@given(legal, legal)
def test_any_text_is_written_so_that_another_parser_reads_it(text: str, person: str) -> None:
    body = xml.text_reply(person, "gh_1", 1, text)
    read = xmltodict.parse(body, strip_whitespace=False)["xml"]
    assert read["Content"] == text
    assert read["ToUserName"] == person


@given(st.text())
def test_what_xml_cannot_carry_is_left_out(text: str) -> None:
    fields = xml.read(xml.text_reply("o", "gh_1", 1, text))
    assert set(fields) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}


@given(legal)
def test_any_text_of_wechats_is_read(text: str) -> None:
    assert xml.read(write({"Content": f"a{text}b"}).encode())["Content"] == f"a{text}b"


@given(st.binary(max_size=400))
def test_noise_is_refused_and_nothing_else_is_raised(noise: bytes) -> None:
    with pytest.raises(xml.XMLError):
        xml.read(b"<" + noise)


def test_the_largest_body_is_read_in_a_moment_however_deep() -> None:
    deep = b"<xml>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</xml>"
    begin = time.process_time()
    assert xml.read(deep) == {}
    assert time.process_time() - begin < 2
    with pytest.raises(xml.XMLError, match="too large"):
        xml.read(b"<xml>" + b" " * 64 * 1024 + b"</xml>")

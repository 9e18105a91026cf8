"""What WeChat pushes is read as wechatpy reads it."""

import pytest
from wechatpy import parse_message

from bot.channels.wechat.messages import WeChatMessage
from bot.channels.wx import xml
from tests.fakes.wechat import WeChat, write


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "text", "Content": "催收]]>上门", "bizmsgmenuid": "i:home_visit"},
        {"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": "你好"},
        {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_home_visit", "Ticket": "t"},
        {"MsgType": "event", "Event": "CLICK", "EventKey": "g:collection"},
    ],
)
def test_a_message_says_what_wechatpy_reads_in_it(fields: dict[str, str]) -> None:
    wechat = WeChat("")
    whole = {**wechat.message("o1", fields["MsgType"]), **fields}
    if fields["MsgType"] == "event":
        del whole["MsgId"]
    ours = WeChatMessage.from_fields(xml.read(write(whole).encode()))
    theirs = parse_message(write(whole))
    assert (ours.person, ours.account) == (theirs.source, theirs.target)
    assert ours.created == theirs.create_time.timestamp()
    if fields["MsgType"] != "event":
        assert ours.msg_id == str(theirs.id)
        assert ours.content == (theirs.content if fields["MsgType"] == "text" else "")
        assert ours.recognition == (theirs.recognition if fields["MsgType"] == "voice" else "")
    else:
        assert ours.event_key == fields["EventKey"]


def test_two_events_within_a_second_are_two() -> None:
    wechat = WeChat("")
    one, other = wechat.event("o1", "CLICK", "g:collection"), wechat.event("o1", "CLICK", "menu")
    other["CreateTime"] = one["CreateTime"]
    keys = {WeChatMessage.from_fields(each).key for each in (one, dict(one), other)}
    assert len(keys) == 2

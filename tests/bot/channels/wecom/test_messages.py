"""What sync_msg gives, as it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom.messages import Callback, KFMessage, Page
from tests.fakes.wecom import ACCOUNT, WeCom

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
fields = st.sampled_from(
    [
        "msgid",
        "open_kfid",
        "external_userid",
        "send_time",
        "origin",
        "msgtype",
        "text",
        "event",
        "event_type",
        "content",
    ]
)
items = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(fields, inner, max_size=8), max_leaves=12
)


def test_a_text_says_who_wrote_what_and_what_was_tapped() -> None:
    item = WeCom().message("wm1", "text", {"content": "2 权利", "menu_id": "p:a:rights"})
    message = KFMessage.from_json(item)
    assert message is not None
    assert (message.key, message.account, message.person) == (item["msgid"], ACCOUNT, "wm1")
    assert (message.kind, message.text, message.menu_id, message.is_event) == ("text", "2 权利", "p:a:rights", False)


def test_an_event_says_its_session_inside() -> None:
    message = KFMessage.from_json(WeCom().event("wm1", "session_status_change", change_type=3))
    assert message is not None
    assert (message.account, message.person, message.kind, message.change) == (
        ACCOUNT,
        "wm1",
        "session_status_change",
        3,
    )
    assert message.is_event


def test_without_a_msgid_two_events_are_two_and_one_is_one() -> None:
    wecom = WeCom()
    one, other = (
        wecom.event("wm1", "user_recall_msg", recall_msgid="1"),
        wecom.event("wm1", "user_recall_msg", recall_msgid="2"),
    )
    for each in (one, other):
        del each["msgid"]
        each["send_time"] = 5
    keys = [KFMessage.from_json(each) for each in (one, dict(one), other)]
    assert len({each.key for each in keys if each is not None}) == 2


@given(st.lists(items, max_size=4))
def test_whatever_comes_is_a_message_or_counted(several: list[object]) -> None:
    page = Page.from_json({"msg_list": several, "has_more": 1, "next_cursor": "c"})
    assert len(page.messages) + page.unreadable == len(several)
    assert all(each.key and each.kind and each.account for each in page.messages)


@given(items)
def test_whatever_is_answered_is_a_page(answer: object) -> None:
    page = Page.from_json({"msg_list": answer, "has_more": answer, "next_cursor": answer})
    assert isinstance(page.next_cursor, str)


@pytest.mark.parametrize("created", ["", "x", "-1", "１", "9" * 40])
def test_a_callback_without_a_time_is_one(created: str) -> None:
    callback = Callback.from_fields({"MsgType": "event", "Event": "kf_msg_or_event", "CreateTime": created})
    assert callback == Callback("", "", 0)

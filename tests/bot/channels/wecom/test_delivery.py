"""Messages are tried again where that can't deliver them twice; a menu that isn't taken comes as text."""

from collections import deque
from collections.abc import Mapping, Sequence

import pytest
from typing_extensions import override

from bot.channels.wecom.api import WeComAPI
from bot.channels.wecom.delivery import Delivery
from bot.channels.wecom.errors import NO_MORE_MESSAGES, SESSION_HELD, APIError
from bot.channels.wecom.quota import Quotas
from bot.channels.wecom.sending import Outgoing
from bot.channels.wecom.sessions import HELD_KIND, Sessions
from bot.channels.wx.api import BUSY, NETWORK
from bot.messages import Choice

MENU_REFUSED, UNKNOWN = 45098, 12345
MENU = Outgoing("选", (Choice("甲", "i:a"), Choice("乙", "i:b")), footer="（还没完）")


class Vendor(WeComAPI):
    """WeCom's answers in a row: a code for a refusal, None for a message taken; then all are taken."""

    def __init__(self, *codes: int | None) -> None:
        self.codes = deque(codes)
        self.sent: list[tuple[str, str, str, Mapping[str, object]]] = []

    @override
    async def send(self, account: str, person: str, message_id: str, content: Mapping[str, object]) -> None:
        self.sent.append((account, person, message_id, content))
        if self.codes and (code := self.codes.popleft()) is not None:
            raise APIError(code)

    @override
    async def send_on_event(self, code: str, message_id: str, content: Mapping[str, object]) -> None:
        await self.send("", code, message_id, content)

    @override
    async def session_state(self, account: str, person: str) -> int:
        assert (account, person) == ("wk", "wm1")
        return 3

    @property
    def ids(self) -> list[str]:
        return [message_id for _, _, message_id, _ in self.sent]

    @property
    def kinds(self) -> list[object]:
        return [content["msgtype"] for *_, content in self.sent]


def parts(*codes: int | None) -> tuple[Vendor, Delivery, list[str]]:
    vendor, counted = Vendor(*codes), list[str]()
    quotas = Quotas(lambda: 1000.0)
    quotas.after_message("wm1", "wk", 1000.0)
    return vendor, Delivery(vendor, quotas, Sessions(vendor, counted.append), counted.append, first_pause=0), counted


async def deliver(by: Delivery, messages: Sequence[Outgoing], cause: str = "m1") -> deque[Outgoing]:
    """What is left when it ends."""
    queue = deque(messages)
    try:
        await by.deliver("wk", "wm1", queue, cause)
    except APIError:
        assert queue
    return queue


async def test_each_message_has_an_id_of_its_own_that_is_the_same_for_the_same_cause() -> None:
    vendor, by, _ = parts()
    two = (Outgoing("一"), Outgoing("二"))
    assert not await deliver(by, two)
    assert not await deliver(by, two)
    assert not await deliver(by, two, "\ud83d")  # as much of an id as came
    assert vendor.ids[:2] == vendor.ids[2:4]
    assert len({*vendor.ids}) == 4
    assert all(len(each) == 32 for each in vendor.ids)
    assert [each[:2] for each in vendor.sent] == [("wk", "wm1")] * 6
    assert by.quotas.left("wm1") == 0


@pytest.mark.parametrize("code", [NETWORK, BUSY])
async def test_what_may_not_have_arrived_is_tried_three_times_under_the_same_id(code: int) -> None:
    vendor, by, counted = parts(code, code)
    assert not await deliver(by, [Outgoing("一")])
    assert (len(vendor.ids), len({*vendor.ids})) == (3, 1)
    assert (by.quotas.left("wm1"), counted) == (4, [])
    vendor, by, counted = parts(*[code] * 9)
    assert len(await deliver(by, [Outgoing("一"), Outgoing("二")])) == 2
    assert len(vendor.ids) == 3
    assert (by.quotas.left("wm1"), counted) == (5, [str(APIError(code))])


async def test_an_unknown_refusal_of_a_repeat_means_that_the_one_before_arrived() -> None:
    vendor, by, counted = parts(NETWORK, UNKNOWN)
    assert not await deliver(by, [Outgoing("一")])
    assert (len(vendor.ids), by.quotas.left("wm1"), counted) == (2, 4, [])
    vendor, by, counted = parts(UNKNOWN)
    assert await deliver(by, [Outgoing("一")])
    assert (len(vendor.ids), counted) == (1, ["errcode_12345"])


async def test_a_menu_that_is_not_taken_comes_as_text_with_its_numbers_and_its_line_below() -> None:
    vendor, by, counted = parts(MENU_REFUSED)
    assert not await deliver(by, [MENU])
    assert vendor.kinds == ["msgmenu", "text"]
    assert vendor.sent[1][3]["text"] == {"content": "选\n\n回复数字，或直接问：\n1 甲\n2 乙\n\n（还没完）"}
    assert vendor.ids[0] != vendor.ids[1]
    assert counted == ["errcode_45098"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (Outgoing("只有文字"), MENU_REFUSED),
        (MENU, UNKNOWN),
        (Outgoing("长" * 682, (Choice("甲", "i:a"),)), MENU_REFUSED),
    ],
)
async def test_what_no_single_text_can_stand_for_is_not_sent_as_one(message: Outgoing, code: int) -> None:
    vendor, by, _ = parts(code)
    assert await deliver(by, [message])
    assert len(vendor.sent) == 1


async def test_when_wecom_says_that_it_is_enough_nothing_is_left() -> None:
    _, by, counted = parts(NO_MORE_MESSAGES)
    await deliver(by, [Outgoing("一")])
    assert (by.quotas.left("wm1"), counted) == (0, ["errcode_95001"])


async def test_a_session_that_an_attendant_has_is_held_from_its_refusal_on() -> None:
    _, by, counted = parts(SESSION_HELD)
    await deliver(by, [Outgoing("一")])
    assert counted == ["errcode_95018", HELD_KIND]
    assert by.quotas.left("wm1") == 5
    assert await by.sessions.is_held("wk", "wm1")
    _, by, _ = parts(UNKNOWN)
    await deliver(by, [Outgoing("一")])
    assert not await by.sessions.is_held("wk", "wm1")


async def test_whoever_is_reached_shows_that_the_set_up_is_right() -> None:
    vendor, by, _ = parts(SESSION_HELD)
    await deliver(by, [Outgoing("一")])
    assert by.sessions._refused
    await deliver(by, [Outgoing("一")])
    assert not by.sessions._refused
    assert vendor.sent[-1][1] == "wm1"


async def test_a_welcome_goes_to_its_code_and_a_refusal_is_counted() -> None:
    vendor, by, counted = parts(MENU_REFUSED, None, UNKNOWN)
    await by.welcome("CODE", MENU, "e1")
    assert [person for _, person, *_ in vendor.sent] == ["CODE", "CODE"]
    assert vendor.kinds == ["msgmenu", "text"]
    with pytest.raises(APIError):
        await by.welcome("CODE", Outgoing("一"), "e2")
    assert counted == ["errcode_45098", "errcode_12345"]
    assert by.quotas.left("wm1") == 5


async def test_the_pause_before_a_repeat_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pass_by(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("bot.channels.wecom.delivery.asyncio.sleep", pass_by)
    vendor, by, counted = parts(NETWORK, BUSY)
    await deliver(Delivery(vendor, by.quotas, by.sessions, counted.append), [Outgoing("一")])
    assert pauses == [0.5, 1.0]

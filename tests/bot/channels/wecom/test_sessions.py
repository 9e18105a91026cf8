"""Sessions that a human attendant holds, quotas, and what becomes of a message that WeCom doesn't take."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.wecom import quota, wording
from bot.channels.wecom.limits import ANSWER_SECONDS, MESSAGES_AFTER_A_MESSAGE
from bot.channels.wecom.quota import Quotas
from bot.channels.wecom.sending import CRISIS, Outgoing
from bot.channels.wecom.sessions import REFUSALS, Sessions
from bot.channels.wecom.waiting import WAITING_SECONDS, WaitingRoom
from bot.messages import ChatIdentity, Incoming, Original, Reply, SendError
from bot.operators.handoff import Handoffs
from bot.talk.conversation import Conversation
from bot.talk.wording import text_reply
from tests.fakes.wecom import ACCOUNT, WeCom
from tests.stores import Clock
from tests.telegram_bot import small_faq
from tests.wecom_account import Company, talking

PERSON = ChatIdentity("wecom", "wm1")
OTHER = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3R"


async def test_a_session_that_an_attendant_holds_is_left_alone_until_it_ends(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    wecom = company.wecom
    wecom.states[ACCOUNT, "wm1"] = 3
    await wecom.says("wm1", "催收会上门吗")
    await company.counted.reaches("held")
    await wecom.says("wm1", "在吗")
    await company.counted.reaches("held", 2)
    assert len(wecom.calls["kf/send_msg"]) == 1  # the second was known to be held
    wecom.states[ACCOUNT, "wm1"] = 0
    await wecom.brings(wecom.event("wm1", "session_status_change", change_type=3, old_servicer_userid="zhangsan"))
    await wecom.says("wm1", "催收会上门吗")
    assert "home_visit的简要回答" in (await wecom.reads("wm1"))[0].text
    written = capsys.readouterr().out
    assert "由接待人员接待" in written
    assert "95018" in written
    assert "wm1" not in written


@pytest.mark.parametrize("sign", ["attendant", "from_pool"])
async def test_an_attendant_who_speaks_or_takes_over_is_noticed_before_anything_is_sent(
    company: Company, sign: str
) -> None:
    wecom = company.wecom
    wecom.states[ACCOUNT, "wm1"] = 3
    if sign == "attendant":
        await wecom.brings(wecom.message("wm1", "text", {"content": "您好，我来帮您"}, origin=5))
    else:
        await wecom.brings(wecom.event("wm1", "session_status_change", change_type=1, new_servicer_userid="zhangsan"))
    await wecom.says("wm1", "催收会上门吗")
    await company.counted.reaches("held")
    assert wecom.calls["kf/send_msg"] == []
    wecom.states[ACCOUNT, "wm1"] = 1
    await wecom.says("wm1", "会被起诉吗")  # nobody has said that the session ended: WeCom is asked
    await wecom.reads("wm1")


async def test_one_held_session_is_no_fault_and_nothing_but_held_ones_is(company: Company) -> None:
    wecom = company.wecom
    for number in range(1, REFUSALS + 1):
        wecom.states[ACCOUNT, f"wm{number}"] = 3
        await wecom.says(f"wm{number}", "在吗")
        await company.counted.reaches("held", number)
        assert (await company.channel.health() is None) == (number < REFUSALS)
    assert "接待方式" in (await company.channel.health() or "")
    for _ in range(2):  # the second is answered once the first is done with
        await wecom.says("wm9", "催收会上门吗")
        await wecom.reads("wm9")
    assert await company.channel.health() is None


async def test_a_session_whose_state_cannot_be_asked_stays_held(company: Company) -> None:
    wecom = company.wecom
    company.channel._sessions.hold(ACCOUNT, "wm1")
    wecom.errors["kf/service_state/get"] = [(48002, "api forbidden")]
    await wecom.says("wm1", "在吗")
    await wecom.until(lambda: len(wecom.calls["kf/service_state/get"]) == 1)
    await wecom.says("wm1", "催收会上门吗")
    assert len(await wecom.reads("wm1")) == 1
    wecom.states[ACCOUNT, "wm1"] = 2
    wecom.errors["kf/service_state/get"] = [(48002, "api forbidden")]
    await wecom.says("wm1", "会被起诉吗")
    await company.counted.reaches("held")


async def test_held_sessions_are_bounded(monkeypatch: pytest.MonkeyPatch, company: Company) -> None:
    monkeypatch.setattr("bot.channels.wecom.sessions.SESSIONS", 2)
    sessions = Sessions(company.channel._api, lambda _: None)
    for number in range(3):
        sessions.hold(ACCOUNT, f"wm{number}")
    assert not await sessions.is_held(ACCOUNT, "wm0")
    assert len(sessions._held) == 2


@pytest.mark.parametrize("code", [40058, 45098, 95008])
async def test_a_menu_that_is_not_taken_comes_as_a_text(company: Company, code: int) -> None:
    wecom = company.wecom
    wecom.errors["kf/send_msg"] = [(code, "msgmenu list size is out of limit")]
    await wecom.says("wm1", "催收会上门吗")
    [sent] = await wecom.reads("wm1")
    assert sent.items == {}
    assert "2 权利" in sent.text
    await wecom.says("wm1", "2")
    assert "home_visit的权利二" in (await wecom.reads("wm1"))[0].text


async def test_an_answer_that_is_lost_on_its_way_is_not_delivered_twice(wecom: WeCom, tmp_path: Path) -> None:
    async def turn(_: Incoming) -> Reply | None:
        return text_reply("一" * 600, "二" * 600)

    async with talking(wecom, tmp_path, turn=turn):
        wecom.garbled["kf/send_msg"] = 2
        await wecom.says("wm1", "在吗")
        assert [each.text[0] for each in await wecom.reads("wm1", 2)] == ["一", "二"]
        assert len(wecom.calls["kf/send_msg"]) > 2
    assert len(wecom.sent) == 2


async def test_what_wecom_cannot_take_now_waits_behind_the_next_answer(company: Company) -> None:
    wecom = company.wecom
    wecom.errors["kf/send_msg"] = [(-1, "busy")] * 6
    await wecom.says("wm1", "催收会上门吗")
    await company.counted.reaches("errcode_-1")
    await wecom.says("wm1", "会被起诉吗")
    [answer] = await wecom.reads("wm1")
    assert "lawsuit的简要回答" in answer.text
    assert answer.text.endswith(wording.EARLIER)
    await wecom.says("wm1", "0")
    assert "home_visit的简要回答" in (await wecom.reads("wm1"))[0].text


@pytest.mark.parametrize("in_danger", [False, True])
async def test_what_was_written_while_we_were_away_uses_up_nothing_that_the_last_word_needs(
    wecom: WeCom, tmp_path: Path, *, in_danger: bool
) -> None:
    async def turn(incoming: Incoming) -> Reply | None:
        reply = text_reply(f"答{incoming.text}")
        return replace(reply, intent=CRISIS) if in_danger and incoming.text == "7" else reply

    async with talking(wecom, tmp_path, turn=turn):
        await wecom.says("wm0", "在")
        await wecom.reads("wm0")
    wecom.keep(*(wecom.message("wm1", "text", {"content": str(number)}, ago=300) for number in range(1, 8)))
    async with talking(wecom, tmp_path, turn=turn) as company:
        shown = [each.text for each in await wecom.reads("wm1", 5)]
        earlier = "" if in_danger else f"\n\n{wording.EARLIER}"
        assert shown == ["答3", "答4", "答5", "答6", f"答7{earlier}"]
        assert (company.counted["withheld"], company.counted["errcode_95001"]) == (2, 0)
        await wecom.says("wm1", "0")
        assert [each.text for each in await wecom.reads("wm1", 2)] == ["答1", "答2"]


async def test_somebody_who_has_written_can_be_written_to_five_times(company: Company) -> None:
    wecom = company.wecom
    await wecom.says("wm1", "催收会上门吗")
    await wecom.reads("wm1")
    for number in range(MESSAGES_AFTER_A_MESSAGE - 1):
        await company.channel.send(PERSON, text_reply(f"第{number}句"))
    with pytest.raises(SendError, match="quota") as caught:
        await company.channel.send(PERSON, text_reply("第五句"))
    assert "只剩 0 条" in caught.value.remedy
    assert company.counted["quota"] == 1
    await wecom.says("wm1", "会被起诉吗")
    await wecom.reads("wm1", MESSAGES_AFTER_A_MESSAGE)
    await company.channel.send(PERSON, text_reply("又可以了"))


async def test_what_needs_more_messages_than_are_left_is_not_sent_in_part(company: Company) -> None:
    wecom = company.wecom
    await wecom.says("wm1", "催收会上门吗")
    await wecom.reads("wm1")
    long = text_reply(*("很长的一段话。" * 90 for _ in range(6)))
    with pytest.raises(SendError, match="quota"):
        await company.channel.send(PERSON, long)
    assert wecom.unread("wm1") == []


async def test_after_a_restart_a_person_is_written_to_through_the_account_they_wrote_to(
    wecom: WeCom, tmp_path: Path
) -> None:
    wecom.accounts = [OTHER, ACCOUNT]
    async with talking(wecom, tmp_path):
        await wecom.says("wm1", "催收会上门吗")
        await wecom.reads("wm1")
    async with talking(wecom, tmp_path) as company:
        await company.channel.send(PERSON, text_reply("在吗"))
        assert [(each.account, each.text) for each in await wecom.reads("wm1")] == [(ACCOUNT, "在吗")]
        with pytest.raises(SendError, match="errcode_95002"):
            await company.channel.send(ChatIdentity("wecom", "wm_nobody"), text_reply("在吗"))


async def test_nobody_is_written_to_before_an_account_is_known(wecom: WeCom, tmp_path: Path) -> None:
    wecom.accounts = []
    async with talking(wecom, tmp_path) as company:
        with pytest.raises(SendError, match="no_account"):
            await company.channel.send(PERSON, text_reply("在吗"))


@pytest.mark.parametrize(("code", "told"), [(95018, "接待人员"), (95001, "5 条"), (95002, "48 小时"), (95013, "结束")])
async def test_an_operator_is_told_why_a_message_did_not_go_out(
    company: Company, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wecom = company.wecom
    admin = ChatIdentity("telegram", "1")
    read: list[str] = []

    async def tell_admin(_: ChatIdentity, reply: Reply) -> None:
        read.append(reply.text)

    handoffs = Handoffs(company.store, frozenset({admin}), {"wecom": company.channel.send, "telegram": tell_admin})
    conversation = Conversation(small_faq, company.store, handoffs)
    await wecom.says("wm1", "催收会上门吗")
    await wecom.reads("wm1")
    assert "已接手" in (await handoffs.take(admin, "wecom:wm1")).text
    assert await conversation.turn(Incoming(admin, "第一句")) is None
    wecom.errors["kf/send_msg"] = [(code, "refused for wm1")]
    refused = await conversation.turn(Incoming(admin, "第二句"))
    assert refused is not None
    assert told in refused.text
    assert company.counted[f"errcode_{code}"] == 1
    assert "wm1" not in "".join(capsys.readouterr())


async def test_pictures_are_named_to_an_operator_and_none_can_be_sent_back(company: Company) -> None:
    wecom = company.wecom
    admin = ChatIdentity("telegram", "1")
    read: list[str] = []

    async def tell_admin(_: ChatIdentity, reply: Reply) -> None:
        read.append(reply.text)

    handoffs = Handoffs(company.store, frozenset({admin}), {"wecom": company.channel.send, "telegram": tell_admin})
    conversation = Conversation(small_faq, company.store, handoffs)
    await wecom.says("wm1", "催收会上门吗")
    await wecom.reads("wm1")
    await handoffs.take(admin, "wecom:wm1")
    await wecom.reads("wm1")
    picture = Original("wecom", ACCOUNT, "1", "图片")
    assert await conversation.turn(Incoming(PERSON, originals=(picture,))) is None
    assert "（图片）" in read[-1]
    photo = Original("telegram", "1", "5", "图片")
    refused = await conversation.turn(Incoming(admin, "您看这张", originals=(photo,)))
    assert refused is not None
    assert "只能发文字" in refused.text
    assert wecom.unread("wm1") == []


def test_quotas_end_with_their_time_and_the_person() -> None:
    clock = Clock()
    quotas = Quotas(clock)
    assert (quotas.left("wm1"), quotas.account("wm1")) == (None, None)
    quotas.spend("wm1")
    quotas.exhaust("wm1")
    quotas.after_message("wm1", ACCOUNT, clock.now - 10)
    quotas.spend("wm1")
    assert (quotas.left("wm1"), quotas.account("wm1")) == (4, ACCOUNT)
    clock.now += ANSWER_SECONDS - 10
    assert quotas.left("wm1") == 0
    quotas.forget("wm1")
    assert quotas.left("wm1") is None


def test_of_too_many_people_those_not_heard_of_longest_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "PEOPLE", 2)
    monkeypatch.setattr("bot.channels.wecom.waiting.PEOPLE", 2)
    quotas, room = Quotas(), WaitingRoom()
    for person in ("wm1", "wm2", "wm1", "wm3"):
        quotas.after_message(person, ACCOUNT, 0)
        room.keep(person, _pages("还有"), withheld=False)
    assert quotas.left("wm2") is None
    assert (room.take("wm2"), room.take("wm1")) == ((), _pages("还有"))


def test_what_waits_is_dropped_after_a_day_and_given_once() -> None:
    clock = Clock()
    room = WaitingRoom(clock)
    room.keep("wm1", _pages("还有"), withheld=True)
    assert room.withheld("wm1") == room.take("wm1") == _pages("还有")
    assert room.withheld("wm1") == room.take("wm1") == ()
    room.keep("wm1", _pages("还有"), withheld=True)
    clock.now += WAITING_SECONDS + 1
    assert room.take("wm1") == ()


def _pages(text: str) -> tuple[Outgoing, ...]:
    return (Outgoing(text),)

"""What people write, send, tap and do in 微信客服, against the real conversation on a small FAQ."""

from pathlib import Path

import pytest

from bot.channels.wecom import wording
from bot.channels.wecom.limits import ANSWER_SECONDS, WELCOME_SECONDS
from bot.messages import ChatIdentity, Choice, Incoming, Reply
from bot.talk.state import ConversationState
from bot.talk.wording import text_reply
from intents.knowledge import Knowledge
from tests.fakes.wecom import Sent, WeCom
from tests.wecom_account import Company, talking


async def asked(wecom: WeCom, text: str) -> Sent:
    """What is answered to a text, in one message."""
    await wecom.says("wm1", text)
    [sent] = await wecom.reads("wm1")
    return sent


@pytest.mark.parametrize("words", ["2", "２", "二", "2.", "第二个", "选2", "权利"])
async def test_a_choice_is_meant_by_its_number_or_its_label(company: Company, words: str) -> None:
    assert "2 权利" in (await asked(company.wecom, "催收会上门吗")).items
    assert "home_visit的权利二" in (await asked(company.wecom, words)).text


async def test_a_tapped_item_opens_what_stood_in_it_long_after(company: Company) -> None:
    wecom = company.wecom
    first = await asked(wecom, "催收会上门吗")
    await asked(wecom, "会被起诉吗")
    await wecom.says("wm1", "2 权利", first.items["2 权利"])
    assert "home_visit的权利二" in (await wecom.reads("wm1"))[0].text
    await wecom.taps("wm1", "返回")
    await wecom.reads("wm1")
    await wecom.says("wm1", "会被起诉吗", "of-another-program")
    assert "lawsuit的简要回答" in (await wecom.reads("wm1"))[0].text


async def test_coming_in_is_a_welcome_with_the_groups_to_tap(company: Company) -> None:
    wecom = company.wecom
    await wecom.brings(wecom.enters("wm1"))
    [welcome] = await wecom.reads("wm1")
    assert welcome.text.startswith(wording.WELCOME)
    assert welcome.items
    assert [call["code"] for call in wecom.calls["kf/send_msg_on_event"]] != [""]
    assert "home_visit标题" in (await asked(wecom, "2")).text
    assert wecom.calls["kf/send_msg"]


@pytest.mark.parametrize(("scene", "shown"), [("home_visit", "home_visit的简要回答"), ("gone", wording.WELCOME)])
async def test_a_link_of_a_topic_opens_it(company: Company, scene: str, shown: str) -> None:
    await company.wecom.brings(company.wecom.enters("wm1", scene))
    assert shown in (await company.wecom.reads("wm1"))[0].text


async def test_a_welcome_too_late_or_not_allowed_is_not_tried(company: Company) -> None:
    wecom = company.wecom
    await wecom.brings(
        wecom.enters("wm1", ago=WELCOME_SECONDS + 61), wecom.event("wm1", "enter_session", welcome_code="", scene="")
    )
    await asked(wecom, "你好")
    assert company.counted["welcome_late"] == 1
    assert wecom.calls["kf/send_msg_on_event"] == []


async def test_a_welcome_whose_code_has_just_ended_is_counted(company: Company) -> None:
    wecom = company.wecom
    await wecom.brings(wecom.enters("wm1", ago=WELCOME_SECONDS + 5))
    await company.counted.reaches("errcode_40058")
    assert wecom.unread("wm1") == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("image", wording.IMAGE),
        ("voice", wording.VOICE),
        ("video", wording.VIDEO),
        ("location", wording.LOCATION),
        ("link", wording.LINK),
        ("file", wording.FILE),
        ("business_card", wording.CARD),
        ("miniprogram", wording.CARD),
        ("of_tomorrow", wording.TEXT_ONLY),
    ],
)
async def test_what_is_no_text_gets_a_fitting_reply(company: Company, kind: str, line: str) -> None:
    await company.wecom.brings(company.wecom.message("wm1", kind))
    assert (await company.wecom.reads("wm1"))[0].text.startswith(line)


async def test_what_is_no_text_is_handed_on_by_its_kind(wecom: WeCom, tmp_path: Path) -> None:
    heard: list[Incoming] = []

    async def turn(incoming: Incoming) -> Reply | None:
        heard.append(incoming)
        return text_reply("好") if incoming.text else None

    async with talking(wecom, tmp_path, turn=turn):
        await wecom.brings(wecom.message("wm1", "voice"), wecom.message("wm1", "of_tomorrow"))
        await asked(wecom, "在")
    assert [[each.kind for each in incoming.originals] for incoming in heard] == [["语音"], [wording.OTHER_KIND], []]


@pytest.mark.parametrize("text", ["😀", "[微笑]", "[微笑][Smile] /::)", "！？"])
async def test_emoji_alone_are_asked_for_in_words(company: Company, text: str) -> None:
    assert "只看得懂文字" in (await asked(company.wecom, text)).text


async def test_danger_to_life_comes_first_in_one_message_whatever_waits(
    wecom: WeCom, tmp_path: Path, shipped: Knowledge
) -> None:
    async with talking(wecom, tmp_path, knowledge=shipped) as company:
        await wecom.brings(wecom.enters("wm1"))
        await wecom.reads("wm1")
        danger = await asked(wecom, "我不想活了，今晚就从楼上跳下去")
        assert company.counted["quota"] == 0
        assert danger.items
    assert danger.text.index("120") < 120
    assert all(number in danger.text for number in ("110", "120", "12356"))
    assert len(wecom.sent) == 2


async def test_what_is_more_than_five_messages_waits_behind_0(wecom: WeCom, tmp_path: Path) -> None:
    sentence = "这是一句说得很清楚的话。"

    async def turn(incoming: Incoming) -> Reply | None:
        choices = (Choice("后果", "p:a:consequences"),)
        return text_reply(*(sentence * 20 for _ in range(20)), choices=choices) if incoming.text == "长" else None

    async with talking(wecom, tmp_path, turn=turn):
        await wecom.says("wm1", "长")
        shown = await wecom.reads("wm1", 5)
        while not shown[-1].items:
            if shown[-1].text.endswith(wording.CONTINUE):
                await wecom.says("wm1", ["0", "０", "继续"][len(shown) % 3])
            shown += await wecom.reads("wm1")
        assert "".join(each.text for each in shown).count(sentence) == 400
        assert shown[-1].items == {"1 后果": "p:a:consequences"}


async def test_a_failing_conversation_is_an_apology(
    wecom: WeCom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def turn(incoming: Incoming) -> Reply | None:
        raise ValueError(incoming.text)

    async with talking(wecom, tmp_path, turn=turn) as company:
        await wecom.says("wm1", "坏消息，我叫王小明")
        assert [each.text for each in await wecom.reads("wm1")] == [wording.FAILED]
        assert company.counted["ValueError"] == 1
        await wecom.brings(wecom.enters("wm1"))
        await company.counted.reaches("ValueError", 2)
    assert "王小明" not in "".join(capsys.readouterr())


async def test_a_silent_conversation_is_no_answer(wecom: WeCom, tmp_path: Path) -> None:
    async def turn(incoming: Incoming) -> Reply | None:
        return text_reply("好") if incoming.text == "在" else None

    async with talking(wecom, tmp_path, turn=turn):
        await wecom.brings(wecom.message("wm1", "image"))
        assert (await asked(wecom, "在")).text == "好"
    assert len(wecom.sent) == 1


async def test_what_is_older_than_two_days_is_not_answered(wecom: WeCom, tmp_path: Path) -> None:
    async with talking(wecom, tmp_path) as company:
        old = wecom.message("wm1", "text", {"content": "催收会上门吗"}, ago=ANSWER_SECONDS + 60)
        await wecom.brings(old)
        await company.counted.reaches("too_late")
        await asked(wecom, "会被起诉吗")
    assert len(wecom.sent) == 1


async def test_forget_my_data_deletes_here_too(company: Company) -> None:
    person = ChatIdentity("wecom", "wm1")
    await asked(company.wecom, "催收会上门吗")
    assert ConversationState.from_json((await company.store.turns.load(person)).state).intent == "home_visit"
    assert "已经删除" in (await asked(company.wecom, "删除我的数据")).text
    assert (await company.store.turns.load(person)).state is None


async def test_events_and_messages_of_no_concern_are_left_alone(company: Company) -> None:
    wecom = company.wecom
    await wecom.brings(
        wecom.event("", "servicer_status_change", servicer_userid="zhangsan", status=1),
        wecom.event("wm1", "user_recall_msg", recall_msgid="1"),
        wecom.message("wm1", "text", {"content": "系统"}, origin=4),
    )
    await asked(wecom, "你好")
    assert len(wecom.sent) == 1


@pytest.mark.parametrize("fail_type", [0, 4, 6, 10, 77])
async def test_a_message_that_did_not_arrive_is_counted_and_explained(
    company: Company, fail_type: int, capsys: pytest.CaptureFixture[str]
) -> None:
    wecom = company.wecom
    await asked(wecom, "你好")
    await wecom.brings(wecom.event("wm1", "msg_send_fail", fail_msgid="1", fail_type=fail_type))
    await company.counted.reaches(f"fail_{fail_type}")
    assert "wecom_not_delivered" in capsys.readouterr().out
    left = company.channel._delivery.quotas.left("wm1")
    assert left == (0 if fail_type == 6 else 4)

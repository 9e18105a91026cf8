"""What people write, send, tap and do in WeChat, against the real conversation on a small FAQ."""

import re
from pathlib import Path

import pytest

from bot.channels.wechat import wording
from bot.messages import ChatIdentity, ChoiceStyle, Incoming, Reply
from bot.talk.state import ConversationState
from bot.talk.wording import text_reply
from intents.knowledge import Knowledge
from tests.wechat_account import Account, StoreAway, talking

ID = re.compile(r"msgmenucontent=([^&]*)&msgmenuid=([^\"]*)\">(\d+) ")


async def said(account: Account, text: str, **changes: str) -> str:
    """What is answered to a text."""
    delivery = await account.wechat.says("o1", text, **changes)
    assert delivery.fault is None
    return delivery.text or ""


async def done(account: Account, event: str, key: str = "") -> str | None:
    """What is answered to an event."""
    delivery = await account.wechat.deliver(account.wechat.event("o1", event, key))
    assert delivery.fault is None
    return delivery.text


@pytest.mark.parametrize("words", ["2", "２", "二", "2.", "“2.”", "第二个", "第2个", "选2", "权利", " 权利 "])
async def test_a_choice_is_meant_by_its_number_or_its_label(tmp_path: Path, words: str) -> None:
    async with talking(tmp_path) as account:
        assert "2 权利" in re.sub(r"<[^>]*>", "", await said(account, "催收会上门吗"))
        assert "home_visit的权利二" in await said(account, words)


async def test_a_tapped_link_opens_what_stood_in_it_long_after(tmp_path: Path) -> None:
    async with talking(tmp_path) as account:
        links = ID.findall(await said(account, "催收会上门吗"))
        content, value = next((content, value) for content, value, _ in links if content == "权利")
        await said(account, "会被起诉吗")
        assert "home_visit的权利二" in await said(account, content, bizmsgmenuid=value)
        assert "lawsuit的简要回答" in await said(account, "会被起诉吗", bizmsgmenuid="x<y")


async def test_subscribing_is_a_welcome_with_the_groups_by_number(tmp_path: Path) -> None:
    async with talking(tmp_path) as account:
        welcome = await done(account, "subscribe")
        assert welcome is not None
        assert welcome.startswith(wording.WELCOME)
        assert "home_visit标题" in await said(account, "2")


@pytest.mark.parametrize(("event", "key"), [("subscribe", "qrscene_home_visit"), ("SCAN", "home_visit")])
async def test_a_qr_code_opens_its_topic(tmp_path: Path, event: str, key: str) -> None:
    async with talking(tmp_path) as account:
        assert "home_visit的简要回答" in (await done(account, event, key) or "")


@pytest.mark.parametrize("key", ["qrscene_gone", "qrscene_" + "x" * 64, "qrscene_a:b", "qrscene_催收"])
async def test_a_qr_code_whose_topic_is_gone_still_answers(tmp_path: Path, key: str) -> None:
    async with talking(tmp_path) as account:
        assert await done(account, "subscribe", key)
        assert await done(account, "SCAN", key.removeprefix("qrscene_"))


async def test_unsubscribing_forgets_the_person(tmp_path: Path) -> None:
    person = ChatIdentity("wechat", "o1")
    async with talking(tmp_path) as account:
        await said(account, "催收会上门吗")
        assert ConversationState.from_json((await account.store.turns.load(person)).state).intent == "home_visit"
        assert await done(account, "unsubscribe") is None
        assert (await account.store.turns.load(person)).state is None


@pytest.mark.parametrize(
    ("key", "shown"), [("g:collection", "home_visit标题"), ("menu", "您想了解哪一类"), ("帮助", "用自己的话问")]
)
async def test_a_click_on_the_menu_does_what_it_says(tmp_path: Path, key: str, shown: str) -> None:
    async with talking(tmp_path) as account:
        assert shown in (await done(account, "CLICK", key) or "")


@pytest.mark.parametrize("event", ["VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "of_tomorrow"])
async def test_what_nobody_waits_for_is_not_answered(tmp_path: Path, event: str) -> None:
    async with talking(tmp_path) as account:
        assert await done(account, event, "https://example.org") is None


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("image", wording.IMAGE),
        ("voice", wording.VOICE),
        ("video", wording.VIDEO),
        ("shortvideo", wording.VIDEO),
        ("location", wording.LOCATION),
        ("link", wording.LINK),
        ("file", wording.FILE),
        ("of_tomorrow", wording.TEXT_ONLY),
    ],
)
async def test_what_is_no_text_gets_a_fitting_reply(tmp_path: Path, kind: str, line: str) -> None:
    async with talking(tmp_path) as account:
        delivery = await account.wechat.deliver(account.wechat.message("o1", kind, MediaId="m", Recognition=""))
        assert delivery.text == line


@pytest.mark.parametrize("text", ["😀", "[微笑]", "[微笑][Smile] /::)", "/:strong", "！？", wording.UNSUPPORTED])
async def test_emoji_alone_are_asked_for_in_words(tmp_path: Path, text: str) -> None:
    async with talking(tmp_path) as account:
        assert "只看得懂文字" in await said(account, text)


async def test_speech_that_wechat_recognised_is_answered_below_what_was_heard(tmp_path: Path) -> None:
    async with talking(tmp_path) as account:
        fields = account.wechat.message("o1", "voice", MediaId="m", Recognition="催收会上门吗")
        answer = (await account.wechat.deliver(fields)).text or ""
        assert answer.startswith(wording.HEARD.format(text="催收会上门吗"))
        assert "home_visit的简要回答" in answer


@pytest.mark.parametrize("kind", ["text", "voice"])
async def test_danger_to_life_comes_first_in_one_text_whatever_waits(
    tmp_path: Path, shipped: Knowledge, kind: str
) -> None:
    async with talking(tmp_path, knowledge=shipped) as account:
        account.channel._intake.waiting.of("o1").pages = ("还有一页",)
        words = "我不想活了，今晚就从楼上跳下去"
        fields = account.wechat.message("o1", kind, Content=words, Recognition=words)
        answer = (await account.wechat.deliver(fields)).text or ""
    assert wording.CONTINUE not in answer
    assert wording.HEARD[:4] not in answer
    for number in ("110", "120", "12356"):
        assert f'<a href="tel:{number}">{number}</a>' in answer
    assert re.sub(r"<[^>]*>", "", answer).index("120") < 120


async def test_a_picture_in_an_operators_talk_is_passed_on_and_not_answered(tmp_path: Path) -> None:
    heard: list[Incoming] = []

    async def turn(incoming: Incoming) -> Reply | None:
        heard.append(incoming)
        return None

    async with talking(tmp_path, turn=turn) as account:
        assert (await account.wechat.deliver(account.wechat.message("o1", "image"))).text is None
    [picture] = heard
    assert picture == Incoming(
        ChatIdentity("wechat", "o1"), "", choice_style=ChoiceStyle.NUMBERS, message_id=picture.message_id
    )


async def test_nothing_personal_is_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def turn(incoming: Incoming) -> Reply | None:
        if "坏" in incoming.text:
            raise ValueError(incoming.text)
        return text_reply("好")

    async with talking(tmp_path, "aes", turn=turn, claims=StoreAway()) as account:
        await account.wechat.says("openid-of-somebody", "坏消息，我叫王小明")
        await account.wechat.post(account.wechat.text("openid-of-somebody", "王小明"), msg_signature="0")
    written = "".join(capsys.readouterr())
    assert "turn_failed" in written
    assert "wechat_refused" in written
    for secret in ("openid-of-somebody", "王小明", account.wechat.token, account.wechat.aes_key):
        assert secret not in written

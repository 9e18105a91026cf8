"""What can be done with an answer on the page: its parts, its vote, what leads on; copying, saving, hearing it."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browsing import Visit, opened, visiting
from tests.processes import Service

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
COPIED = (
    "addEventListener('copy', () => { window.copied = getSelection().toString() || document.activeElement.value; })"
)
VOICE = """
  window.spoken = [];
  const voice = {lang: 'zh-CN', localService: true, name: '普通话'};
  const synthesis = Object.assign(new EventTarget(), {
    getVoices: () => [voice],
    speak: (speech) => spoken.push(speech.text),
    cancel: () => spoken.push('stopped'),
  });
  Object.defineProperty(window, 'speechSynthesis', {value: synthesis});
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""
"""The browser's voice: headless Chromium has none."""
HEARING = """
  window.SpeechRecognition = class {
    start() { window.listening = this; }
    stop() { this.onend(); }
  };
"""


def posted(visit: Visit) -> list[dict[str, str]]:
    """What the page sends from now on."""
    sent: list[dict[str, str]] = []
    visit.page.on("request", lambda request: sent.append(json.loads(request.post_data)) if request.post_data else None)
    return sent


# ---- parts and what leads on


async def test_a_part_is_asked_for_once_and_then_opens_and_closes_by_itself(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    sent = posted(visit)
    panel = await visit.unfold("依据")
    await expect(panel).to_contain_text("自然人享有隐私权")
    await visit.heading("依据").click()
    await expect(panel).to_be_hidden()
    await expect(visit.heading("依据")).to_have_attribute("aria-expanded", "false")
    await visit.unfold("依据")
    assert [each["choice"] for each in sent] == ["p:home_visit:basis"]
    assert await visit.shown.count() == 2


async def test_a_tap_in_danger_is_answered_in_the_talk_and_not_in_the_card(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    answer = {
        "decision": "answer",
        "intent": "crisis",
        "reply": {"text": "我在。打 120。", "choices": [], "attachments": []},
    }
    await visit.page.route("**/api/messages", lambda route: route.fulfill(json=answer))
    await visit.heading("权利").click()
    await expect((await visit.reply(1)).locator(".calls a")).to_have_text("120急救")
    await expect(visit.page.locator(".panel:visible")).to_have_count(0)


async def test_related_topics_stand_behind_one_word(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    related = visit.shown.last.get_by_role("button", name="被起诉")
    await expect(related).to_be_hidden()
    await visit.shown.last.get_by_text("相关", exact=True).click()
    await related.click()
    await expect((await visit.reply(1)).get_by_role("heading", level=2)).to_have_text("被起诉")


async def test_only_the_last_answer_has_something_to_tap_besides_its_parts(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    await visit.ask("会被起诉吗")
    first, last = visit.shown.nth(1), visit.shown.last
    await expect(first.locator(".choices")).to_be_hidden()
    await expect(first.get_by_role("button", name="权利", exact=True)).to_be_visible()
    assert await last.locator(".choices button:visible").count() == 2  # useful or not
    await expect(visit.page.locator("#starters")).to_be_hidden()


async def test_the_topics_are_one_tap_away_at_any_time(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    await visit.page.get_by_role("button", name="话题").click()
    await visit.reply(1)
    await expect(visit.shown.last.locator(".choices button").first).to_be_visible()


@pytest.mark.parametrize("what", ["chip", "vote"])
async def test_a_double_click_counts_once(visit: Visit, what: str) -> None:
    sent = posted(visit)
    if what == "chip":
        await visit.page.get_by_role("button", name="上门催收").dblclick()
        await visit.reply(0)
    else:
        await visit.ask("催收会上门吗")
        sent.clear()
        await visit.shown.last.get_by_role("button", name="有用", exact=True).dblclick()
        await expect(visit.shown.last.get_by_text("谢谢")).to_be_visible()
    await visit.ask("会被起诉吗")
    assert len(sent) == 2
    assert await visit.page.locator(".from-me").count() == 2


async def test_what_was_tapped_rests_until_the_answer_is_there(visit: Visit) -> None:
    holding = asyncio.Event()

    async def hold(route: Route) -> None:
        await holding.wait()
        await route.continue_()

    await visit.page.route("**/api/messages", hold)
    starter = visit.page.get_by_role("button", name="上门催收")
    await starter.click()
    await expect(starter).to_have_attribute("aria-disabled", "true")
    holding.set()
    await visit.reply(0)


# ---- the vote


async def test_a_vote_shows_what_was_chosen_asks_why_and_stays_after_a_reload(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    vote = visit.shown.last.get_by_role("group", name="上门催收：这条有用吗？")
    await vote.get_by_role("button", name="没用").click()
    await expect(vote.get_by_role("button", name="没用")).to_have_attribute("aria-pressed", "true")
    await vote.get_by_role("button", name="看不懂").click()
    await expect(vote).to_contain_text("记下了")
    await expect(vote.get_by_role("button", name="看不懂")).to_have_count(0)
    assert await visit.shown.count() == 2
    await visit.page.reload()
    await expect(vote.get_by_role("button", name="没用")).to_have_attribute("aria-pressed", "true")
    await expect(vote).to_contain_text("记下了")


async def test_a_vote_that_fails_says_so_and_can_be_cast_again(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        await visit.ask("催收会上门吗")
        await visit.page.context.set_offline(True)
        vote = visit.shown.last.get_by_role("group", name="这条有用吗？")
        await vote.get_by_role("button", name="有用", exact=True).click()
        await expect(vote).to_contain_text("连不上")
        await visit.heading("权利").click()
        await expect(visit.shown.last.locator(".panel .calls a")).to_have_count(3)
        await visit.page.context.set_offline(False)
        await vote.get_by_role("button", name="有用", exact=True).click()
        await expect(vote).to_contain_text("谢谢")
        await expect(await visit.unfold("权利")).to_contain_text("home_visit的权利一")


# ---- copying and saving


@pytest.mark.parametrize("missing", ["the clipboard", "permission"])
async def test_copying_works_without_a_clipboard(browser: Browser, service: Service, missing: str) -> None:
    async with visiting(browser, service.url) as visit:
        refused = "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
        await visit.page.add_init_script(NO_CLIPBOARD if missing == "the clipboard" else refused)
        await visit.page.reload()
        await visit.page.evaluate(COPIED)
        await visit.ask("催收会上门吗")
        await visit.unfold("话术")
        await visit.page.get_by_role("button", name="复制这段话").click()
        await expect(visit.page.get_by_role("button", name="已复制")).to_be_visible()
        assert await visit.page.evaluate("copied") == "home_visit的话术。"


async def test_where_nothing_can_be_copied_the_text_is_selected(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url) as visit:
        await visit.page.add_init_script(f"{NO_CLIPBOARD}; document.execCommand = () => false")
        await visit.page.reload()
        await visit.ask("催收会上门吗")
        await visit.unfold("话术")
        await visit.page.get_by_role("button", name="复制这段话").click()
        await expect(visit.page.get_by_role("button", name="已选中")).to_be_visible()
        assert await visit.page.evaluate("getSelection().toString()") == "home_visit的话术。"


async def test_steps_basis_and_the_whole_answer_can_be_copied(visit: Visit) -> None:
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.ask("催收会上门吗")
    for label, words in (("怎么做", "1. home_visit的第一步。"), ("依据", "自然人享有隐私权")):
        panel = await visit.unfold(label)
        await panel.get_by_role("button", name=f"复制{label}").click()
        await expect(panel.get_by_role("button", name="已复制")).to_be_visible()
        assert words in await visit.page.evaluate("navigator.clipboard.readText()")
    await visit.shown.last.get_by_role("button", name="复制", exact=True).click()
    text = await visit.page.evaluate("navigator.clipboard.readText()")
    assert "home_visit的简要回答" in text
    assert "home_visit的第二步" in text


async def test_the_talk_can_be_saved_as_a_clean_sheet(visit: Visit, tmp_path: Path) -> None:
    await visit.page.get_by_role("button", name="更多").click()
    await expect(visit.page.get_by_role("button", name="存成文件")).to_be_disabled()
    await visit.page.get_by_role("button", name="关闭").click()
    await visit.ask("催收会上门吗")
    await visit.unfold("怎么做")
    await visit.page.get_by_role("button", name="更多").click()
    async with visit.page.expect_download() as waiting:
        await visit.page.get_by_role("button", name="存成文件").click()
    download = await waiting.value
    assert download.suggested_filename.endswith(".txt")
    await download.save_as(tmp_path / "talk.txt")
    text = (tmp_path / "talk.txt").read_text("utf-8")
    assert "您：催收会上门吗" in text
    assert "1. home_visit的第一步。" in text
    assert "不能代替律师" in text
    assert "有用" not in text
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.page.get_by_role("button", name="复制全部").click()
    await expect(visit.page.get_by_text("可以粘贴到别处")).to_be_visible()
    assert "您：催收会上门吗" in await visit.page.evaluate("navigator.clipboard.readText()")
    await visit.page.evaluate("window.print = () => { window.printed = true; }")
    await visit.page.get_by_role("button", name="打印").click()
    assert await visit.page.evaluate("printed")


# ---- hearing, speaking, times


async def test_an_answer_is_read_aloud_by_a_voice_of_the_device_and_stops(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url) as visit:
        await visit.page.add_init_script(VOICE)
        await visit.page.reload()
        await visit.ask("催收会上门吗")
        await visit.page.get_by_role("button", name="朗读").click()
        await visit.page.get_by_role("button", name="停止朗读").click()
        await expect(visit.page.get_by_role("button", name="朗读", exact=True)).to_be_visible()
        spoken = await visit.page.evaluate("spoken")
        assert "home_visit的简要回答" in spoken[1]
        assert spoken[-1] == "stopped"


async def test_without_a_voice_nothing_offers_to_read(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    await expect(visit.page.get_by_role("button", name="朗读")).to_have_count(0)


async def test_what_is_said_is_written_into_the_box_after_a_word_on_where_it_goes(
    browser: Browser, service: Service
) -> None:
    async with visiting(browser, service.url) as visit:
        await visit.page.add_init_script(HEARING)
        await visit.page.reload()
        speak = visit.page.get_by_role("button", name="语音")
        await speak.click()
        await expect(visit.page.get_by_text("浏览器厂商")).to_be_visible()
        assert await visit.page.evaluate("window.listening === undefined")
        await speak.click()
        await expect(speak).to_have_attribute("aria-pressed", "true")
        await visit.page.evaluate("listening.onresult({results: [[{transcript: '催收会上门吗'}]]}); listening.onend()")
        await expect(visit.words).to_have_value("催收会上门吗")
        await expect(speak).to_have_attribute("aria-pressed", "false")


async def test_the_time_stands_above_what_was_said_and_again_after_a_pause(visit: Visit) -> None:
    await visit.page.clock.install(time=datetime(2026, 11, 30, 14, 5))  # noqa: DTZ001 -- the browser's own zone
    await visit.page.reload()
    await visit.ask("催收会上门吗")
    await visit.ask("会被起诉吗")
    await expect(visit.page.locator("time")).to_have_text(["14:05"])
    await visit.page.clock.fast_forward("07:00")
    await visit.ask("热线都是多少")
    await expect(visit.page.locator("time")).to_have_text(["14:05", "14:12"])
    other = await opened(await visit.page.context.new_page(), visit.page.url)
    await expect(other.page.locator("time")).to_have_count(0)

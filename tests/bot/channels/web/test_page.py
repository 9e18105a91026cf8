"""The web chat in a real browser against a real `youshu serve`: what a person sees, hears and presses."""

import asyncio
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browsing import ELSEWHERE, INTENTS, MARKUP, NUMBERS, PHONE, Visit, opened, visiting
from tests.faqs import write_faq
from tests.processes import Service, free_port, running
from tests.waiting import eventually

# One browser and one service for all: spread over workers, each would start its own.
pytestmark = [pytest.mark.asyncio(loop_scope="module")]


def talks_kept(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "youshu.db")) as database:
        return int(database.execute("select count(*) from talks").fetchone()[0])


# ---- a talk


async def test_a_question_an_answer_its_parts_in_the_same_card(visit: Visit) -> None:
    first = await visit.ask("催收会上门吗")
    await expect(first.get_by_role("heading", level=2)).to_have_text("上门催收")
    await expect(first).to_contain_text("home_visit的简要回答")
    steps = await visit.unfold("怎么做")
    assert await steps.locator("ol > li").all_inner_texts() == ["home_visit的第一步。", "home_visit的第二步。"]
    assert await visit.shown.count() == 2


async def test_a_starter_topic_begins_the_talk(visit: Visit) -> None:
    starters = visit.page.get_by_role("navigation", name="可以从这里开始").get_by_role("button")
    await expect(starters).to_have_text(["上门催收", "被起诉", "全部话题"])
    await starters.first.click()
    await expect(await visit.reply(0)).to_contain_text("home_visit的简要回答")


async def test_bullets_are_a_list_and_words_to_say_can_be_copied(visit: Visit) -> None:
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.ask("催收会上门吗")
    rights = await visit.unfold("权利")
    assert await rights.locator("ul > li").all_inner_texts() == ["home_visit的权利一。", "home_visit的权利二。"]
    script = await visit.unfold("话术")
    await expect(script.locator("blockquote")).to_have_text("home_visit的话术。")
    await script.get_by_role("button", name="复制这段话").click()
    await expect(script.get_by_role("button", name="已复制")).to_be_visible()
    assert await visit.page.evaluate("navigator.clipboard.readText()") == "home_visit的话术。"


async def test_telephone_numbers_can_be_called_and_amounts_and_articles_cannot(visit: Visit) -> None:
    reply = await visit.ask("热线都是多少")
    links = await reply.locator("a").all()
    assert [await link.get_attribute("href") for link in links] == [
        "tel:110",
        "tel:12378",
        "tel:96110",
        "tel:4008108110",
    ]
    assert NUMBERS in await reply.inner_text()


async def test_what_looks_like_html_is_shown_as_it_was_written(visit: Visit) -> None:
    reply = await visit.ask("尖括号会怎么样")
    assert MARKUP in await reply.inner_text()
    assert await reply.locator("img, b").count() == 0
    await visit.words.fill("<img src=x onerror=alert(2)>")
    await visit.words.press("Enter")
    await visit.reply(1)
    assert await visit.page.locator("#log img").count() == 0


async def test_danger_to_life_is_answered_with_large_numbers_to_call(visit: Visit) -> None:
    reply = await visit.ask("我不想活了")
    calls = reply.locator(".calls a")
    assert await calls.all_inner_texts() == ["110\n报警", "120\n急救", "12356\n心理援助"]
    assert [await call.get_attribute("href") for call in await calls.all()] == ["tel:110", "tel:120", "tel:12356"]
    size = await calls.first.locator("b").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= 24
    for call in await calls.all():
        await expect(call).to_be_in_viewport(ratio=1)


async def test_files_can_be_saved_and_only_from_web_addresses(visit: Visit) -> None:
    files = [{"name": "申请书.txt", "url": "/letters/1"}, {"name": "坏", "url": "javascript:alert(1)"}]
    answer = {"decision": "answer", "intent": None, "reply": {"text": "写好了。", "choices": [], "attachments": files}}
    await visit.page.route("**/api/messages", lambda route: route.fulfill(json=answer))
    reply = await visit.ask("帮我写申请书")
    await expect(reply.get_by_role("link")).to_have_count(1)
    await expect(reply.get_by_role("link", name="申请书.txt")).to_have_attribute("download", "申请书.txt")


async def test_silence_is_shown_as_such(visit: Visit) -> None:
    answer = {"decision": "answer", "intent": None, "reply": {"text": "", "choices": [], "attachments": []}}
    await visit.page.route("**/api/messages", lambda route: route.fulfill(json=answer))
    await expect(await visit.ask("您好")).to_contain_text("暂时没有回复")


# ---- what a person may write


async def test_nothing_is_sent_for_an_empty_message(visit: Visit) -> None:
    for text in ("", "   ", "\n\n"):
        await visit.words.fill(text)
        await visit.page.get_by_role("button", name="发送").click()
    await expect(visit.words).to_be_focused()
    assert await visit.shown.count() == 0


async def test_emoji_alone_get_an_answer(visit: Visit) -> None:
    await expect(await visit.ask("😭😭😭")).not_to_have_text("有数：")


async def test_ten_thousand_characters_stay_in_the_box_with_the_reason_beside_it(visit: Visit) -> None:
    text = "欠" * 10_000
    await visit.words.fill(text)
    await visit.words.press("Enter")
    await expect(visit.page.locator("#count")).to_contain_text("写了 10000 字，一次最多 2000 字")
    await expect(visit.words).to_have_attribute("aria-invalid", "true")
    await expect(visit.words).to_have_value(text)
    assert await visit.shown.count() == 0
    await visit.words.fill("欠" * 1990)
    await expect(visit.page.locator("#count")).to_have_text("还能写 10 字")
    await visit.words.press("Enter")
    await visit.reply(0)


async def test_shift_enter_makes_a_line_and_enter_that_picks_a_suggestion_sends_nothing(visit: Visit) -> None:
    await visit.words.fill("催收")
    await visit.words.press("Shift+Enter")
    await visit.words.press_sequentially("会上门吗")
    await expect(visit.words).to_have_value("催收\n会上门吗")
    composing = "element => element.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true}))"
    await visit.words.evaluate(composing)
    assert await visit.shown.count() == 0
    await visit.words.press("Enter")
    await visit.reply(0)


# ---- keyboard and screen reader


async def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    await expect(visit.words).to_be_focused()
    await visit.page.keyboard.insert_text("催收会上门吗")
    await visit.page.keyboard.press("Enter")
    await visit.reply(0)
    await expect(visit.words).to_be_focused()
    await visit.heading("后果").focus()
    await visit.page.keyboard.press("Tab")
    await expect(visit.heading("权利")).to_be_focused()
    await visit.page.keyboard.press("Enter")
    await expect(visit.heading("权利")).to_have_attribute("aria-expanded", "true")
    await expect(visit.heading("权利")).to_be_focused()
    await visit.shown.last.get_by_text("相关", exact=True).focus()
    await visit.page.keyboard.press("Enter")
    await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.press("Enter")
    reply = await visit.reply(1)
    await expect(reply).to_be_focused()
    await visit.page.keyboard.press("Tab")
    await expect(visit.heading("后果")).to_be_focused()


async def test_the_first_stop_of_the_keyboard_leads_past_everything_to_the_box(
    browser: Browser, service: Service
) -> None:
    async with visiting(browser, service.url, **PHONE) as visit:
        await visit.page.keyboard.press("Tab")
        skip = visit.page.get_by_role("link", name="跳到输入框")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await visit.page.keyboard.press("Enter")
        await expect(visit.words).to_be_focused()


async def test_a_screen_reader_finds_names_roles_and_one_order_of_headings(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    await visit.ask("我不想活了")
    page = visit.page
    assert await page.locator("html").get_attribute("lang") == "zh-CN"
    log = page.get_by_role("log", name="对话")
    await expect(log).to_have_attribute("aria-live", "polite")
    assert await log.locator("article").count() == 2
    for role in ("banner", "main", "contentinfo"):
        await expect(page.get_by_role(role)).to_have_count(1)
    for control in await page.locator("button, a, textarea, summary").all():
        if await control.is_visible():
            name = await control.evaluate("element => element.labels?.[0]?.innerText || element.innerText")
            assert name.strip(), await control.evaluate("element => element.outerHTML")
    levels = await page.locator("h1, h2, h3").evaluate_all(
        "list => list.filter(e => e.checkVisibility()).map(e => +e.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert await page.locator("[tabindex]:not([tabindex='-1'])").count() == 0
    identities = await page.locator("[id]").evaluate_all("list => list.map(e => e.id)")
    assert len(identities) == len(set(identities))


async def test_while_an_answer_is_on_its_way_it_is_shown_and_said_and_messages_keep_their_order(visit: Visit) -> None:
    holding = asyncio.Event()
    sent: list[str] = []

    async def hold(route: Route) -> None:
        sent.append(route.request.post_data or "")
        await holding.wait()
        await route.continue_()

    await visit.page.route("**/api/messages", hold)
    for text in ("催收会上门吗", "会被起诉吗", "热线都是多少"):
        await visit.words.fill(text)
        await visit.words.press("Enter")
    await expect(visit.shown).to_have_count(3)
    await expect(visit.page.locator("#typing")).to_be_visible()
    await expect(visit.page.get_by_role("status").filter(has_text="有数正在回复")).to_be_attached()
    assert len(sent) == 1
    holding.set()
    await visit.reply(2)
    titles = await visit.replies.get_by_role("heading", level=2).all_inner_texts()
    assert titles == ["上门催收", "被起诉", "numbers标题"]
    await expect(visit.page.get_by_role("status").filter(has_text="有数正在回复")).not_to_be_attached()


# ---- how it looks

# The contrast of every visible text with the ground behind it, by the formula of WCAG 2.2; too low ones come back.
TOO_FAINT = """() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const ratio = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const faint = [];
  for (const element of document.body.querySelectorAll('*')) {
    if (!element.checkVisibility() || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (texts.length || element.placeholder) {
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
      const found = ratio(parse(style.color), ground(element));
      if (found < (large ? 3 : 4.5)) faint.push([element.tagName, element.innerText, found]);
    }
    if (element.tagName === 'TEXTAREA') {
      const found = ratio(parse(style.borderTopColor), ground(element.parentElement));
      if (found < 3) faint.push(['border', element.id, found]);
    }
  }
  return faint;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_from_its_ground(browser: Browser, service: Service, scheme: str) -> None:
    async with visiting(browser, service.url, color_scheme=scheme) as visit:
        await visit.page.get_by_text("服务器上会留下什么").click()
        await visit.ask("催收会上门吗")
        await visit.unfold("话术")
        await visit.ask("我不想活了")
        await visit.words.fill("长" * 2001)
        assert await visit.page.evaluate(TOO_FAINT) == []
        await visit.ask_to_forget()
        assert await visit.page.evaluate(TOO_FAINT) == []
        ground = await visit.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        brightness = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(",")))
        assert (brightness < 200) == (scheme == "dark")


async def test_on_a_narrow_phone_nothing_sticks_out_and_everything_can_be_hit(
    browser: Browser, service: Service
) -> None:
    async with visiting(browser, service.url, **PHONE) as visit:
        await expect(visit.page.locator("#starters button").first).to_be_in_viewport()
        await visit.ask("催收会上门吗")
        await visit.unfold("权利")
        await visit.ask("我不想活了")
        await visit.ask("W" * 300)
        assert await visit.page.evaluate("document.documentElement.scrollWidth") == 360
        for target in await visit.page.locator("button:visible, .leave, .calls a").all():
            box = await target.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360


async def test_who_wants_no_motion_gets_none(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, reduced_motion="reduce") as visit:
        await visit.page.route("**/api/messages", lambda _: None)
        await visit.words.fill("催收会上门吗")
        await visit.words.press("Enter")
        await expect(visit.page.locator("#typing")).to_be_visible()
        assert await visit.page.evaluate("document.getAnimations().length") == 0


async def test_without_scripts_it_says_so_and_names_the_numbers(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, java_script_enabled=False) as visit:
        await expect(visit.page.get_by_text("JavaScript")).to_be_visible()
        await expect(visit.page.get_by_role("link", name="12348")).to_have_attribute("href", "tel:12348")
        await expect(visit.page.get_by_role("textbox")).to_have_count(0)


# ---- privacy


async def test_a_reload_keeps_the_talk_and_its_buttons_and_a_new_tab_knows_nothing(
    visit: Visit, service: Service
) -> None:
    await visit.ask("催收会上门吗")
    await visit.words.fill("写到一半")
    await visit.page.reload()
    await expect(visit.shown).to_have_count(2)
    await expect(visit.words).to_have_value("写到一半")
    await expect(await visit.unfold("权利")).to_contain_text("home_visit的权利二")
    other = await opened(await visit.page.context.new_page(), service.url)
    await expect(other.page.locator("#starters button").first).to_be_visible()
    assert await other.shown.count() == 0


async def test_nothing_outlives_the_tab(visit: Visit) -> None:
    await visit.ask("催收会上门吗")
    assert await visit.page.evaluate("localStorage.length") == 0
    assert await visit.page.evaluate("indexedDB.databases()") == []
    assert await visit.page.evaluate("caches.keys()") == []
    assert await visit.page.context.cookies() == []
    assert await visit.page.evaluate("Object.keys(sessionStorage).sort()") == ["youshu", "youshu-draft"]


@pytest.mark.parametrize("way", ["click", "escape twice"])
async def test_leaving_fast_replaces_the_page_and_takes_everything_along(visit: Visit, folder: Path, way: str) -> None:
    before = talks_kept(folder)
    await visit.ask("催收会上门吗")
    await eventually(lambda: talks_kept(folder) == before + 1)
    length = await visit.page.evaluate("history.length")
    if way == "click":
        await visit.page.get_by_role("link", name="快速离开").click()
    else:
        await visit.page.keyboard.press("Escape")
        await visit.page.keyboard.press("Escape")
    await visit.page.wait_for_url(ELSEWHERE)
    assert await visit.page.evaluate("history.length") == length
    assert await visit.page.evaluate("document.referrer") == ""
    await eventually(lambda: talks_kept(folder) == before)


async def test_after_leaving_fast_the_way_back_shows_no_talk(visit: Visit, service: Service) -> None:
    await visit.ask("催收会上门吗")
    await visit.page.get_by_role("link", name="快速离开").click()
    await visit.page.wait_for_url(ELSEWHERE)
    await visit.page.goto(service.url)
    await expect(visit.page.locator("#starters button").first).to_be_visible()
    assert await visit.shown.count() == 0


async def test_one_escape_or_two_slow_ones_leave_nothing(visit: Visit, service: Service) -> None:
    await visit.page.keyboard.press("Escape")
    slow = (
        "dispatchEvent(Object.defineProperty(new KeyboardEvent('keydown', {key: 'Escape'}), 'timeStamp', {value: 1e9}))"
    )
    await visit.page.evaluate(slow)
    assert await visit.page.evaluate("document.documentElement.hidden") is False
    assert visit.page.url.rstrip("/") == service.url


async def test_deleting_asks_once_and_then_clears_page_and_server(visit: Visit, folder: Path) -> None:
    before = talks_kept(folder)
    await visit.ask("催收会上门吗")
    dialog = await visit.ask_to_forget()
    await dialog.get_by_role("button", name="先不删").click()
    await expect(dialog).to_be_hidden()
    await eventually(lambda: talks_kept(folder) == before + 1)
    await visit.ask_to_forget()
    await dialog.get_by_role("button", name="删除", exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(visit.shown).to_have_count(1)
    await expect(visit.replies).to_contain_text("已经删除")
    assert talks_kept(folder) == before
    assert "上门" not in await visit.page.evaluate("JSON.stringify(sessionStorage)")


# ---- when things go wrong


@pytest.mark.proof
async def test_a_server_that_dies_loses_no_word_and_after_its_return_buttons_and_messages_go_on(
    browser: Browser, tmp_path: Path
) -> None:
    write_faq(tmp_path, INTENTS)
    port = free_port()
    async with running(tmp_path, port) as service, visiting(browser, service.url, unhappy=True) as visit:
        await visit.ask("催收会上门吗")
        service.process.kill()
        await service.process.wait()
        await visit.words.fill("会被起诉吗")
        await visit.words.press("Enter")
        problem = visit.page.get_by_role("alert").filter(has_text="消息没有丢")
        await expect(problem).to_be_visible()
        async with running(tmp_path, port):
            await problem.get_by_role("button", name="重试").click()
            await expect(await visit.reply(1)).to_contain_text("lawsuit的简要回答")
            await expect(problem).to_be_hidden()
            await visit.shown.nth(1).get_by_role("button", name="权利").click()
            await expect(visit.replies.first).to_contain_text("home_visit的权利二")


async def test_what_could_not_be_sent_is_still_there_after_a_reload_and_goes_first(
    browser: Browser, service: Service
) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        await visit.page.route("**/api/messages", lambda route: route.abort())
        await visit.words.fill("催收会上门吗")
        await visit.words.press("Enter")
        await expect(visit.page.get_by_role("button", name="重试")).to_be_visible()
        await visit.page.unroute_all()
        await visit.page.reload()
        await expect(visit.page.get_by_role("button", name="重试")).to_be_visible()
        await visit.words.fill("会被起诉吗")
        await visit.words.press("Enter")
        await visit.reply(1)
        titles = await visit.replies.get_by_role("heading", level=2).all_inner_texts()
        assert titles == ["上门催收", "被起诉"]


@pytest.mark.parametrize(("status", "words"), [(429, "发得太快了"), (500, "这边出了点问题"), (503, "连不上")])
async def test_a_refusal_that_passes_is_shown_with_a_way_to_try_again(
    browser: Browser, service: Service, status: int, words: str
) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        body = {"error": "这边出了点问题，没能回答。请再发一次。"} if status == 500 else {}
        await visit.page.route("**/api/messages", lambda route: route.fulfill(status=status, json=body))
        await visit.words.fill("催收会上门吗")
        await visit.words.press("Enter")
        await expect(visit.page.get_by_role("alert")).to_contain_text(words)
        await visit.page.unroute_all()
        await visit.page.get_by_role("button", name="重试").click()
        await expect(await visit.reply(0)).to_contain_text("home_visit的简要回答")


async def test_a_message_that_is_refused_for_good_goes_back_to_the_box(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        refusal = {"error": "这条消息太长了，请分几次发。"}
        await visit.page.route("**/api/messages", lambda route: route.fulfill(status=413, json=refusal))
        await visit.words.fill("催收会上门吗")
        await visit.words.press("Enter")
        await expect(visit.page.get_by_role("alert")).to_contain_text("请分几次发")
        await visit.page.get_by_role("button", name="改一改再发").click()
        await expect(visit.words).to_have_value("催收会上门吗")
        assert await visit.shown.count() == 0


async def test_a_deletion_that_fails_says_so_and_keeps_the_talk(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        await visit.ask("催收会上门吗")
        await visit.page.route("**/api/messages", lambda route: route.abort())
        dialog = await visit.ask_to_forget()
        await dialog.get_by_role("button", name="删除", exact=True).click()
        await expect(dialog.get_by_role("alert")).to_contain_text("还没有删掉")
        await expect(visit.shown).to_have_count(2)


async def test_a_page_whose_storage_is_blocked_still_talks(browser: Browser, service: Service) -> None:
    context = await browser.new_context()
    blocked = "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('blocked'); }})"
    await context.add_init_script(blocked)
    visit = await opened(await context.new_page(), service.url)
    await expect(await visit.ask("催收会上门吗")).to_contain_text("home_visit的简要回答")
    assert visit.complaints == []
    await context.close()

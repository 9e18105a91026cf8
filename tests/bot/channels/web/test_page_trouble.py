"""The page where something is amiss: no network, odd answers, another version's storage, WeChat's browser, a partner's page."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as PathRoute

from tests.browsing import ELSEWHERE, INTENTS, PHONE, Visit, visiting
from tests.faqs import write_faq
from tests.processes import Service, free_port, running
from tests.webserver import serving

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.proof]

WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.103 Mobile Safari/537.36 "
    "XWEB/1300333 MMWEBSDK/20241202 MicroMessenger/8.0.56.2800(0x28003834) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)
PARTNER_POLICY = "default-src 'self'; script-src {home}; frame-src {home}"
"""Strict: neither inline styles nor inline scripts."""


# ---- no network


async def test_offline_every_message_says_that_it_was_not_sent_and_the_numbers_stand_below(
    browser: Browser, service: Service
) -> None:
    async with visiting(browser, service.url, unhappy=True, viewport={"width": 390, "height": 844}) as visit:
        await visit.page.context.set_offline(True)
        for text in ("我不想活了", "在吗"):
            await visit.words.fill(text)
            await visit.words.press("Enter")
            await expect(visit.shown.filter(has_text=text).get_by_role("alert")).to_contain_text("没发")
        calls = visit.page.locator(".hotlines .calls a:visible")
        await expect(calls).to_have_text(["110报警", "120急救", "12356心理援助"])
        for call in await calls.all():
            await expect(call).to_be_in_viewport(ratio=1)
        await visit.page.context.set_offline(False)
        await visit.reply(1)  # both go out by themselves, in their order
        await expect(visit.page.locator(".hotlines")).to_have_count(0)
        await expect(visit.replies.first).to_have_class("bubble from-bot crisis")


async def test_a_message_is_sent_again_under_the_id_that_it_had_and_the_next_under_another(
    browser: Browser, service: Service
) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        sent: list[str] = []

        async def cut_off_once(route: Route) -> None:
            sent.append(json.loads(route.request.post_data or "{}")["id"])
            await (route.abort() if len(sent) == 1 else route.continue_())

        await visit.page.route("**/api/messages", cut_off_once)
        for number, text in enumerate(("我不想活了", "在吗")):
            await visit.words.fill(text)
            await visit.words.press("Enter")
            if not number:
                await expect(visit.shown.filter(has_text=text).get_by_role("alert")).to_contain_text("没发")
        await visit.reply(1)
        first, again, second = sent
        assert first == again != second


async def test_topics_that_could_not_be_had_are_asked_for_again(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        failed = asyncio.Event()

        async def fail_once(route: Route) -> None:
            await (route.continue_() if failed.is_set() else route.abort())
            failed.set()

        await visit.page.clock.install()
        await visit.page.route("**/api/start", fail_once)
        await visit.page.reload()
        await failed.wait()
        await visit.page.clock.run_for(4000)
        await expect(visit.page.locator("#starters button").first).to_be_visible()


async def test_a_reload_while_waiting_says_what_is_known(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, unhappy=True) as visit:
        await visit.page.route("**/api/messages", lambda _: None)
        await visit.words.fill("催收会上门吗")
        await visit.words.press("Enter")
        await expect(visit.page.locator("#typing")).to_be_visible()
        await visit.page.reload()
        await expect(visit.page.get_by_role("alert").first).to_contain_text("还没等到回答")
        await expect(visit.page.get_by_role("alert").first).not_to_contain_text("没发")


# ---- odd answers, odd storage


async def fulfil(route: Route, *, body: str) -> None:
    await route.fulfill(body=body, content_type="application/json")


async def test_an_odd_answer_is_an_error_with_a_way_to_try_again(browser: Browser, service: Service) -> None:
    bodies = ["null", "[]", "{}", '{"reply": null}', '{"reply": {"text": 7}}', '"text"', "", '{"reply": {}}']
    async with visiting(browser, service.url) as visit:
        for number, body in enumerate(bodies):
            await visit.page.route("**/api/messages", partial(fulfil, body=body))
            await visit.words.fill("催收会上门吗")
            await visit.words.press("Enter")
            await expect(visit.page.get_by_role("alert")).to_contain_text("不完整")
            await visit.page.unroute_all()
            await visit.page.get_by_role("button", name="重试").click()
            await visit.reply(number)


async def test_odd_choices_and_files_are_left_out(visit: Visit) -> None:
    reply = {
        "text": "好。",
        "choices": [None, {"label": "甲"}, {"label": "乙", "value": "menu"}],
        "attachments": [7, {"name": "x"}],
    }
    answer = {"decision": 3, "intent": [], "reply": reply}
    await visit.page.route("**/api/messages", lambda route: route.fulfill(json=answer))
    await visit.ask("您好")
    await expect(visit.shown.last.get_by_role("button")).to_have_text(["乙"])


KEPT: list[object] = [
    [{"who": "me", "text": "从前", "said": {"text": "从前"}, "state": "later"}, {"who": "bot", "text": "好"}],
    [
        {"who": "me", "text": "从前", "said": {"text": "从前"}, "state": "sent"},
        {"who": "bot", "text": "好", "choices": "x"},
    ],
    [None, 7, "x", [], {}, {"who": "me", "text": "从前", "said": {"text": "从前"}}],
    [
        {"who": "me", "text": "从前", "said": {"text": "从前"}},
        {"who": "bot", "text": "好", "parts": 3, "vote": [], "at": "x"},
    ],
    [{"who": "me", "text": "丢", "said": None}, {"who": "me", "text": "从前", "said": {"choice": "menu"}, "at": -1}],
]


async def test_what_another_version_kept_is_read_as_far_as_it_can_be(visit: Visit) -> None:
    for number, entries in enumerate([*KEPT, {"0": "x"}]):
        kept = json.dumps({"session": f"s-old-{number}", "entries": entries})
        await visit.page.evaluate("kept => sessionStorage.setItem('youshu', kept)", kept)
        await visit.page.reload()
        assert await visit.page.locator(".from-me").count() == (0 if isinstance(entries, dict) else 1)
        before = await visit.shown.count()
        await visit.words.fill("催收会上门吗")
        await visit.words.press("Enter")
        await expect(visit.replies.last).to_contain_text("home_visit的简要回答")
        assert await visit.shown.count() == before + 2


# ---- WeChat's browser


async def test_in_wechat_with_its_large_type_and_without_a_clipboard_it_holds(
    browser: Browser, service: Service
) -> None:
    async with visiting(browser, service.url, user_agent=WECHAT, **PHONE) as visit:
        await visit.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        await visit.page.reload()
        await visit.page.evaluate("document.body.style.webkitTextSizeAdjust = '160%'")  # what WeChat does to the page
        await expect(visit.page.get_by_role("button", name="语音")).to_be_hidden()
        await visit.ask("催收会上门吗")
        await visit.unfold("话术")
        await visit.page.get_by_role("button", name="复制这段话").click()
        await expect(visit.page.get_by_role("button", name="已复制")).to_be_visible()
        reply = await visit.ask("我不想活了")
        for call in await reply.locator(".calls a").all():
            await expect(call).to_be_in_viewport(ratio=1)
        assert await visit.page.evaluate("document.documentElement.scrollWidth") == 360


# ---- a partner's page


@asynccontextmanager
async def partner(home: str) -> AsyncIterator[str]:
    """A page of another origin with our one line in it, under a strict policy."""

    async def page(_: Request) -> Response:
        line = f'<script src="{home}/embed.js" async></script>'
        html = f"<!doctype html><html lang=zh><title>伙伴</title><body><h1>伙伴的页面</h1>{line}"
        return HTMLResponse(html, headers={"Content-Security-Policy": PARTNER_POLICY.format(home=home)})

    async with serving(Starlette(routes=[PathRoute("/", page)])) as url:
        yield url


@pytest.mark.proof
async def test_one_line_puts_the_chat_on_a_listed_partners_page_and_on_no_other(
    browser: Browser, tmp_path: Path
) -> None:
    write_faq(tmp_path, INTENTS)
    port = free_port()
    async with partner(f"http://127.0.0.1:{port}") as unlisted:
        listed = unlisted.replace("127.0.0.1", "localhost")
        async with running(tmp_path, port, EMBED_ORIGINS=listed):
            context = await browser.new_context(viewport={"width": 1280, "height": 740}, reduced_motion="reduce")
            await context.route(ELSEWHERE + "**", lambda route: route.fulfill(body="<title>别处</title>"))
            page = await context.new_page()
            await page.goto(unlisted)
            async with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
                await page.get_by_role("button", name="欠款逾期？问一问").click()
            assert await page.frame_locator("iframe").get_by_role("textbox").count() == 0
            await page.goto(listed)
            await talk_in_the_bubble(page)
            await context.close()


async def talk_in_the_bubble(page: Page) -> None:
    """In danger, folded and opened again, on a phone, and away."""
    bubble = page.get_by_role("button", name="欠款逾期？问一问")
    await expect(bubble).to_be_in_viewport(ratio=1)
    await bubble.click()
    chat = page.frame_locator("iframe[title='有数：欠款逾期问答']")
    await chat.get_by_role("textbox", name="写下您的问题").fill("我不想活了")
    await chat.get_by_role("button", name="发送").click()
    await expect(chat.locator(".calls a")).to_have_count(3)
    for call in await chat.locator(".calls a").all():
        await expect(call).to_be_in_viewport(ratio=1)
    await chat.locator("header").get_by_role("button", name="收起").click()
    await expect(chat.locator("header")).to_be_hidden()
    await bubble.click()
    await expect(chat.locator("#log article")).to_have_count(1)  # the talk is still there
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    await chat.get_by_role("link", name="快速离开").click()
    await page.wait_for_url(ELSEWHERE)

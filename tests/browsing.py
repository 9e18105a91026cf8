"""Chromium on the web chat, as a person would use it: for the tests of the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.faqs import intent

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ELSEWHERE = "https://www.baidu.com/"
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
DEADLINE_SECONDS = 30

NUMBERS = (
    "先打 110 或12378，也可以打96110、400-810-8110；"
    "但是 12345元、120 天、第120条、1.110、GB/T 95001—2025 和 12378号文都不是电话。"
)
MARKUP = "<img src=x onerror=alert(1)><b>粗</b> &amp; 原样"
CRISIS = {
    "summary": "我在。有危险马上打 110 或 120，想说说话打 12356。",
    "steps": ["走到有人的地方去。", "叫一个人来陪。"],
}
INTENTS = [
    intent("home_visit", ["催收会上门吗", "会不会来我家"], title="上门催收", related=["lawsuit"]),
    intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办"], title="被起诉"),
    intent("numbers", ["电话号码有哪些", "热线都是多少"], answer={"summary": NUMBERS, "steps": ["一。", "二。"]}),
    intent("markup", ["尖括号会怎么样", "代码会不会执行"], answer={"summary": MARKUP, "steps": ["一。", "二。"]}),
    intent("crisis", ["我不想活了"], group="support", title="心理危机", answer=CRISIS),
]


@dataclass
class Visit:
    """One tab, and all that it asked for and complained about."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    @property
    def words(self) -> Locator:
        return self.page.get_by_role("textbox", name="写下您的问题")

    @property
    def replies(self) -> Locator:
        return self.page.locator("#log article")

    @property
    def shown(self) -> Locator:
        return self.page.locator("#log .turn")

    async def ask(self, text: str) -> Locator:
        """Type, press Enter, wait for the reply."""
        before = await self.replies.count()
        await self.words.fill(text)
        await self.words.press("Enter")
        return await self.reply(before)

    async def tap(self, label: str) -> Locator:
        """Press a button under the last reply, wait for the next one."""
        before = await self.replies.count()
        await self.shown.last.get_by_role("button", name=label, exact=True).click()
        return await self.reply(before)

    def heading(self, label: str) -> Locator:
        """The heading in the last answer's card that opens a part of it."""
        return self.shown.last.locator(".part h3").get_by_role("button", name=label, exact=True)

    async def unfold(self, label: str) -> Locator:
        """Open a part of the last answer in its card."""
        await self.heading(label).click()
        panel = self.heading(label).locator("xpath=../following-sibling::*")
        await expect(panel).to_be_visible()
        return panel

    async def ask_to_forget(self) -> Locator:
        """The question before everything is deleted."""
        await self.page.get_by_role("button", name="更多").click()
        await self.page.get_by_role("button", name="删除我的记录").click()
        return self.page.get_by_role("dialog", name="删除我的记录？")

    async def room(self) -> tuple[float, float]:
        """Where the header ends and the footer begins, from the top of the window."""
        header = await self.page.get_by_role("banner").bounding_box()
        footer = await self.page.get_by_role("contentinfo").bounding_box()
        assert header is not None
        assert footer is not None
        return header["y"] + header["height"], footer["y"]

    async def reply(self, number: int) -> Locator:
        """The reply of this number, from 0, once it is there."""
        reply = self.replies.nth(number)
        await expect(reply).to_be_visible()
        await expect(self.page.locator("#typing")).to_be_hidden()
        return reply


@asynccontextmanager
async def visiting(
    browser: Browser,
    url: str,
    *,
    unhappy: bool = False,
    **options: Any,  # noqa: ANN401 -- whatever Browser.new_context takes
) -> AsyncIterator[Visit]:
    """A new tab on the page.

    Whatever the test looks at, nothing but our own server may be asked, and unless the test makes the server fail
    (`unhappy`) nothing may be complained about in the console.
    """
    context = await browser.new_context(**options)
    context.set_default_timeout(DEADLINE_SECONDS * 1000)
    await context.route(
        ELSEWHERE + "**", lambda route: route.fulfill(body="<title>别处</title>", content_type="text/html")
    )
    visit = await opened(await context.new_page(), url)
    try:
        yield visit
        assert visit.hosts <= {urlsplit(url).netloc, urlsplit(ELSEWHERE).netloc}
        assert unhappy or visit.complaints == []
    finally:
        await context.close()


async def opened(page: Page, url: str) -> Visit:
    visit = Visit(page)

    def complain(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(message.text)

    page.on("request", lambda request: visit.hosts.add(urlsplit(request.url).netloc))
    page.on("console", complain)
    page.on("pageerror", lambda error: visit.complaints.append(error.message))
    await page.goto(url)
    return visit

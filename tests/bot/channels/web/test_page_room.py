"""The page where there is little room: small windows, large type, an open keyboard, long messages; and on paper."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browsing import Visit, visiting
from tests.processes import Service

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.proof]

LONG = "我去年借了网贷，后来失业了，" * 34 + "我真的不想活了"
SIZES = {
    "a small phone": (320, 568, 16),
    "a phone with its keyboard open": (390, 400, 16),
    "a phone": (390, 844, 16),
    "a phone held sideways": (844, 390, 16),
    "a laptop at 200 %": (683, 384, 16),
    "a laptop at 400 %": (320, 256, 16),
    "a tablet": (768, 1024, 16),
    "a laptop": (1280, 720, 16),
    "a phone with type of 24 px": (390, 844, 24),
    "a phone with type of 32 px": (390, 844, 32),
    "a small phone with type of 32 px": (320, 568, 32),
    "a laptop with type of 32 px": (1280, 720, 32),
}
TAPPED = ".choices button:visible, .choices summary:visible"
USUAL = {"a phone with its keyboard open", "a laptop at 200 %", "a laptop", "a phone with type of 32 px"}
PLACES = [
    pytest.param(*size, id=name, marks=[] if name in USUAL else pytest.mark.proof) for name, size in SIZES.items()
]


@asynccontextmanager
async def roomed(
    browser: Browser,
    service: Service,
    width: int,
    height: int,
    type_px: int = 16,
    **options: Any,  # noqa: ANN401 -- whatever Browser.new_context takes
) -> AsyncIterator[Visit]:
    """A visit in a window of this size by somebody whose browser shows type in this size."""
    options |= {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"}
    async with visiting(browser, service.url, **options) as visit:
        if type_px != 16:
            session = await visit.page.context.new_cdp_session(visit.page)
            await session.send("Page.setFontSizes", {"fontSizes": {"standard": type_px}})
            await visit.page.reload()
        yield visit


async def between_header_and_footer(visit: Visit, part: Locator) -> bool:
    """Whether all of it can be seen."""
    top, bottom = await visit.room()
    box = await part.bounding_box()
    assert box is not None
    return top <= box["y"] and box["y"] + box["height"] <= bottom


async def keep(page: Page, name: str) -> None:
    """A screenshot to look at, where a folder for them is named."""
    if folder := os.environ.get("YOUSHU_TEST_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}.png")


async def violations(page: Page) -> list[str]:
    """What axe finds wrong, one line each (https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md)."""
    found = (await Axe().run(page)).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


# ---- what must be seen


@pytest.mark.parametrize(("width", "height", "type_px"), PLACES)
async def test_answers_begin_in_view_and_in_danger_the_numbers_the_way_out_and_the_box_are_all_there(
    browser: Browser, service: Service, width: int, height: int, type_px: int
) -> None:
    async with roomed(browser, service, width, height, type_px) as visit:
        page, name = visit.page, f"{width}x{height} type {type_px}"
        await expect(page.locator("#starters button").first).to_be_visible()
        await keep(page, f"start {name}")
        answer = await visit.ask("催收会上门吗")
        top, bottom = await visit.room()
        box = await answer.bounding_box()
        assert box is not None
        assert top <= box["y"] < bottom
        await keep(page, f"answer {name}")
        crisis = await visit.ask("我不想活了")
        calls = await crisis.locator(".calls a").all()
        assert len(calls) == 3
        for call in calls:
            assert await between_header_and_footer(visit, call)
        await keep(page, f"crisis {name}")
        for part in (page.get_by_role("link", name="快速离开"), visit.words):
            await expect(part).to_be_in_viewport(ratio=1)
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        assert await violations(page) == []


async def test_a_long_message_does_not_push_the_crisis_reply_out_of_view(browser: Browser, service: Service) -> None:
    async with roomed(browser, service, 390, 844) as visit:
        reply = await visit.ask(LONG)
        assert await between_header_and_footer(visit, reply.locator("p").first)
        for call in await reply.locator(".calls a").all():
            assert await between_header_and_footer(visit, call)
        await keep(visit.page, "long message")


async def test_what_can_be_tapped_is_not_half_under_the_footer(browser: Browser, service: Service) -> None:
    async with roomed(browser, service, 1280, 720, color_scheme="dark") as visit:
        for height in (720, 860, 880, 900, 920, 940):  # from 860 on the rows below the answer come to the footer's edge
            await visit.page.set_viewport_size({"width": 1280, "height": height})
            await visit.ask("催收会上门吗")
            _, bottom = await visit.room()
            boxes = [await each.bounding_box() for each in await visit.shown.last.locator(TAPPED).all()]
            assert len(boxes) == 3  # useful or not, and what is related
            assert not [box for box in boxes if box is not None and box["y"] < bottom < box["y"] + box["height"]], (
                height
            )


async def test_a_part_that_is_opened_comes_into_view_with_its_heading(browser: Browser, service: Service) -> None:
    async with roomed(browser, service, 360, 480) as visit:
        await visit.ask("催收会上门吗")
        panel = await visit.unfold("话术")
        assert await between_header_and_footer(visit, visit.heading("话术"))
        assert await between_header_and_footer(visit, panel)


async def test_who_reads_further_up_is_left_there_and_finds_the_way_to_what_is_new(
    browser: Browser, service: Service
) -> None:
    async with roomed(browser, service, 390, 600) as visit:
        await visit.ask("催收会上门吗")
        await visit.ask("会被起诉吗")
        holding = asyncio.Event()

        async def hold(route: Route) -> None:
            await holding.wait()
            await route.continue_()

        await visit.page.route("**/api/messages", hold)
        await visit.words.fill("热线都是多少")
        await visit.words.press("Enter")
        await expect(visit.page.locator("#typing")).to_be_visible()
        await visit.page.mouse.move(200, 300)
        await visit.page.mouse.wheel(0, -5000)
        await visit.page.wait_for_function("scrollY === 0")
        holding.set()
        await visit.reply(2)
        assert await visit.page.evaluate("scrollY") == 0
        await visit.page.get_by_role("button", name="有新回复").click()
        await expect(visit.replies.last.get_by_role("heading", level=2)).to_be_in_viewport(ratio=1)
        await expect(visit.page.get_by_role("button", name="有新回复")).to_be_hidden()


@pytest.mark.parametrize("size", ["大", "特大"])
async def test_type_can_be_made_larger_and_stays_so_in_this_tab(browser: Browser, service: Service, size: str) -> None:
    async with roomed(browser, service, 360, 740) as visit:
        before = await visit.words.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
        await visit.page.get_by_role("button", name="更多").click()
        await visit.page.get_by_role("button", name=size, exact=True).click()
        await expect(visit.page.get_by_role("button", name=size, exact=True)).to_have_attribute("aria-pressed", "true")
        assert await violations(visit.page) == []
        await visit.page.get_by_role("button", name="关闭").click()
        await visit.page.reload()
        assert await visit.words.evaluate("element => parseFloat(getComputedStyle(element).fontSize)") > before * 1.1
        reply = await visit.ask("我不想活了")
        for call in await reply.locator(".calls a").all():
            assert await between_header_and_footer(visit, call)
        assert await visit.page.evaluate("document.documentElement.scrollWidth") == 360
        await keep(visit.page, f"size {size}")


# ---- in every state


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_wrong_in_any_state(browser: Browser, service: Service, scheme: str) -> None:
    async with roomed(browser, service, 390, 844, color_scheme=scheme, unhappy=True) as visit:
        page = visit.page
        await visit.ask("催收会上门吗")
        await visit.unfold("怎么做")
        await visit.shown.last.get_by_role("button", name="没用").click()
        await expect(visit.shown.last.get_by_role("button", name="看不懂")).to_be_visible()
        await visit.shown.last.get_by_text("相关", exact=True).click()
        assert await violations(page) == []
        await keep(page, f"opened {scheme}")
        await page.get_by_role("button", name="更多").click()
        assert await violations(page) == []
        await keep(page, f"menu {scheme}")
        await page.get_by_role("button", name="删除我的记录").click()
        assert await violations(page) == []
        await page.get_by_role("button", name="先不删").click()
        await page.get_by_role("button", name="话题").click()
        await visit.reply(1)
        assert await violations(page) == []
        await keep(page, f"topics {scheme}")
        await page.context.set_offline(True)
        await visit.words.fill("长" * 1990)
        await visit.words.press("Enter")
        await expect(page.get_by_role("button", name="重试")).to_be_visible()
        await visit.words.fill("长" * 2001)
        assert await violations(page) == []
        await keep(page, f"offline {scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_in_the_crisis_card_every_text_stands_out_by_seven_to_one(
    browser: Browser, service: Service, scheme: str
) -> None:
    async with roomed(browser, service, 390, 844, color_scheme=scheme) as visit:
        await visit.ask("我不想活了")
        options = {"runOnly": ["color-contrast-enhanced"], "rules": {"color-contrast-enhanced": {"enabled": True}}}
        found = await Axe().run(visit.page, context=".crisis", options=options)
        assert found.response["violations"] == []
        assert found.response["passes"]


async def test_from_a_dark_screen_it_prints_dark_on_white_the_talk_alone(browser: Browser, service: Service) -> None:
    async with roomed(browser, service, 390, 844, color_scheme="dark") as visit:
        await visit.ask("催收会上门吗")
        await visit.unfold("怎么做")
        await visit.ask("我不想活了")
        await visit.page.emulate_media(media="print", color_scheme="dark")
        for part in (visit.replies.first.locator("p").first, visit.replies.last.locator(".calls a").first):
            style = await part.evaluate("e => { const s = getComputedStyle(e); return [s.color, s.breakInside]; }")
            red, green, blue = (int(each) for each in style[0].removeprefix("rgb(").removesuffix(")").split(","))
            assert red + green + blue < 200
        assert style[1] == "avoid"
        await expect(visit.page.get_by_text("对话记录")).to_be_visible()
        await expect(visit.replies.first).to_contain_text("home_visit的第二步")
        for gone in ("header", "footer", ".choices", ".welcome", ".tools"):
            assert await visit.page.locator(f"{gone}:visible").count() == 0
        await keep(visit.page, "print")


async def test_what_has_just_appeared_prints_as_dark_as_the_rest(browser: Browser, service: Service) -> None:
    async with visiting(browser, service.url, color_scheme="dark") as visit:
        await visit.ask("我不想活了")
        await visit.page.emulate_media(media="print", color_scheme="dark")
        assert await visit.shown.last.evaluate("e => getComputedStyle(e).animationName") == "none"


async def test_after_a_tap_no_button_looks_hovered(browser: Browser, service: Service) -> None:
    async with roomed(browser, service, 390, 844, is_mobile=True, has_touch=True) as visit:
        plain = await visit.page.locator("#topics").evaluate("e => getComputedStyle(e).backgroundColor")
        await visit.page.locator("#topics").tap()
        await visit.reply(0)
        assert await visit.page.locator("#topics").evaluate("e => getComputedStyle(e).backgroundColor") == plain

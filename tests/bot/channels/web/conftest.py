"""One browser and one service for the tests of a module of the page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browsing import DEADLINE_SECONDS, FLAGS, INTENTS, Visit, visiting
from tests.faqs import write_faq
from tests.processes import Service, free_port, running
from tests.requirements import require


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = require("browser")
    expect.set_options(timeout=DEADLINE_SECONDS * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write_faq(folder, INTENTS)
    return folder


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(folder: Path) -> AsyncIterator[Service]:
    async with running(folder, free_port()) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, service: Service) -> AsyncIterator[Visit]:
    async with visiting(browser, service.url) as visit:
        yield visit

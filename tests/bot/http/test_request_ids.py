"""The id that names a request: in its answer, and in each line that is logged while it is answered."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.http.app import FaqStatus, build_app
from bot.http.metrics import Metrics
from bot.observe import configure_logging, request_id, request_scope
from tests.fakes.botapi import PLAIN
from tests.logs import logging_restored
from tests.webserver import serving

OWN = re.compile("[0-9a-f]{16}")


async def logs_and_answers(_: Request) -> Response:
    structlog.get_logger("bot.x").info("answering")
    return PlainTextResponse(request_id())


async def fails(_: Request) -> Response:
    raise RuntimeError


@asynccontextmanager
async def calling() -> AsyncIterator[httpx.AsyncClient]:
    with logging_restored():
        configure_logging("json", "INFO")
        routes = [Route("/logs", logs_and_answers), Route("/fails", fails)]
        app = build_app(lambda: FaqStatus("a", 1), (), Metrics(), routes)
        async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:
            yield client


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize("given", ["0f8fad5b-d9cb-469f-a165-70867728950e", "a" * 8, "A_b-" * 16])
async def test_a_request_is_called_as_the_proxy_calls_it(capsys: pytest.CaptureFixture[str], given: str) -> None:
    async with calling() as client:
        answer = await client.get("/logs", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == answer.text == given
    assert [line["request"] for line in logged(capsys)] == [given]


@pytest.mark.parametrize(
    "given", [None, "", "short", "a" * 65, "13800138000 王", 'a"}{"event": "x', "a b c d e f", "${jndi:x}"]
)
async def test_what_could_write_a_line_of_its_own_is_no_name(
    capsys: pytest.CaptureFixture[str], given: str | None
) -> None:
    headers = {} if given is None else {b"X-Request-ID": given.encode()}
    async with calling() as client:
        answer = await client.get("/logs", headers=headers)
    assert OWN.fullmatch(answer.headers["x-request-id"])
    assert [line["request"] for line in logged(capsys)] == [answer.headers["x-request-id"]]


async def test_a_failure_is_found_in_the_log_by_the_id_of_its_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with calling() as client:
        answer = await client.get("/fails")
    assert answer.status_code == 500
    [line] = logged(capsys)
    assert (line["event"], line["request"]) == ("request_failed", answer.headers["x-request-id"])


async def test_two_requests_have_two_names() -> None:
    async with calling() as client:
        assert (await client.get("/logs")).text != (await client.get("/logs")).text


def test_outside_of_a_request_there_is_no_name(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_restored():
        configure_logging("json", "INFO")
        with request_scope() as name:
            structlog.get_logger("bot.x").info("inside")
        structlog.get_logger("bot.x").info("outside")
    assert [line.get("request") for line in logged(capsys)] == [name, None]

"""The HTTP server around the channels: health, readiness, metrics, headers, refusals and failures."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.http import status
from bot.http.app import FaqStatus, HealthCheck, StatusAccess, build_app
from bot.http.metrics import Metrics
from bot.http.request_body import read_body
from tests.fakes.botapi import PLAIN
from tests.webserver import serving

FAQ = FaqStatus("abc123", 47)


@asynccontextmanager
async def calling(
    *,
    faq: FaqStatus = FAQ,
    checks: Sequence[HealthCheck] = (),
    routes: Sequence[BaseRoute] = (),
    allowed_hosts: Sequence[str] = ("*",),
    access: StatusAccess | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(lambda: faq, checks, Metrics(), routes, allowed_hosts, access=access)
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=PLAIN) as client:
        yield client


def check(name: str, problem: str | None, *, needed: bool = True) -> HealthCheck:
    async def probe() -> str | None:
        return problem

    return HealthCheck(name, probe, needed)


async def test_healthz_says_alive_whatever_else_is_down() -> None:
    async with calling(checks=[check("database", "OperationalError")]) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_readyz_names_the_faq_in_force_and_every_check() -> None:
    async with calling(checks=[check("database", None), check("telegram", None, needed=False)]) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "why": [],
        "faq": {"hash": "abc123", "intents": 47, "reload_error": None},
        "database": "ok",
        "telegram": "ok",
    }


async def test_readyz_tells_why_the_latest_faq_was_not_taken_and_stays_ready() -> None:
    async with calling(faq=FaqStatus("abc123", 47, "faq.yaml:3:1: error E-TAB …")) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["faq"]["reload_error"] == "faq.yaml:3:1: error E-TAB …"


async def test_readyz_is_503_while_something_needed_is_away() -> None:
    async with calling(checks=[check("database", "OperationalError")]) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert answer.json()["database"] == "OperationalError"


async def test_readyz_tells_why_not_a_line_for_each_part() -> None:
    async def crashes() -> str | None:
        raise LookupError("幸福路八号")

    parts = [
        check("database", "OperationalError:\n  no route"),
        HealthCheck("wechat", crashes),
        check("telegram", None),
    ]
    async with calling(checks=parts) as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["why"] == ["database: OperationalError: no route", "wechat: LookupError"]
    assert [(entry["event"], entry["check"]) for entry in logs] == [("check_failed", "wechat")]
    assert "幸福路" not in str(logs)


async def test_a_channel_that_is_away_is_told_but_the_service_stays_ready() -> None:
    async with calling(checks=[check("telegram", "NetworkError", needed=False)]) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["telegram"] == "NetworkError"


async def test_a_check_that_never_answers_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "PROBE_SECONDS", 0.05)
    never = asyncio.Event()

    async def probe() -> str | None:
        await never.wait()
        return None

    async with calling(checks=[HealthCheck("database", probe)]) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "no answer within 0.05 s"


async def test_metrics_are_in_prometheus_form() -> None:
    async with calling() as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE youshu_turns_total counter" in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nowhere"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with calling() as client:
        headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_another_method_is_405_in_words(path: str) -> None:
    async with calling() as client:
        answer = await client.post(path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json() == {"error": "这个地址不支持这种请求方法。"}


async def test_an_unknown_address_is_404_in_words() -> None:
    async with calling() as client:
        answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"error": "没有这个地址。"})


async def test_a_name_that_is_not_ours_is_refused() -> None:
    async with calling(allowed_hosts=("127.0.0.1",)) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/healthz", headers={"Host": "evil.example"})
        assert answer.status_code == 400
        assert "YOUSHU_PUBLIC_URL" in answer.json()["error"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_failure_nobody_foresaw_is_500_in_words_and_its_text_stays_out_of_the_log() -> None:
    async def fails(_: Request) -> Response:
        raise RuntimeError("幸福路八号")

    async with calling(routes=[Route("/fails", fails)]) as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.get("/fails")
        assert answer.status_code == 500
        assert answer.json() == {"error": "这边出了点问题，没能回答。请再发一次。"}
        assert (await client.get("/healthz")).status_code == 200
    assert [entry["event"] for entry in logs] == ["request_failed"]
    assert logs[0]["error"] == "RuntimeError"
    assert logs[0]["at"][-1].endswith(" fails")
    assert "幸福路" not in str(logs)


async def test_a_body_that_comes_too_slowly_is_408_and_the_connection_closed() -> None:
    async def reads(request: Request) -> Response:
        return JSONResponse(len(await read_body(request, limit=10, seconds=0.05)))

    async with calling(routes=[Route("/reads", reads, methods=["POST"])]) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(b"POST /reads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n123")
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert "消息没有传完" in answer.decode("utf-8")


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
@pytest.mark.parametrize(
    ("access", "headers", "status_code"),
    [
        (StatusAccess(), {}, 200),
        (StatusAccess(), {"X-Forwarded-For": "203.0.113.5"}, 403),
        (StatusAccess(), {"X-Real-IP": "203.0.113.5"}, 403),
        (StatusAccess(local=False), {}, 403),
        (StatusAccess("t" * 16, local=False), {}, 403),
        (StatusAccess("t" * 16, local=False), {"Authorization": f"Bearer {'t' * 16}"}, 200),
        (StatusAccess("t" * 16, local=False), {"Authorization": f"bearer {'u' * 16}"}, 403),
        (StatusAccess(local=False), {"Authorization": "Bearer"}, 403),
        (StatusAccess("t" * 16), {"Authorization": f"Bearer {'t' * 16}", "X-Forwarded-For": "203.0.113.5"}, 200),
    ],
    ids=[
        "this machine",
        "a proxy for somebody",
        "another proxy for somebody",
        "where a proxy may look like this machine",
        "there without the token",
        "there with the token",
        "with another token",
        "an empty token where none is set",
        "a proxy with the token",
    ],
)
async def test_how_the_service_is_is_not_for_everybody(
    path: str, access: StatusAccess, headers: dict[str, str], status_code: int
) -> None:
    async with calling(access=access) as client:
        answer = await client.get(path, headers=headers)
        assert answer.status_code == status_code
        assert status_code == 200 or "YOUSHU_STATUS_TOKEN" in answer.json()["error"]
        assert (await client.get("/healthz", headers=headers)).status_code == 200

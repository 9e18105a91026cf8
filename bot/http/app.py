"""The one HTTP application: health, metrics, security headers, refusals, and the routes of the channels."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.http.metrics import Metrics
from bot.observe import traceback_locations

log = structlog.get_logger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

PROBE_SECONDS = 2.0
"""How long one health check may take before it counts as failed."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Only this server's own files, nothing inline, no page around ours (w3.org/TR/CSP3)."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_STATUS_TEXTS = {404: "没有这个地址。", 405: "这个地址不支持这种请求方法。"}
_FAILED = "这边出了点问题，没能回答。请再发一次。"


@dataclass(frozen=True, slots=True)
class FaqStatus:
    """The FAQ now in force."""

    hash: str
    intents: int
    """How many."""
    reload_error: str | None = None
    """Why the file's latest version was not taken; None if it was."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that the service depends on."""

    name: str
    probe: Callable[[], Awaitable[str | None]]
    """Gives None when it is well, otherwise one line that says what is wrong, without a secret."""
    needed: bool = True
    """Whether the service counts as not ready without it."""


def build_app(
    faq: Callable[[], FaqStatus],
    checks: Sequence[HealthCheck],
    metrics: Metrics,
    routes: Sequence[BaseRoute],
    allowed_hosts: Sequence[str] = ("*",),
) -> Starlette:
    """The application with its own routes and those of the channels.

    Every HTTPException, a channel's too, becomes JSON with an `error` in Chinese; any other exception becomes a 500 whose log
    line holds no word of the request.

    Args:
        faq: the FAQ now in force.
        checks: what /readyz asks.
        metrics: what /metrics shows.
        routes: those of the channels.
        allowed_hosts: the host names under which the server may be called, against DNS rebinding.
    """
    own_routes = [
        Route("/healthz", _healthz),
        Route("/readyz", _readyz(faq, checks)),
        Route("/metrics", _metrics(metrics)),
    ]
    middleware = [
        Middleware(_SecurityHeaders),
        Middleware(_PrivateErrors),
        Middleware(TrustedHostMiddleware, allowed_hosts=[*allowed_hosts], www_redirect=False),
        Middleware(GZipMiddleware, minimum_size=1024),
    ]
    return Starlette(routes=[*own_routes, *routes], middleware=middleware, exception_handlers={HTTPException: _refusal})


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


def _readyz(faq: Callable[[], FaqStatus], checks: Sequence[HealthCheck]) -> Endpoint:
    async def readyz(_: Request) -> Response:
        problems = await asyncio.gather(*(_run_check(check) for check in checks))
        ready = not any(problem and check.needed for check, problem in zip(checks, problems, strict=True))
        results = {check.name: problem or "ok" for check, problem in zip(checks, problems, strict=True)}
        status = {"status": "ready" if ready else "not ready", "faq": asdict(faq()), **results}
        return JSONResponse(status, status_code=200 if ready else 503)

    return readyz


async def _run_check(check: HealthCheck) -> str | None:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await check.probe()
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:g} s"


def _metrics(metrics: Metrics) -> Endpoint:
    async def endpoint(_: Request) -> Response:
        body, content_type = metrics.render()
        return Response(body, headers={"Content-Type": content_type})

    return endpoint


def _refusal(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    text = _STATUS_TEXTS.get(error.status_code, error.detail)
    return JSONResponse({"error": text}, status_code=error.status_code, headers=error.headers)


class _SecurityHeaders:
    """Adds the security headers to every response, and no-store where a response doesn't say how to cache it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, with_headers)


class _PrivateErrors:
    """Turns any exception into a 500, and logs its type and place but not its text, which may quote the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 -- the outermost guard: the server goes on with the next request
            log.error("request_failed", error=type(error).__name__, at=traceback_locations(error))
            if not begun:
                await JSONResponse({"error": _FAILED}, status_code=500)(scope, receive, send)

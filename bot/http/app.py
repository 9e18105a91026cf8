"""The one HTTP application: how the service is, what goes around every request, and the routes of the channels."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.http.metrics import Metrics
from bot.http.middleware import KnownHosts, PrivateErrors, RequestIds, SecurityHeaders
from bot.http.status import FaqStatus, HealthCheck, StatusAccess, status_routes

__all__ = ["FaqStatus", "HealthCheck", "StatusAccess", "build_app"]

_STATUS_TEXTS = {404: "没有这个地址。", 405: "这个地址不支持这种请求方法。"}


def build_app(
    faq: Callable[[], FaqStatus],
    checks: Sequence[HealthCheck],
    metrics: Metrics,
    routes: Sequence[BaseRoute],
    allowed_hosts: Sequence[str] = ("*",),
    *,
    access: StatusAccess | None = None,
) -> Starlette:
    """The application with its own routes and those of the channels.

    Every HTTPException, a channel's too, becomes JSON with an `error` in Chinese; any other exception becomes a 500 whose log
    line holds no word of the request.

    Args:
        faq: the FAQ now in force.
        checks: what /readyz asks.
        metrics: what /metrics shows.
        routes: those of the channels.
        allowed_hosts: the host names under which the server may be called, against DNS rebinding; `*`: any.
        access: who may see /readyz and /metrics; None: programs of this machine.
    """
    middleware = [
        Middleware(RequestIds),
        Middleware(SecurityHeaders),
        Middleware(PrivateErrors),
        Middleware(KnownHosts, hosts=allowed_hosts),
        Middleware(GZipMiddleware, minimum_size=600),
    ]
    return Starlette(
        routes=[*status_routes(faq, checks, metrics, access or StatusAccess()), *routes],
        middleware=middleware,
        exception_handlers={HTTPException: _refusal},
    )


def _refusal(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    text = _STATUS_TEXTS.get(error.status_code, error.detail)
    return JSONResponse({"error": text}, status_code=error.status_code, headers=error.headers)

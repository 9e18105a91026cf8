"""What goes around every request: the host it is for, security headers, and errors that say nothing of it."""

import re
from collections.abc import Sequence

import structlog
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.observe import request_scope, traceback_locations

log = structlog.get_logger(__name__)

OWN_FILES_ONLY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; "
)
"""Nothing but this server's own files, nothing inline (w3.org/TR/CSP3)."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
DEFAULT_HEADERS = {
    "Content-Security-Policy": f"{OWN_FILES_ONLY}frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""A response that brings one of these keeps its own; X-Frame-Options goes with the policy, which says the same."""

_FAILED = "这边出了点问题，没能回答。请再发一次。"
_UNKNOWN_HOST = "这个主机名不是本服务的。有域名或反向代理，请在 .env 里设 YOUSHU_PUBLIC_URL。"

REQUEST_ID = "x-request-id"
_NAMED = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What is taken for a request's name, so that nobody writes a line of their own into the log; UUIDs and nginx's $request_id are such."""

RawHeaders = list[tuple[bytes, bytes]]


def framed_by(origins: Sequence[str]) -> str:
    """The policy of a page that these origins may show in a frame."""
    return f"{OWN_FILES_ONLY}frame-ancestors {' '.join(origins)}"


def _raw(headers: dict[str, str]) -> RawHeaders:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class SecurityHeaders:
    """Adds the security headers to every response, and no-store where a response doesn't say how to cache it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._always, self._defaults = _raw(HEADERS), _raw(DEFAULT_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own: RawHeaders = list(message["headers"])
                named = {name for name, _ in own}
                if b"content-security-policy" in named:
                    named.add(b"x-frame-options")
                defaults = [header for header in self._defaults if header[0] not in named]
                message["headers"] = [*own, *self._always, *defaults]
            await send(message)

        await self.app(scope, receive, with_headers)


class KnownHosts:
    """Refuses names that aren't ours, against DNS rebinding (owasp.org: a page elsewhere gives itself our address)."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self._hosts = frozenset(hosts)
        self._any = "*" in self._hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is for us."""
        if self._any or scope["type"] != "http" or _hostname(Headers(scope=scope).get("host", "")) in self._hosts:
            await self.app(scope, receive, send)
        else:
            await JSONResponse({"error": _UNKNOWN_HOST}, status_code=400)(scope, receive, send)


def _hostname(host: str) -> str:
    """The name in a Host header, without its port; an IPv6 address keeps its brackets."""
    end = host.find("]")
    return host[: end + 1] if host.startswith("[") and end > 0 else host.partition(":")[0].lower()


class RequestIds:
    """Names each request in its log lines and in its answer: as the proxy before us does, or by an id of our own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by its name."""
        given = Headers(scope=scope).get(REQUEST_ID, "") if scope["type"] == "http" else ""
        with request_scope(given if _NAMED.fullmatch(given) else None) as name:

            async def with_name(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (REQUEST_ID.encode(), name.encode())]
                await send(message)

            await self.app(scope, receive, with_name)


class PrivateErrors:
    """Turns any exception into a 500, and logs its type and place but not its text, which may quote the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
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

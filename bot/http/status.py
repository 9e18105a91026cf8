"""How the service is: /healthz for anybody, /readyz and /metrics for programs of this machine or with the token."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_address

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.http.metrics import Metrics
from bot.observe import traceback_locations

log = structlog.get_logger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

PROBE_SECONDS = 2.0
"""How long one health check may take before it counts as failed."""

FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
"""Headers by which a proxy says that it speaks for somebody else."""

_PRIVATE = (
    "这个地址只给本机的程序看。从别处或经过反向代理看，请在 .env 里设 YOUSHU_STATUS_TOKEN，"
    "请求时带上 Authorization: Bearer 加这个令牌。"
)


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


@dataclass(frozen=True, slots=True)
class StatusAccess:
    """Who may see how the service is."""

    token: str | None = None
    """Opens it from anywhere; None: there is no such way."""
    local: bool = True
    """Whether a program on this machine needs no token; not where a proxy may stand on it, which looks like one."""

    def check(self, request: Request) -> None:
        """Raise HTTPException 403 for anybody else."""
        if not (self._has_token(request) or (self.local and _is_local(request))):
            raise HTTPException(403, _PRIVATE)

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        same = secrets.compare_digest(given.strip().encode(), (self.token or "").encode())
        return self.token is not None and scheme.lower() == "bearer" and same


def _is_local(request: Request) -> bool:
    if request.client is None or FORWARDED & set(request.headers):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def status_routes(
    faq: Callable[[], FaqStatus], checks: Sequence[HealthCheck], metrics: Metrics, access: StatusAccess
) -> list[Route]:
    """The three addresses."""

    async def readyz(request: Request) -> Response:
        access.check(request)
        problems = await asyncio.gather(*(_run_check(check) for check in checks))
        ready = not any(problem and check.needed for check, problem in zip(checks, problems, strict=True))
        results = {check.name: problem or "ok" for check, problem in zip(checks, problems, strict=True)}
        why = [f"{name}: {problem}" for name, problem in results.items() if problem != "ok"]
        status = {"status": "ready" if ready else "not ready", "why": why, "faq": asdict(faq()), **results}
        return JSONResponse(status, status_code=200 if ready else 503)

    async def show_metrics(request: Request) -> Response:
        access.check(request)
        body, content_type = metrics.render()
        return Response(body, headers={"Content-Type": content_type})

    return [Route("/healthz", _healthz), Route("/readyz", readyz), Route("/metrics", show_metrics)]


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _run_check(check: HealthCheck) -> str | None:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            problem = await check.probe()
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 -- a part that can't even be asked is a reason like any other
        log.error("check_failed", check=check.name, error=type(error).__name__, at=traceback_locations(error))
        return type(error).__name__
    return " ".join(problem.split()) if problem is not None else None

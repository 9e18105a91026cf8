"""The one HTTP server: the web chat, health, and whatever routes the channels bring."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.store import Store, StoreError
from intents.knowledge import Knowledge

Endpoint = Callable[[Request], Awaitable[Response]]


def build_app(knowledge: Callable[[], Knowledge], store: Store, routes: Sequence[BaseRoute]) -> Starlette:
    """The application with its own routes and the channels'."""
    return Starlette(routes=[Route("/healthz", _healthz), Route("/readyz", _readyz(knowledge, store)), *routes])


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


def _readyz(knowledge: Callable[[], Knowledge], store: Store) -> Endpoint:
    async def readyz(_: Request) -> Response:
        try:
            await store.ping()
        except StoreError as error:
            database = str(error)
        else:
            database = "ok"
        status = {"faq": knowledge().digest, "database": database}
        return JSONResponse(status, status_code=200 if database == "ok" else 503)

    return readyz

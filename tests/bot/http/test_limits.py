"""What goes around a request, without a server: sizes, addresses, hosts, headers; each limit on both sides."""

from collections.abc import Sequence

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.http import connection, request_body
from bot.http.addresses import Crowds
from bot.http.client_limit import ClientLimit
from bot.http.middleware import (
    DEFAULT_HEADERS,
    HEADERS,
    KnownHosts,
    PrivateErrors,
    RequestIds,
    SecurityHeaders,
    framed_by,
)
from bot.http.request_body import read_body


def scope(headers: dict[str, str] | None = None, client: str | None = "203.0.113.5", kind: str = "http") -> Scope:
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return {
        "type": kind,
        "method": "POST",
        "path": "/",
        "headers": raw,
        "client": (client, 1) if client is not None else None,
    }


def request(chunks: Sequence[bytes], declared: int | None = None) -> tuple[Request, list[bytes]]:
    """A request with a body in these chunks, and what of it is not yet read; after the last the other side is gone."""
    left = [*chunks]

    async def receive() -> Message:
        if not left:
            return {"type": "http.disconnect"}
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": chunk != b"end"}

    return Request(scope({"Content-Length": str(declared)} if declared is not None else {}), receive), left


# --- bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("declared", [None, 8])
async def test_a_body_may_be_as_large_as_its_limit(declared: int | None) -> None:
    asked, _ = request([b"hello", b"end"], declared)
    assert await read_body(asked, 8) == b"helloend"


async def test_a_body_that_says_that_it_is_larger_is_refused_unread() -> None:
    asked, left = request([b"hello", b"end"], 9)
    with pytest.raises(HTTPException) as refused:
        await read_body(asked, 8)
    assert refused.value.status_code == 413
    assert left == [b"hello", b"end"]


async def test_a_body_that_says_nothing_of_its_size_is_refused_as_soon_as_it_is_too_large() -> None:
    asked, left = request([b"hello", b"more", b"end"])
    with pytest.raises(HTTPException) as refused:
        await read_body(asked, 8)
    assert (refused.value.status_code, left) == (413, [b"end"])
    assert refused.value.headers is None  # the sender gets to read it


async def test_whoever_goes_away_is_told_nothing_worse_than_that() -> None:
    asked, _ = request([b"hello"])
    with pytest.raises(HTTPException) as refused:
        await read_body(asked, 8)
    assert (refused.value.status_code, refused.value.detail) == (400, "连接断了。")


async def test_a_size_that_is_no_number_is_not_believed() -> None:
    asked, _ = request([b"end"])
    asked.scope["headers"].append((b"content-length", b"x"))
    assert await read_body(asked, 8) == b"end"


def test_a_connection_waits_a_little_longer_for_a_body_than_the_answer_in_words_takes() -> None:
    assert request_body.BODY_SECONDS == 10 < connection.BODY_SECONDS < 2 * request_body.BODY_SECONDS
    assert connection.MAX_HEAD_BYTES == 32_768


# --- addresses ------------------------------------------------------------------------------------------------------


async def test_an_address_has_so_many_requests_a_minute_and_no_other_pays_for_it() -> None:
    limit = ClientLimit(per_minute=2)
    one, other = Request(scope()), Request(scope(client="203.0.113.6"))
    assert [await limit.allows(one) for _ in range(3)] == [True, True, False]
    assert await limit.allows(other)
    assert ClientLimit().per_minute == 300


@pytest.mark.parametrize("client", [None, "127.0.0.1", "198.51.100.7"])
async def test_whoever_stands_for_many_has_no_limit(client: str | None) -> None:
    limit = ClientLimit(Crowds(["198.51.100.0/24"]), per_minute=1)
    assert all([await limit.allows(Request(scope(client=client))) for _ in range(3)])


# --- hosts and headers ----------------------------------------------------------------------------------------------


async def answered(app: ASGIApp, asked: Scope) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(asked, receive, send)
    assert [message["type"] for message in sent].count("http.response.start") == 1
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("bot.example", True),
        ("BOT.example:8080", True),
        ("[::1]:8080", True),
        ("[::1]", True),
        ("evil.example", False),
        ("bot.example.evil", False),
        ("[::2]", False),
        ("[", False),
        ("", False),
    ],
)
async def test_a_host_is_known_by_its_name_whatever_the_port(host: str, known: bool) -> None:  # noqa: FBT001 -- a case
    app = KnownHosts(PlainTextResponse("ok"), ["bot.example", "[::1]"])
    status, _ = await answered(app, scope({"Host": host}))
    assert status == (200 if known else 400)
    assert (await answered(KnownHosts(PlainTextResponse("ok"), ["*"]), scope({"Host": host})))[0] == 200


async def test_what_is_no_request_passes() -> None:
    passed: list[Scope] = []

    async def app(asked: Scope, receive: object, send: object) -> None:
        assert receive is not send
        passed.append(asked)

    lifespan: Scope = {"type": "lifespan", "headers": []}
    await KnownHosts(app, ["bot.example"])(lifespan, lambda: None, lambda _: None)  # type: ignore[arg-type,return-value] # nobody calls them
    assert passed == [lifespan]


async def test_a_response_has_every_header_but_those_that_it_brings_itself() -> None:
    def lower(headers: dict[str, str]) -> dict[str, str]:
        return {name.lower(): value for name, value in headers.items()}

    _, plain = await answered(SecurityHeaders(PlainTextResponse("ok")), scope())
    assert plain.items() >= lower({**HEADERS, **DEFAULT_HEADERS}).items()
    assert plain["x-frame-options"] == "DENY"
    own = {"Cache-Control": "max-age=60", "Content-Security-Policy": framed_by(["https://a.example", "'self'"])}
    _, kept = await answered(SecurityHeaders(PlainTextResponse("ok", headers=own)), scope())
    assert kept.items() >= lower(own).items()
    assert kept["content-security-policy"].endswith("frame-ancestors https://a.example 'self'")
    assert "x-frame-options" not in kept
    assert kept["cross-origin-resource-policy"] == "same-origin"


async def test_what_the_headers_say() -> None:
    _, headers = await answered(SecurityHeaders(PlainTextResponse("ok")), scope())
    policy = dict(each.strip().split(" ", 1) for each in headers.pop("content-security-policy").split(";"))
    assert {name for name, allowed in policy.items() if allowed == "'self'"} == {
        *("script-src", "style-src", "img-src", "connect-src"),
    }
    assert {name for name, allowed in policy.items() if allowed == "'none'"} == {
        *("default-src", "base-uri", "form-action", "frame-ancestors", "trusted-types"),
    }
    assert policy["require-trusted-types-for"] == "'script'"
    assert (
        headers.items()
        >= {
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
            "x-frame-options": "DENY",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "no-store",
        }.items()
    )


async def test_what_is_no_request_needs_no_headers_to_be_named() -> None:
    passed: list[Scope] = []

    async def app(asked: Scope, receive: object, send: object) -> None:
        assert receive is not send
        passed.append(asked)

    await RequestIds(app)({"type": "lifespan"}, lambda: None, lambda _: None)  # type: ignore[arg-type,return-value] # nobody calls them
    assert passed == [{"type": "lifespan"}]


async def test_a_failure_before_the_answer_is_told_in_words() -> None:
    async def app(*_: object) -> None:
        raise RuntimeError

    assert (await answered(PrivateErrors(app), scope()))[0] == 500


async def test_a_failure_in_the_midst_of_an_answer_sends_no_second_one() -> None:
    async def app(asked: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("half")(asked, receive, send)
        raise RuntimeError

    assert (await answered(PrivateErrors(app), scope()))[0] == 200
    assert (await answered(PrivateErrors(PlainTextResponse("whole")), scope()))[0] == 200

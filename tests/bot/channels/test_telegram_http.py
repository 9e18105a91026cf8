"""A bot's own HTTP: one connection for many requests, and every way in which one can break."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.request import getproxies

import httpx
import pytest
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.channels import telegram_http
from bot.channels.telegram_http import DirectRequest, proxied
from tests.fakes.botapi import PLAIN

SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntr\r\n2\r\nue\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntrue"


@dataclass
class Server:
    """Answers each request with the next bytes; None: not at all, empty: by closing."""

    answers: list[bytes | None]
    url: str = ""
    requests: list[str] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    int(line.split(":")[1]) for line in head.splitlines() if line.startswith("Content-Length")
                )
                self.requests.append(head + (await reader.readexactly(length)).decode())
                answer = self.answers.pop(0)
                if answer is None:
                    await reader.read()
                writer.write(answer or b"")
                await writer.drain()
                if not answer or b"close" in answer:
                    break
        except asyncio.IncompleteReadError:
            pass
        writer.close()


@asynccontextmanager
async def answering(*answers: bytes | None) -> AsyncIterator[Server]:
    server = Server([*answers])
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/bot1:x/sendMessage"
        yield server


@asynccontextmanager
async def requesting(connections: int = 2, seconds: float = 5) -> AsyncIterator[DirectRequest]:
    request = DirectRequest(connections, seconds, PLAIN)
    try:
        yield request
    finally:
        await request.shutdown()


def data(**parameters: str) -> RequestData:
    return RequestData([RequestParameter.from_input(key, value) for key, value in parameters.items()])


async def posted(request: DirectRequest, url: str, **parameters: str) -> tuple[int, bytes]:
    return await request.do_request(url, "POST", data(**parameters))


@pytest.mark.parametrize("answer", [SHORT, CHUNKED, LAST, b"HTTP/1.1 100 Continue\r\n\r\n" + SHORT])
async def test_an_answer_is_read_however_its_end_is_marked(answer: bytes) -> None:
    async with answering(answer) as server, requesting() as request:
        assert await posted(request, server.url, text="催收 & 上门", chat_id="5") == (200, b"true")
    [sent] = server.requests
    assert sent.startswith("POST /bot1:x/sendMessage HTTP/1.1\r\n")
    assert sent.endswith("\r\n\r\ntext=%e5%82%ac%e6%94%b6%20%26%20%e4%b8%8a%e9%97%a8&chat_id=5")


@pytest.mark.parametrize(("first", "connections"), [(SHORT, 1), (CHUNKED, 1), (LAST, 2)])
async def test_a_connection_serves_again_unless_the_server_ends_it(first: bytes, connections: int) -> None:
    async with answering(first, SHORT) as server, requesting() as request:
        for _ in range(2):
            assert await posted(request, server.url) == (200, b"true")
    assert server.connections == connections


async def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_http, "IDLE_SECONDS", 0.0)
    async with answering(SHORT, SHORT) as server, requesting() as request:
        for _ in range(2):
            await posted(request, server.url)
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX: close\r\n\r\ntr", httpx.RemoteProtocolError),
        (b"nonsense\r\n\r\nclose", httpx.RemoteProtocolError),
    ],
)
async def test_an_answer_that_breaks_off_is_a_network_error_and_the_next_request_works(
    answer: bytes, cause: type[Exception]
) -> None:
    async with answering(answer, SHORT) as server, requesting() as request:
        with pytest.raises(NetworkError) as raised:
            await posted(request, server.url)
        assert isinstance(raised.value.__cause__, cause)
        assert "bot1:x" not in str(raised.value)
        assert await posted(request, server.url) == (200, b"true")


async def test_an_answer_that_does_not_come_is_timed_out() -> None:
    async with answering(None, SHORT) as server, requesting(seconds=0.05) as request:
        with pytest.raises(TimedOut) as raised:
            await posted(request, server.url)
        assert isinstance(raised.value.__cause__, httpx.ReadTimeout)
        assert await posted(request, server.url) == (200, b"true")


async def test_nobody_listening_is_a_connect_error() -> None:
    async with answering() as server:
        pass
    async with requesting() as request:
        with pytest.raises(NetworkError) as raised:
            await posted(request, server.url)
    assert isinstance(raised.value.__cause__, httpx.ConnectError)


async def test_more_requests_than_connections_wait_and_then_give_up() -> None:
    async with answering(None, None) as server, requesting(connections=1, seconds=0.05) as request:
        found = await asyncio.gather(posted(request, server.url), posted(request, server.url), return_exceptions=True)
    causes = [type(error.__cause__) for error in found if isinstance(error, TimedOut)]
    assert causes == [httpx.ReadTimeout, httpx.PoolTimeout]


async def test_a_request_that_is_given_up_leaves_its_place_to_the_next() -> None:
    async with answering(None, SHORT) as server, requesting(connections=1) as request:
        waiting = asyncio.create_task(posted(request, server.url))
        while not server.requests:  # noqa: ASYNC110 -- seen only by the server
            await asyncio.sleep(0.001)
        waiting.cancel()
        assert await posted(request, server.url) == (200, b"true")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, False),
        ({"HTTPS_PROXY": "http://proxy:3128"}, True),
        ({"ALL_PROXY": "http://proxy:3128"}, True),
        ({"HTTP_PROXY": "http://proxy:3128"}, False),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "telegram.org"}, False),
    ],
)
def test_a_proxy_in_the_environment_is_seen(
    settings: dict[str, str],
    expected: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert proxied("https://api.telegram.org/bot1:x/getMe", getproxies()) is expected


async def test_what_goes_through_a_proxy_is_left_to_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(SHORT) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url.partition("/bot")[0])
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with requesting() as request:
            assert await posted(request, "http://api.telegram.example/bot1:x/getMe", a="1") == (200, b"true")
    assert server.requests[0].startswith("POST http://api.telegram.example/bot1:x/getMe HTTP/1.1\r\n")

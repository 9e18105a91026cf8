"""A bot's own HTTP: one connection for many requests, and every way in which one can break."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.request import getproxies

import httpx
import pytest
from telegram import InputFile
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.channels.telegram import request as telegram_http
from bot.channels.telegram.request import AiohttpRequest, proxied
from tests.fakes.botapi import PLAIN
from tests.waiting import eventually

SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntr\r\n2\r\nue\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntrue"


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


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


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """Where a server listens; at the end what it still does comes to its end."""
    serving: list[asyncio.Task[None]] = []

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.create_task(served(reader, writer)))

    async with await asyncio.start_server(take, "127.0.0.1", 0) as taking:
        yield f"http://127.0.0.1:{taking.sockets[0].getsockname()[1]}/bot1:x/sendMessage"
    await asyncio.gather(*serving)


@asynccontextmanager
async def answering(*answers: bytes | None) -> AsyncIterator[Server]:
    server = Server([*answers])
    async with listening(server.serve) as server.url:
        yield server


@asynccontextmanager
async def requesting(connections: int = 2, seconds: float = 5) -> AsyncIterator[AiohttpRequest]:
    async with AiohttpRequest(connections, seconds, PLAIN) as request:
        yield request


def data(**parameters: str) -> RequestData:
    return RequestData([RequestParameter.from_input(key, value) for key, value in parameters.items()])


def tokenless(error: Exception) -> bool:
    """Whether the token is in no error of the chain either, were it printed as a whole."""
    causes = [error, error.__cause__, error.__context__, *(error.__cause__.args if error.__cause__ else ())]
    return not any("bot1:x" in repr(each) for each in [*causes, "".join(traceback.format_exception(error))])


async def posted(request: AiohttpRequest, url: str, **parameters: str) -> tuple[int, bytes]:
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
        assert tokenless(raised.value)
        assert await posted(request, server.url) == (200, b"true")


async def test_what_broke_on_a_connection_used_before_is_not_sent_twice() -> None:
    async with answering(SHORT, b"", SHORT) as server, requesting() as request:
        await posted(request, server.url)
        with pytest.raises(NetworkError) as raised:
            await posted(request, server.url)
    assert isinstance(raised.value.__cause__, httpx.RemoteProtocolError)
    assert (len(server.requests), server.connections) == (2, 1)


@pytest.mark.parametrize("answer", [None, SHORT[:-2]])
async def test_an_answer_that_does_not_come_is_timed_out(answer: bytes | None) -> None:
    async with answering(answer, SHORT) as server, requesting(seconds=0.05) as request:
        with pytest.raises(TimedOut) as raised:
            await posted(request, server.url)
        assert isinstance(raised.value.__cause__, httpx.ReadTimeout)
        assert tokenless(raised.value)
        assert await posted(request, server.url) == (200, b"true")


async def test_one_requests_own_patience_goes_before_the_usual_one() -> None:
    async with answering(None) as server, requesting(seconds=60) as request:
        with pytest.raises(TimedOut) as raised:
            await request.do_request(server.url, "POST", data(), read_timeout=0.05)
    assert isinstance(raised.value.__cause__, httpx.ReadTimeout)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_what_the_server_does_not_take_is_a_write_timeout() -> None:
    given_up = asyncio.Event()

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await given_up.wait()
        writer.transport.abort()

    # More than the system holds for a server that doesn't read.
    parameters = data(results="x" * 16_000_000)
    async with listening(deaf) as url, requesting() as request:
        with pytest.raises(TimedOut) as raised:
            await request.do_request(url, "POST", parameters, write_timeout=0.05)
        given_up.set()
    assert isinstance(raised.value.__cause__, httpx.WriteTimeout)
    assert tokenless(raised.value)


async def test_nobody_listening_is_a_connect_error() -> None:
    async with answering() as server:
        pass
    async with requesting() as request:
        with pytest.raises(NetworkError) as raised:
            await posted(request, server.url)
    assert isinstance(raised.value.__cause__, httpx.ConnectError)
    assert tokenless(raised.value)


async def test_a_handshake_that_does_not_come_is_a_connect_timeout() -> None:
    async with answering(None) as server, requesting() as request:
        url = server.url.replace("http:", "https:")
        with pytest.raises(TimedOut) as raised:
            await request.do_request(url, "POST", data(), connect_timeout=0.05)
    assert isinstance(raised.value.__cause__, httpx.ConnectTimeout)
    assert tokenless(raised.value)


async def test_a_handshake_that_fails_is_a_connect_error() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(SHORT)

    async with listening(rude) as url, requesting() as request:
        with pytest.raises(NetworkError) as raised:
            await posted(request, url.replace("http:", "https:"))
    assert isinstance(raised.value.__cause__, httpx.ConnectError)
    assert tokenless(raised.value)


async def test_more_requests_than_connections_wait_and_then_give_up() -> None:
    async with answering(None, None) as server, requesting(connections=1, seconds=0.05) as request:
        found = await asyncio.gather(posted(request, server.url), posted(request, server.url), return_exceptions=True)
    causes = [type(error.__cause__) for error in found if isinstance(error, TimedOut)]
    # For aiohttp the wait for a connection is a part of connecting; both say that nothing was sent.
    assert causes == [httpx.ReadTimeout, httpx.ConnectTimeout]
    assert len(server.requests) == 1


async def test_a_request_that_is_given_up_leaves_its_place_to_the_next() -> None:
    async with answering(None, SHORT) as server, requesting(connections=1) as request:
        waiting = asyncio.create_task(posted(request, server.url))
        await eventually(lambda: bool(server.requests))
        waiting.cancel()
        assert await posted(request, server.url) == (200, b"true")


async def test_a_file_is_uploaded() -> None:
    async with answering(SHORT) as server, requesting() as request:
        document = RequestParameter.from_input("document", InputFile("欠款.csv 的内容", filename="a.csv"))
        chat = RequestParameter.from_input("chat_id", 5)
        assert await request.do_request(server.url, "POST", RequestData([chat, document])) == (200, b"true")
    [sent] = server.requests
    assert "multipart/form-data" in sent
    assert 'filename="a.csv"' in sent
    assert "欠款.csv 的内容" in sent


async def test_it_can_be_started_twice_and_again_after_its_end() -> None:
    async with answering(SHORT, SHORT) as server, requesting() as request:
        await request.initialize()
        assert await posted(request, server.url) == (200, b"true")
        await request.shutdown()
        await request.shutdown()
        with pytest.raises(RuntimeError):
            await posted(request, server.url)
        await request.initialize()
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

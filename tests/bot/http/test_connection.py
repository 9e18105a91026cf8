"""Connections that never finish, come in crowds or read nothing, on real sockets."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.http import connection
from bot.http import server as server_module
from bot.http.addresses import Crowds
from bot.http.connection import Census
from bot.http.server import Server, make_server, most_connections
from tests.waiting import eventually, steps

HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
UNFINISHED = b"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
"""A request that owes its body."""
LARGE = 16 * 1024 * 1024


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def large(_: Request) -> Response:
    return PlainTextResponse("x" * LARGE)


@asynccontextmanager
async def serving(census: Census | None = None) -> AsyncIterator[tuple[Server, int]]:
    """A server and its port."""
    app = Starlette(routes=[Route("/hello", hello, methods=["GET", "POST"]), Route("/large", large)])
    server = make_server(app, stop_seconds=1)
    if census is not None:
        server.config.census = census  # type: ignore[attr-defined]  # it is a ServerConfig
    listening = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield server, listening.getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def opened(port: int, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """All that still comes; the server closes, or the test runs into its time limit."""
    read = b""
    async with asyncio.timeout(30):
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65536):
                read += chunk
    return read


async def answer(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(b"hello"), 30)


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte again and again, as long as the other side takes it."""
    with contextlib.suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.01)  # this is what is tested: little at a time


@pytest.mark.parametrize(
    "sent", [b"", b"\r\n", b"GET /hello HTTP/1.1\r\nX-A: "], ids=["nothing", "a line", "half a head"]
)
async def test_a_head_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    async with serving() as (_, port):
        reader, writer = await opened(port, sent)
        dripping = asyncio.create_task(drip(writer)) if sent else None
        assert b"200" not in await until_closed(reader)
        writer.close()
        if dripping is not None:
            await dripping


async def test_after_an_answer_the_next_head_has_the_same_time_however_it_drips(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    async with serving() as (_, port):
        reader, writer = await opened(port, HELLO)
        await answer(reader)
        writer.write(HELLO)
        await answer(reader)
        writer.write(b"GET /hello HTTP/1.1\r\nX-A: ")
        dripping = asyncio.create_task(drip(writer))
        await until_closed(reader)
        writer.close()
        await dripping


async def test_a_body_that_nobody_reads_and_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.1)
    async with serving() as (_, port):
        reader, writer = await opened(port, b"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n")
        dripping = asyncio.create_task(drip(writer))
        assert b"hello" in await until_closed(reader)
        writer.close()
        await dripping


async def test_a_head_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 3600)  # it isn't the time that ends it
    async with serving() as (_, port):
        reader, writer = await opened(port, b"GET /hello HTTP/1.1\r\nX-A: " + b"a" * (connection.MAX_HEAD_BYTES + 1))
        assert await until_closed(reader) == b""
        writer.close()


async def test_a_head_of_just_that_size_is_read_and_so_is_the_next() -> None:
    async with serving() as (_, port):
        reader, writer = await opened(port)
        for _ in range(2):
            writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\nX-A: ".ljust(connection.MAX_HEAD_BYTES, b"a"))
            await steps(20)
            writer.write(b"\r\n\r\n")
            await answer(reader)
        writer.close()


async def test_whoever_reads_nothing_of_an_answer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WRITE_SECONDS", 0.1)
    async with serving() as (server, port):
        with socket.create_connection(("127.0.0.1", port)) as silent:
            silent.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            await eventually(lambda: bool(server.server_state.connections))
            await eventually(lambda: not server.server_state.connections)


async def test_whoever_reads_on_is_not_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WRITE_SECONDS", 0)
    async with serving() as (server, port):
        reader, writer = await opened(port, HELLO)
        await answer(reader)
        [connected] = server.server_state.connections
        connected.pause_writing()
        connected.resume_writing()
        writer.write(HELLO)
        await answer(reader)
        writer.close()


async def test_whoever_goes_in_the_midst_of_a_request_gives_the_place_back() -> None:
    async with serving(Census(most=1, most_per_address=100)) as (server, port):
        for _ in range(2):
            reader, writer = await opened(port, UNFINISHED)
            await answer(reader)
            writer.close()
            await eventually(lambda: not server.server_state.connections)


async def test_whoever_is_turned_away_gives_back_no_place_of_others() -> None:
    async with serving(Census(most=1, most_per_address=100)) as (_, port):
        reader, busy = await opened(port, UNFINISHED)
        await answer(reader)
        for _ in range(2):
            refused, writer = await opened(port)
            with contextlib.suppress(ConnectionError):
                writer.write(HELLO)
                await writer.drain()
            assert await until_closed(refused) == b""
            writer.close()
        busy.close()


async def test_where_all_places_are_taken_the_longest_idle_one_makes_room() -> None:
    async with serving(Census(most=3, most_per_address=100)) as (_, port):
        idle = [await opened(port, b"GET /hel") for _ in range(3)]
        reader, writer = await opened(port, HELLO)
        await answer(reader)
        assert await until_closed(idle[0][0]) == b""
        idle[2][1].write(b"lo HTTP/1.1\r\nHost: x\r\n\r\n")
        await answer(idle[2][0])
        for _, each in (*idle, (reader, writer)):
            each.close()


def test_one_address_has_its_share_and_a_listed_proxy_or_this_machine_none() -> None:
    census = Census(most=10, most_per_address=2, crowds=Crowds(["198.51.100.0/24"]))
    assert [census.enter("203.0.113.5") for _ in range(3)] == [True, True, False]
    assert census.enter("203.0.113.6")
    assert all(census.enter("198.51.100.7") for _ in range(3))
    assert all(census.enter("127.0.0.1") for _ in range(3))
    census.leave("203.0.113.5")
    assert census.enter("203.0.113.5")
    assert census.enter("203.0.113.7")
    assert not census.enter("203.0.113.8")  # all ten places are taken, and nobody is idle


async def test_out_of_descriptors_is_told_once_and_the_server_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    told = server_module._AcceptErrors()
    loop = asyncio.get_running_loop()
    for _ in range(1000):
        told(
            loop, {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many open files")}
        )
    assert sum("out_of_descriptors" in str(record.msg) for record in caplog.records) <= 1


def test_there_are_fewer_connections_than_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
        assert 0 < most_connections() < resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

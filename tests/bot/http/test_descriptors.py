"""`youshu serve` with few descriptors and many who connect and say nothing."""

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.fakes.botapi import PLAIN
from tests.faqs import intent, write_faq
from tests.processes import Service, command, environment, free_port

DESCRIPTORS = 128
CROWD = 300


@pytest.mark.proof
async def test_a_crowd_that_says_nothing_stops_nobody_and_fills_no_log(tmp_path: Path) -> None:
    write_faq(tmp_path, [intent("home_visit", ["催收会上门吗"])])
    port = free_port()
    limited = ["bash", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "serve", *command("serve", "--port", str(port))]
    process = await asyncio.create_subprocess_exec(
        *limited,
        env=environment(tmp_path, {}),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    service = Service(process, f"http://127.0.0.1:{port}")
    while b"ready" not in (line := await process.stdout.readline()):
        assert line, "it ended before it was ready"
    with ExitStack() as crowd:
        for _ in range(CROWD):
            silent = crowd.enter_context(socket.socket())
            silent.settimeout(0)
            silent.connect_ex(("127.0.0.1", port))
        for number in range(5):
            # Every one a connection of its own: somebody who comes while all places are taken.
            answer = await service.say(f"s{number}", "催收会上门吗")
            assert answer["intent"] == "home_visit"
    async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as client:
        assert (await client.get(f"{service.url}/healthz")).status_code == 200
    process.terminate()
    written = await process.stdout.read()
    assert await process.wait() == 0
    assert len(written.splitlines()) < 10, written.decode()

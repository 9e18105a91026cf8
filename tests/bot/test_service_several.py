"""Two `youshu serve` on one PostgreSQL and one Redis: one talk, one limit, one sweep."""

from pathlib import Path

import httpx
import pytest

from bot.talk.rate_limit import PER_MINUTE
from tests.databases import Cluster
from tests.fakes.botapi import PLAIN
from tests.faqs import intent, write_faq
from tests.processes import Service, free_port, running
from tests.redis_server import redis_server


async def flood(service: Service, number: int) -> list[int]:
    """The status of so many messages of one person."""
    async with httpx.AsyncClient(base_url=service.url, trust_env=False, verify=PLAIN, timeout=30) as client:
        body = {"session": "flood", "text": "催收会上门吗"}
        return [(await client.post("/api/messages", json=body)).status_code for _ in range(number)]


async def ready(service: Service) -> dict[str, object]:
    """What `/readyz` says."""
    async with httpx.AsyncClient(base_url=service.url, trust_env=False, timeout=30) as client:
        return dict((await client.get("/readyz")).json())


@pytest.mark.proof
async def test_two_services_share_talk_limit_and_sweep_and_end_well(tmp_path: Path, cluster: Cluster) -> None:
    write_faq(
        tmp_path,
        [intent("home_visit", ["催收会上门吗", "会不会来我家"]), intent("lawsuit", ["会被起诉吗", "法院传票"])],
    )
    with cluster.database() as url:
        async with redis_server() as redis:
            settings = {"DATABASE_URL": url, "REDIS_URL": redis.url, "REPLICAS": "2"}
            async with (
                running(tmp_path, free_port(), **settings) as one,
                running(tmp_path, free_port(), **settings) as other,
            ):
                assert (await one.say("王", "催收会上门吗"))["intent"] == "home_visit"
                assert (await other.say("王", "那我有什么权利"))["intent"] == "home_visit"
                assert await flood(one, PER_MINUTE - 1) == [200] * (PER_MINUTE - 1)
                assert (await ready(one))["limits"] == "ok"
                # One more, the word that it is too fast, and silence, wherever it is said.
                assert await flood(other, 3) == [200, 200, 429]
                assert await flood(one, 1) == [429]
                await redis.kill()
                # Each counts for itself now, which is a reason to look at and none to be taken out of service.
                assert (await ready(one))["status"] == "ready"
                assert (await ready(one))["why"] == ["limits: ConnectionError"]
                assert [await one.stop(), await other.stop()] == [0, 0]
    logs = one.log + other.log
    assert logs.count("swept") == 1
    assert "Traceback" not in logs
    assert "jobs_away" not in logs

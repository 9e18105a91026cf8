"""`youshu serve` killed over and over while people write: no answer comes twice, and a kill costs a chat one at most."""

from pathlib import Path

import pytest

from tests.killing import Load, kill_again_and_again, missing

KILLS = 5


@pytest.mark.proof
@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_five_kills_double_nothing_and_cost_each_chat_one_answer_at_most(tmp_path: Path, way: str) -> None:
    load = Load(KILLS, chats=10, every=2.0, uptime=(0.5, 2.0), webhook=way == "webhook")
    found = await kill_again_and_again(tmp_path, load)
    assert found.asked > KILLS * load.chats / 2
    assert not found.doubled
    assert not found.strange
    assert max(found.lost) <= KILLS


@pytest.mark.proof
async def test_kills_cost_no_more_where_more_waits_than_telegram_shows_at_a_time(tmp_path: Path) -> None:
    load = Load(2, chats=25, every=0.6, uptime=(2.0, 3.0), away=1.0)
    found = await kill_again_and_again(tmp_path, load)
    assert found.spooled
    assert not found.doubled
    assert not found.strange
    assert max(found.lost) <= load.kills


def test_what_is_counted_as_lost_and_as_doubled() -> None:
    assert missing(["jail", "job", "fees"], ["jail", "fees"]) == (1, 0)
    assert missing(["jail", "job", "fees"], ["jail", "jail", "job", "fees"]) == (0, 1)

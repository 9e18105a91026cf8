"""docs/reliability.md is true: every promise names tests that are there, and a figure; what is waited for goes by a monotonic clock."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "reliability.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| 出什么事")
]
"""What happens, what is promised, the tests, the figure."""
SOURCES = [path.read_text("utf-8") for path in ROOT.glob("tests/**/test_*.py")]
TESTS = {name for source in SOURCES for name in re.findall(r"^(?:async )?def (test_\w+)", source, re.MULTILINE)}
PROOFS = {
    name
    for source in SOURCES
    for name in re.findall(
        r"^@pytest\.mark\.proof\n(?:@[^\n]*\n(?:[ )\]][^\n]*\n)*)*(?:async )?def (test_\w+)", source, re.MULTILINE
    )
}
WALL_CLOCKS = {
    "bot/channels/telegram/queued_update.py",
    "bot/channels/telegram/spool.py",
    "bot/channels/telegram/update_queue.py",
    "bot/channels/wechat/intake.py",
    "bot/channels/wechat/quota.py",
    "bot/channels/wechat/waiting.py",
    "bot/channels/wechat/webhook.py",
    "bot/channels/wecom/handlers.py",
    "bot/channels/wecom/intake.py",
    "bot/channels/wecom/quota.py",
    "bot/channels/wecom/syncing.py",
    "bot/channels/wecom/waiting.py",
    "bot/commands/doctor_channels.py",
    "bot/operators/handoff.py",
    "bot/store/store.py",
}
"""Modules whose moments are kept over a restart, or compared with a vendor's."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_promise_names_tests_that_are_there_and_a_figure(row: list[str]) -> None:
    _, promise, tests, figure = row
    named = re.findall(r"(△?)`(test_\w+)`", tests)
    assert promise
    assert named
    assert {name for _, name in named} - TESTS == set()
    assert {name for mark, name in named if mark} == {name for _, name in named} & PROOFS
    assert re.search(r"\d", figure)


def test_what_is_waited_for_goes_by_a_clock_that_nobody_sets() -> None:
    reading = re.compile(r"\btime\.time\b|^from time import .*\btime\b", re.MULTILINE)
    found = {
        str(path.relative_to(ROOT)) for path in ROOT.glob("bot/**/*.py") if reading.search(path.read_text("utf-8"))
    }
    assert found == WALL_CLOCKS

"""Each row of the threat model names tests that there are."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODEL = (ROOT / "docs/security.md").read_text("utf-8")
_HELD = MODEL.partition("## What is done")[2].partition("\n## ")[0]
ROWS = [line for line in _HELD.splitlines() if line.startswith("| ") and "::" in line]
SUBJECTS = (
    *("Telegram", "WeChat, plain", "WeChat, AES", "WeCom", "replay", "oversize", "slow", "XML bomb", "XSS on the page"),
    *("XSS in the report", "CSRF", "log injection", "callback data", "session guessing", "admin commands"),
    *("path traversal", "template injection", "ReDoS", "/readyz", "/metrics"),
)


def named(row: str) -> list[str]:
    return re.findall(r"`(tests/[^`]+)`", row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_row_is_held_by_tests_that_there_are(row: str) -> None:
    assert named(row)
    for test in named(row):
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in there, test


def test_no_row_is_without_a_test() -> None:
    table = [line for line in _HELD.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert table == ROWS


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_attack_that_was_asked_for_has_a_row(subject: str) -> None:
    assert any(subject in row.split("|")[1] for row in ROWS)

"""`youshu crisis`: what a reviewer reads."""

from pathlib import Path

import pytest

from tests.terminal import OperatorTerminal


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def test_every_path_is_printed_in_readable_chinese(youshu: OperatorTerminal) -> None:
    done = youshu("crisis", "--talk")
    assert done.code == 0
    assert "1. 本人，已经伤到身体" in done.out
    assert "听到“身边没有人”（例：" in done.out
    assert "→ 过去了：安全了，有人在" in done.out
    assert "None" not in done.out
    assert "own_" not in done.out


def test_a_good_script_is_silent(youshu: OperatorTerminal) -> None:
    assert youshu("crisis") == (0, "", "")

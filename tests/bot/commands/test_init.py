"""`youshu init`: the shipped FAQ laid into a folder, whole or not at all, and never over something."""

from pathlib import Path

import pytest

from bot.commands.starter import CONTENT
from intents.load import load_faq
from tests.disks import fill, small_disk
from tests.talking import SHIPPED_FAQ
from tests.terminal import OperatorTerminal


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def test_the_copy_is_the_shipped_faq_and_checks_clean(youshu: OperatorTerminal) -> None:
    assert youshu("init").code == 0
    assert load_faq(youshu.faq) == load_faq(SHIPPED_FAQ)
    assert {path.name for path in youshu.folder.iterdir()} == {*CONTENT}


def test_a_folder_may_be_named_and_is_made(youshu: OperatorTerminal) -> None:
    assert "先 cd 我的/机器人" in youshu("init", "我的/机器人").out
    assert (youshu.folder / "我的" / "机器人" / "questions" / "crisis.txt").is_file()


@pytest.mark.parametrize("name", CONTENT)
def test_nothing_that_is_there_is_overwritten_and_nothing_is_laid_beside_it(
    youshu: OperatorTerminal, name: str
) -> None:
    (youshu.folder / name).write_text("我的", encoding="utf-8")
    done = youshu("init")
    assert (done.code, done.out) == (1, "")
    assert f"里已经有 {name}，什么也没写" in done.err
    assert [path.name for path in youshu.folder.iterdir()] == [name]
    assert (youshu.folder / name).read_text("utf-8") == "我的"


def test_on_a_full_disk_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk") as folder:
        filler = fill(folder)
        youshu = OperatorTerminal(folder, monkeypatch, capsys)
        done = youshu("init")
        assert (done.code, "磁盘满了" in done.err) == (1, True)
        assert [path.name for path in folder.iterdir()] == [filler.name]

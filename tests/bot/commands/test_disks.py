"""The operator's commands on a disk that is full or only lets itself be read: nothing half, and the cause is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disks import fill, remount, small_disk
from tests.faqs import faq_text, intent, write_faq
from tests.terminal import OperatorTerminal

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"], title="上门催收")
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"], title="被起诉")
PADDING = "# 占地方\n" * 20_000
"""With it the file takes a fourth of the disk."""
FULL = "磁盘满了"


@pytest.fixture
def youshu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[OperatorTerminal]:
    with small_disk(tmp_path / "disk") as folder:
        (folder / "faq.yaml").write_text(faq_text([HOME_VISIT, LAWSUIT]) + PADDING, encoding="utf-8")
        yield OperatorTerminal(folder, monkeypatch, capsys)


def test_taught_until_the_disk_is_full_then_undone_is_as_it_was_before_the_last_lesson(
    youshu: OperatorTerminal,
) -> None:
    versions = [youshu.faq.read_bytes()]
    for number, question in enumerate(("蓝色信封要不要拆开看", "外访的车停在楼下了", "他们说今晚带人到老家坐坐")):
        done = youshu("teach", ("lawsuit", "home_visit")[number % 2], question)
        if done.code:
            break
        versions.append(youshu.faq.read_bytes())
    assert done.code == 1, "the disk never filled"
    assert FULL in done.err
    assert "权限" not in done.err
    assert youshu.faq.read_bytes() == versions[-1]
    left = [each for each in youshu.folder.iterdir() if each.name.startswith(".faq.yaml.")]
    assert [each.name for each in left] == [".faq.yaml.lock"]
    kept = youshu("undo", "--list").out.splitlines()
    assert [(youshu.folder / name).read_bytes() for name in kept] == versions[-2::-1]
    undone = youshu("undo")
    assert (undone.code, FULL in undone.err) == (1, True)
    assert youshu.faq.read_bytes() == versions[-1]
    remount(youshu.folder, "size=3m")
    assert youshu("undo").code == 0
    assert youshu.faq.read_bytes() == versions[-2]


def test_on_a_full_disk_the_report_blames_the_disk(youshu: OperatorTerminal) -> None:
    assert youshu("report").code == 0
    fill(youshu.folder)
    done = youshu("report")
    assert done.code == 1
    assert done.err == "数据库写不进去（磁盘满了）；请先腾出空间，再试一次\n"


def test_on_a_disk_that_only_lets_itself_be_read_each_command_says_so(youshu: OperatorTerminal) -> None:
    remount(youshu.folder, "ro")
    for command in (
        ("teach", "lawsuit", "蓝色信封要不要拆开看"),
        ("new", "moving_away", "--group", "support", "--title", "搬家"),
    ):
        done = youshu(*command)
        assert done.code == 1
        assert "那里只能读" in done.err
        assert "权限" not in done.err
    assert "能不能写" in youshu("report").err


@pytest.fixture
def anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("what", ["/etc/hostname", "faq.yaml", "nowhere.bak"])
def test_undo_takes_nothing_but_a_backup_of_this_file(anywhere: OperatorTerminal, what: str) -> None:
    anywhere("teach", "lawsuit", "蓝色信封要不要拆开看")
    before = anywhere.faq.read_bytes()
    done = anywhere("undo", what)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert anywhere.faq.read_bytes() == before


@pytest.mark.parametrize("content", [b"version: 1\nintents:\n  - id: home_vi", b"host-1\n", b"\xff\xfeh\x00", None])
def test_undo_takes_no_backup_that_does_not_load(anywhere: OperatorTerminal, content: bytes | None) -> None:
    anywhere("teach", "lawsuit", "蓝色信封要不要拆开看")
    before = anywhere.faq.read_bytes()
    backup = anywhere.folder / anywhere("undo", "--list").out.strip()
    whole = backup.read_bytes()
    backup.write_bytes(whole[: len(whole) // 2] if content is None else content)
    done = anywhere("undo")
    assert done.code == 1
    assert "没有退回" in done.err
    assert len(done.err.splitlines()) == 1
    assert anywhere.faq.read_bytes() == before


def test_a_topic_half_filled_in_comes_back_when_it_is_wanted(anywhere: OperatorTerminal) -> None:
    anywhere("new", "moving_away", "--group", "support", "--title", "搬家")
    half = anywhere.faq.read_bytes()
    assert anywhere("undo").code == 0
    assert "--force" in anywhere("undo").err
    assert anywhere("undo", "--force").code == 0
    assert anywhere.faq.read_bytes() == half


def test_undo_brings_back_a_file_that_is_gone(anywhere: OperatorTerminal) -> None:
    before = anywhere.faq.read_bytes()
    anywhere("teach", "lawsuit", "蓝色信封要不要拆开看")
    anywhere.faq.unlink()
    done = anywhere("undo")
    assert (done.code, done.err) == (0, "")
    assert anywhere.faq.read_bytes() == before


def test_a_file_that_is_gone_is_named_by_teach_and_nothing_is_made(anywhere: OperatorTerminal) -> None:
    anywhere.faq.unlink()
    done = anywhere("teach", "lawsuit", "蓝色信封要不要拆开看")
    assert (done.code, "找不到" in done.err) == (1, True)
    assert not [each for each in anywhere.folder.iterdir() if each.name != ".faq.yaml.lock"]

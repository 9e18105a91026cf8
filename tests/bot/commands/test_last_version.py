"""`youshu check` beside the last good version: a backup, or what git has."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.faqs import intent, write_faq
from tests.terminal import OperatorTerminal

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"], title="上门催收")
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"], title="被起诉")
OUTSIDE = {"questions": ["花呗怎么开通"]}
FAR = "蓝色信封要不要拆开看"


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT], out_of_scope=OUTSIDE)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def commit(folder: Path) -> None:
    for arguments in (
        ("init", "-q"),
        ("add", "faq.yaml"),
        ("-c", "user.name=a", "-c", "user.email=a@b.cn", "commit", "-qm", "content"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def losses(youshu: OperatorTerminal) -> list[str]:
    return [line for line in youshu("check").out.splitlines() if "W-SHRUNK" in line]


def test_without_an_earlier_version_nothing_is_said_to_be_lost(youshu: OperatorTerminal) -> None:
    assert losses(youshu) == []


def test_a_section_deleted_after_a_lesson_is_told_beside_the_backup(youshu: OperatorTerminal) -> None:
    youshu("teach", "--force", "lawsuit", FAR)
    assert losses(youshu) == []
    write_faq(youshu.folder, [HOME_VISIT, LAWSUIT])
    (line,) = losses(youshu)
    assert "out_of_scope 里的问法全没了" in line
    assert "和备份 faq.yaml." in line
    assert youshu("check").code == 0
    assert youshu("check", "--strict").code == 1


def test_a_topic_deleted_after_a_commit_is_told_beside_git(youshu: OperatorTerminal) -> None:
    commit(youshu.folder)
    assert losses(youshu) == []
    write_faq(youshu.folder, [HOME_VISIT], out_of_scope=OUTSIDE)
    (line,) = losses(youshu)
    assert "“被起诉”（lawsuit）" in line
    assert "上次提交到 git" in line


def test_what_is_deleted_on_purpose_is_told_until_it_is_committed(youshu: OperatorTerminal) -> None:
    youshu("teach", "--force", "lawsuit", FAR)
    write_faq(youshu.folder, [HOME_VISIT], out_of_scope=OUTSIDE)
    assert losses(youshu)
    commit(youshu.folder)
    assert losses(youshu) == []


def test_a_backup_that_cannot_be_read_is_no_version_to_compare_with(youshu: OperatorTerminal) -> None:
    youshu("teach", "--force", "lawsuit", FAR)
    (youshu.folder / youshu("undo", "--list").out.strip()).write_bytes(b"\xff\xfe")
    write_faq(youshu.folder, [HOME_VISIT])
    assert losses(youshu) == []

"""Replacing faq.yaml: one writer at a time, backups, mode and links kept, never half a file."""

import threading
from pathlib import Path

import pytest

from intents.faq.rewrite import KEPT_BACKUPS, RewriteError, backups, exclusive_writer, replace, restore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "faq.yaml"
    file.write_bytes(b"one\r\n")
    return file


def test_the_file_says_the_new_and_the_backup_the_old(path: Path) -> None:
    backup = replace(path, b"one\r\n", b"two\n")
    assert path.read_bytes() == b"two\n"
    assert backup.read_bytes() == b"one\r\n"
    assert backup.parent == path.parent


def test_mode_and_link_stay(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "elsewhere" / "faq.yaml"
    link.parent.mkdir()
    link.symlink_to(path)
    with exclusive_writer(link) as target:
        replace(target, b"one\r\n", b"two\n")
    assert link.is_symlink()
    assert path.read_bytes() == b"two\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_an_editor_saved_meanwhile_is_not_overwritten(path: Path) -> None:
    path.write_bytes(b"saved in an editor")
    with pytest.raises(RewriteError, match="刚刚被别人改过"):
        replace(path, b"one\r\n", b"two\n")
    assert path.read_bytes() == b"saved in an editor"
    assert not [left for left in path.parent.iterdir() if left.name.startswith(".faq.yaml.") and left.suffix != ".lock"]


def test_only_the_latest_backups_are_kept(path: Path) -> None:
    for number in range(KEPT_BACKUPS + 3):
        replace(path, path.read_bytes(), f"version {number}".encode())
    kept = [backup.read_bytes() for backup in backups(path)]
    assert len(kept) == KEPT_BACKUPS
    assert kept[0] == f"version {KEPT_BACKUPS + 1}".encode()


def test_restore_goes_back_and_restoring_again_goes_forth(path: Path) -> None:
    replace(path, b"one\r\n", b"two\n")
    restore(path)
    assert path.read_bytes() == b"one\r\n"
    restore(path)
    assert path.read_bytes() == b"two\n"


def test_a_named_backup_is_restored(path: Path) -> None:
    first = replace(path, b"one\r\n", b"two\n")
    replace(path, b"two\n", b"three\n")
    restore(path, first)
    assert path.read_bytes() == b"one\r\n"


def test_restoring_without_a_backup_or_from_none_is_refused_in_one_line(path: Path) -> None:
    with pytest.raises(RewriteError, match="还没有备份"):
        restore(path)
    with pytest.raises(RewriteError, match="打不开"):
        restore(path, path.with_name("nowhere.bak"))
    assert path.read_bytes() == b"one\r\n"


def test_the_second_writer_waits_for_the_first(path: Path) -> None:
    inside, order = threading.Event(), []

    def second() -> None:
        inside.wait()
        with exclusive_writer(path):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with exclusive_writer(path):
        inside.set()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_folder_that_takes_no_writes_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(RewriteError, match="写权限"), exclusive_writer(tmp_path / "nowhere" / "faq.yaml"):
        raise AssertionError

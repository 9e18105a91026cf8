"""Replacing faq.yaml: one writer at a time, backups, mode and links kept, never half a file."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from intents.faq import rewrite
from intents.faq.backups import KEPT_BACKUPS
from intents.faq.files import FAQFiles, read_files
from intents.faq.rewrite import Restored, RewriteError, backups, exclusive_writer, restore
from tests.disks import fill, remount, small_disk


def replace(path: Path, before: bytes, after: bytes) -> Path:
    """A FAQ of one file gets another content."""
    return rewrite.replace(FAQFiles(path, before, {}), {"": after})


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
    with pytest.raises(RewriteError, match="找不到文件夹"), exclusive_writer(tmp_path / "nowhere" / "faq.yaml"):
        raise AssertionError


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def on_disk(folder: Path) -> dict[str, int]:
    """What lies there and how long it is."""
    return {file.name: file.stat().st_size for file in folder.iterdir()}


@pytest.mark.parametrize("free", [0, 1, 300, 399, 600, 799], ids=lambda kilobytes: f"{kilobytes} kB free")
def test_a_full_disk_is_named_and_nothing_is_left_on_it(disk: Path, free: int) -> None:
    path = disk / "faq.yaml"
    path.write_bytes(b"a" * 200_000)
    (disk / ".faq.yaml.lock").touch()
    filler = fill(disk)
    os.truncate(filler, filler.stat().st_size - free * 1024)
    before = on_disk(disk)
    with pytest.raises(RewriteError, match=r"写不进去（磁盘满了）；请先腾出空间"), exclusive_writer(path) as target:
        replace(target, path.read_bytes(), b"b" * 700_000)
    assert on_disk(disk) == before
    assert path.read_bytes() == b"a" * 200_000


def test_after_a_full_disk_restore_goes_back_to_the_last_whole_file(disk: Path) -> None:
    path = disk / "faq.yaml"
    path.write_bytes(b"a" * 300_000)
    replace(path, path.read_bytes(), b"b" * 300_000)
    with pytest.raises(RewriteError, match="磁盘满了"):
        replace(path, path.read_bytes(), b"c" * 300_000)
    remount(disk, "size=2m")
    restore(path)
    assert path.read_bytes() == b"a" * 300_000


def test_a_disk_that_can_only_be_read_is_named_and_not_the_permissions(disk: Path) -> None:
    path = disk / "faq.yaml"
    path.write_bytes(b"one")
    remount(disk, "ro")
    with pytest.raises(RewriteError, match="那里只能读") as error, exclusive_writer(path):
        raise AssertionError
    assert "权限" not in str(error.value)
    assert on_disk(disk) == {"faq.yaml": 3}


def test_a_folder_that_may_not_be_written_is_said_so(path: Path) -> None:
    path.parent.chmod(0o555)
    try:
        if os.access(path.parent, os.W_OK):
            pytest.skip("root may write anywhere")
        with pytest.raises(RewriteError, match=r"没有权限.*写权限"), exclusive_writer(path):
            raise AssertionError
        assert on_disk(path.parent) == {"faq.yaml": 5}
    finally:
        path.parent.chmod(0o755)


def test_what_failed_writes_of_old_left_is_no_backup(path: Path) -> None:
    good = replace(path, b"one\r\n", b"two\n")
    for stray in ("faq.yaml.20991231-235959-000000.bak", ".faq.yaml.k3x9", "faq.yaml.zz.bak", "faq.yaml.old.bak"):
        path.with_name(stray).touch()
    path.with_name("faq.yaml.mine.bak").write_bytes(b"a copy by hand")
    assert backups(path) == [good]
    restore(path)
    assert path.read_bytes() == b"one\r\n"


def test_going_back_and_forth_pushes_no_backup_out(path: Path) -> None:
    for number in range(KEPT_BACKUPS - 1):
        replace(path, path.read_bytes(), f"version {number}".encode())
    for _ in range(2 * KEPT_BACKUPS):
        restore(path)
    assert backups(path)[-1].read_bytes() == b"one\r\n"
    assert len(backups(path)) <= KEPT_BACKUPS


def test_a_file_that_is_gone_is_there_again(path: Path) -> None:
    path.chmod(0o640)
    backup = replace(path, b"one\r\n", b"two\n")
    path.unlink()
    assert restore(path) == Restored(backup, None)
    assert path.read_bytes() == b"one\r\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_is_no_backup_of_this_file_is_not_put_in_its_place(path: Path, tmp_path: Path) -> None:
    replace(path, b"one\r\n", b"two\n")
    other = tmp_path / "other.yaml"
    other.write_bytes(b"other")
    theirs = replace(other, b"other", b"other still")
    for named in (Path("/etc/hostname"), other, theirs, path):
        with pytest.raises(RewriteError, match=r"不是 faq\.yaml 的备份"):
            restore(path, named)
    assert path.read_bytes() == b"two\n"


def test_a_backup_is_found_by_its_name_from_any_folder(path: Path) -> None:
    first = replace(path, b"one\r\n", b"two\n")
    assert restore(path, Path(first.name)).source == first
    assert path.read_bytes() == b"one\r\n"


@pytest.fixture
def several(path: Path) -> Path:
    folder = path.parent / "questions"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"a one\n")
    (folder / "b.txt").write_bytes(b"b one\n")
    return path


def contents(path: Path) -> dict[str, bytes]:
    files = read_files(path)
    return {"": files.main, **files.questions}


def test_several_files_are_replaced_made_and_deleted_at_once_and_undone_at_once(several: Path) -> None:
    before = contents(several)
    after = {"": b"two\n", "a.txt": b"a two\n", "c.txt": b"c\n"}
    backup = rewrite.replace(read_files(several), {**after, "b.txt": None})
    assert contents(several) == after
    assert contents(backup) == before
    assert {file.name for file in several.parent.iterdir()} == {"faq.yaml", "questions", backup.name}
    assert restore(several).files == 4
    assert contents(several) == before
    restore(several)
    assert contents(several) == after


def test_an_editor_that_saved_any_of_the_files_is_not_overwritten(several: Path) -> None:
    read = read_files(several)
    (several.parent / "questions" / "b.txt").write_bytes(b"saved in an editor")
    with pytest.raises(RewriteError, match="刚刚被别人改过"):
        rewrite.replace(read, {"a.txt": b"a two\n"})
    assert contents(several) == {"": b"one\r\n", "a.txt": b"a one\n", "b.txt": b"saved in an editor"}


@pytest.fixture
def mounted(several: Path) -> Iterator[Path]:
    """A FAQ one of whose files is a mount of its own, as Docker mounts a single file: nothing can take its place."""
    file = several.parent / "questions" / "b.txt"
    done = subprocess.run(["mount", "--bind", file, file], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("may not mount here")
    yield several
    subprocess.run(["umount", file], check=True)


def test_when_a_later_file_cannot_be_replaced_the_earlier_ones_are_put_back(mounted: Path) -> None:
    before = contents(mounted)
    with pytest.raises(RewriteError, match="写不进去"):
        rewrite.replace(
            read_files(mounted), {"": b"two\n", "a.txt": b"a two\n", "aa.txt": b"aa\n", "b.txt": b"b two\n"}
        )
    assert contents(mounted) == before
    assert {file.name for file in mounted.parent.rglob("*")} == {"faq.yaml", "questions", "a.txt", "b.txt"}


def test_a_faq_that_is_gone_comes_back_and_newer_questions_stay(several: Path) -> None:
    rewrite.replace(read_files(several), {"": b"two\n", "a.txt": None})
    several.unlink()
    (several.parent / "questions" / "b.txt").write_bytes(b"b newer\n")
    restore(several)
    assert contents(several) == {"": b"one\r\n", "a.txt": b"a one\n", "b.txt": b"b newer\n"}


def test_old_folders_of_backups_are_deleted_too(several: Path) -> None:
    for number in range(KEPT_BACKUPS + 3):
        rewrite.replace(read_files(several), {"a.txt": f"a {number}".encode()})
    assert len(backups(several)) == KEPT_BACKUPS
    assert contents(backups(several)[0])["a.txt"] == f"a {KEPT_BACKUPS + 1}".encode()


def test_a_faq_is_written_and_put_back_by_its_folder_too(several: Path) -> None:
    with exclusive_writer(several.parent) as target:
        assert target == several.resolve()
    before = contents(several)
    rewrite.replace(read_files(several.parent), {"a.txt": b"a two\n"})
    restore(several.parent)
    assert contents(several) == before


def test_in_between_a_reader_finds_a_question_twice_rather_than_nowhere(several: Path) -> None:
    changes = {"": b"two\n", "b.txt": None, "c.txt": b"c\n", "a.txt": b"a two\n"}
    with contextlib.ExitStack() as cleanup:
        steps = rewrite._prepared(read_files(several), changes, cleanup)
        assert [step.path.name for step in steps] == ["a.txt", "c.txt", "faq.yaml", "b.txt"]
        assert [step.new is None for step in steps] == [False, False, False, True]
        assert [step.old.read_bytes() if step.old else None for step in steps] == [b"a one\n", None, b"one\r\n", None]
    assert contents(several) == {"": b"one\r\n", "a.txt": b"a one\n", "b.txt": b"b one\n"}
    assert {file.name for file in several.parent.rglob("*")} == {"faq.yaml", "questions", "a.txt", "b.txt"}


def test_restoring_what_is_there_already_is_one_file(path: Path) -> None:
    replace(path, b"one\r\n", b"one\r\n")
    assert restore(path).files == 1
    assert path.read_bytes() == b"one\r\n"

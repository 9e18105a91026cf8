"""Which files a FAQ is made of, whichever of them is named, and what tells one version from another."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from intents.faq.backups import (
    KEPT_BACKUPS,
    RewriteError,
    backup_path,
    backup_time,
    backups,
    choose_backup,
    delete_backup,
)
from intents.faq.files import FAQFiles, has_questions_folder, main_file, question_paths, read_files, told

MAIN = Path("faq.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A FAQ with two texts, and what editors and systems leave beside them."""
    (tmp_path / "faq.yaml").write_bytes(b"main")
    questions = tmp_path / "questions"
    questions.mkdir()
    for name in (
        "b.txt",
        "a.TXT",
        "notes.md",
        ".hidden.txt",
        "~$a.txt",
        "#a.txt#",
        "a.txt~",
        ".a.txt.swp",
        "b.txt.bak",
    ):
        (questions / name).write_bytes(name.encode())
    for ending in ("tmp", "orig", "rej", "crdownload", "swp"):
        (questions / f"c.txt.{ending}").touch()
    return tmp_path


# --- which files ----------------------------------------------------------------------------------------------------


def test_texts_are_read_in_order_and_what_programs_leave_is_not_even_told(folder: Path) -> None:
    files = read_files(folder / "faq.yaml")
    assert [*files.questions] == ["a.TXT", "b.txt"]
    assert files.unread == ("notes.md",)
    assert [path.name for path in question_paths(folder / "faq.yaml")] == ["a.TXT", "b.txt"]
    assert files.texts() == ("main", {"questions/a.TXT": "a.TXT", "questions/b.txt": "b.txt"})
    assert (files.file_of("b"), files.file_of("c")) == ("b.txt", None)
    assert (files.path_of(""), files.path_of("b.txt")) == (folder / "faq.yaml", folder / "questions" / "b.txt")


def test_the_faq_is_meant_by_its_folder_and_by_each_of_its_texts(folder: Path) -> None:
    for named in (folder, folder / "faq.yaml", folder / "questions" / "b.txt", folder / "questions" / "A.TXT"):
        assert main_file(named) == folder / "faq.yaml"
    elsewhere = folder / "b.txt"
    assert main_file(elsewhere) == elsewhere


def test_a_folder_with_one_file_of_another_name_is_that_file_and_with_two_neither(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").touch()
    assert main_file(tmp_path) == tmp_path / "mine.yml"
    (tmp_path / "other.yaml").touch()
    assert main_file(tmp_path) == tmp_path
    (tmp_path / "faq.yaml").touch()
    assert main_file(tmp_path) == tmp_path / "faq.yaml"


def test_a_backup_of_one_file_holds_everything_itself(folder: Path) -> None:
    backup = folder / "faq.yaml.20261130-120000-000000.bak"
    backup.write_bytes(b"old")
    assert not has_questions_folder(backup)
    assert read_files(backup).questions == {}
    assert question_paths(backup) == []


def test_behind_a_link_the_texts_are_those_beside_it_or_else_those_beside_the_file(
    folder: Path, tmp_path: Path
) -> None:
    link = tmp_path / "elsewhere" / "faq.yaml"
    link.parent.mkdir()
    link.symlink_to(folder / "faq.yaml")
    assert [*read_files(link).questions] == ["a.TXT", "b.txt"]
    assert told(link, "b.txt") == str(folder / "questions" / "b.txt")
    assert told(folder / "faq.yaml", "b.txt") == "questions/b.txt"
    (link.parent / "questions").mkdir()
    assert read_files(link).questions == {}


# --- which version --------------------------------------------------------------------------------------------------


def test_a_faq_of_one_file_has_the_digest_of_that_file() -> None:
    assert FAQFiles(MAIN, b"main", {}).digest == sha256(b"main").hexdigest()[:12]


def test_another_name_another_text_and_another_place_of_the_same_words_are_another_version() -> None:
    several = [
        {},
        {"a": b"x"},
        {"b": b"x"},
        {"a": b"y"},
        {"a": b"x", "b": b""},
        {"a": b"", "b": b"x"},
        {"a": b"x\0b\0000\0"},
    ]
    digests = {FAQFiles(MAIN, b"main", questions).digest for questions in several}
    assert len(digests) == len(several)
    assert all(len(digest) == 12 for digest in digests)


# --- backups --------------------------------------------------------------------------------------------------------


def test_a_backup_says_in_its_name_when_it_was_made(tmp_path: Path) -> None:
    before = datetime.now().astimezone()
    path = backup_path(tmp_path / "faq.yaml")
    assert before <= backup_time(path) <= datetime.now().astimezone()
    assert path.name.startswith("faq.yaml.")
    assert path.suffix == ".bak"
    assert KEPT_BACKUPS == 10
    with pytest.raises(ValueError, match="no backup"):
        backup_time(tmp_path / "faq.yaml.old.bak")


def test_the_latest_backup_comes_first_and_one_that_is_empty_or_anothers_never(tmp_path: Path) -> None:
    for name, content in (
        ("faq.yaml.20261130-120000-000001.bak", b"older"),
        ("faq.yaml.20261130-120000-000002.bak", b"newer"),
        ("faq.yaml.20261130-120000-000003.bak", b""),
        ("other.yaml.20261130-120000-000004.bak", b"other"),
        ("faq.yaml.20261130-120000.bak", b"no time"),
        ("faq.yaml.20261130-120000-000005.bak.bak", b"copy"),
    ):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "faq.yaml.20261130-120000-000006.bak").mkdir()
    found = backups(tmp_path / "faq.yaml")
    assert [path.read_bytes() for path in found] == [b"newer", b"older"]
    assert choose_backup(tmp_path / "faq.yaml") == found[0]
    assert choose_backup(tmp_path / "faq.yaml", Path(found[1].name)) == found[1]
    assert choose_backup(tmp_path / "faq.yaml", found[1]) == found[1]


@pytest.mark.parametrize(
    ("named", "said"), [(None, "还没有备份"), ("nowhere.bak", "打不开"), ("faq.yaml", "不是 faq.yaml 的备份")]
)
def test_what_is_no_backup_is_refused(folder: Path, named: str | None, said: str) -> None:
    with pytest.raises(RewriteError, match=said):
        choose_backup(folder / "faq.yaml", None if named is None else folder / named)


def test_a_backup_is_deleted_be_it_a_file_a_folder_or_gone(tmp_path: Path) -> None:
    file, directory = tmp_path / "a.bak", tmp_path / "b.bak"
    file.touch()
    (directory / "questions").mkdir(parents=True)
    for each in (file, directory, tmp_path / "c.bak"):
        delete_backup(each)
    assert not [*tmp_path.iterdir()]

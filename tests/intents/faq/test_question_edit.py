"""A question goes where its topic's questions are: a text in questions/, a list in faq.yaml, or a new text."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from intents.faq.edit import EditError, with_question_line
from intents.faq.files import read_files
from intents.faq.question_edit import question_edit
from intents.faq.question_files import HEADING
from intents.faq.rewrite import restore
from intents.faq.schema import Group
from intents.faq.skeleton import add_intent
from intents.knowledge import Knowledge
from intents.load import check_file, check_files
from intents.split import split
from intents.teach import TeachError, teach
from tests.faqs import intent, write_faq

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"])
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    split(path)
    return path


def text(path: Path, name: str) -> str:
    return (path.parent / "questions" / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("一\n", "一\n新\n", 2),
        ("一", "一\n新", 2),
        ("一\r\n", "一\r\n新\r\n", 2),
        ("一\n\n\n", "一\n新\n\n\n", 2),
        ("", "新\n", 1),
        ("# 注释\n", "# 注释\n新\n", 2),
        ("\ufeff一\n", "\ufeff一\n新\n", 2),
        ("# 作者 rider\n一\n", "# 作者 rider\n一\n# 其他\n新\n", 4),
        ("# 作者 rider\n一\n# 其他\n二\n", "# 作者 rider\n一\n# 其他\n二\n新\n", 5),
    ],
)
def test_a_line_is_added_at_the_end_and_never_under_somebody_elses_name(before: str, after: str, line: int) -> None:
    edit = with_question_line(before, "新")
    assert (edit.text, edit.line) == (after, line)


@pytest.mark.parametrize("question", ["#急 有人敲门", "有人\n敲门", ""])
def test_what_would_not_be_one_question_is_refused(question: str) -> None:
    with pytest.raises(EditError, match=r"^这一句放进文本文件会变成注释或两句"):
        with_question_line("一\n", question)


def test_it_goes_into_the_text_if_there_is_one_else_into_the_list_else_into_a_new_text(path: Path) -> None:
    assert question_edit(read_files(path), "lawsuit", "新").file == "questions/lawsuit.txt"
    (path.parent / "questions" / "lawsuit.txt").unlink()
    new = question_edit(read_files(path), "lawsuit", "新", "更新")
    assert (new.name, new.text.text) == ("lawsuit.txt", "新\n更新\n")
    write_faq(path.parent, [HOME_VISIT, LAWSUIT])
    in_list = question_edit(read_files(path), "lawsuit", "新", "更新")
    assert in_list.name == ""
    faq = check_files(in_list.applied(read_files(path))).faq
    assert faq
    assert faq.by_id["lawsuit"].questions[-2:] == ("新", "更新")


def test_beside_a_file_without_topics_a_question_has_a_text_of_its_own(path: Path) -> None:
    for main in (b"version: 1\n", b"- a list\n", b"intents: 1\n"):
        edit = question_edit(replace(read_files(path), main=main, questions={}), "night_calls", "新")
        assert (edit.name, edit.text.text) == ("night_calls.txt", "新\n")


def test_teach_writes_one_line_of_one_text_and_undo_takes_it_away(path: Path) -> None:
    before = read_files(path)
    taught = teach(path, "lawsuit", "蓝色信封要不要拆开看")
    assert (taught.file, taught.line) == ("questions/lawsuit.txt", 5)
    assert text(path, "lawsuit") == f"{before.questions['lawsuit.txt'].decode()}蓝色信封要不要拆开看\n"
    after = read_files(path)
    assert (after.main, after.questions["home_visit.txt"]) == (before.main, before.questions["home_visit.txt"])
    assert "lawsuit" in str(Knowledge.load(path).matcher.match("蓝色信封要不要拆开看").intent)
    restore(path)
    assert read_files(path).questions == before.questions


def test_a_question_that_stands_in_a_text_is_refused_with_its_place(path: Path) -> None:
    with pytest.raises(TeachError, match=r"已经在 questions/home_visit\.txt 第 2 行"):
        teach(path, "lawsuit", "催收真的会上门吗")


def test_new_lays_out_the_topic_and_its_text_and_undo_takes_both_away(path: Path) -> None:
    before = read_files(path)
    added = add_intent(path, "night_calls", Group.COLLECTION, "半夜来电", date(2026, 11, 30))
    assert added.questions == "questions/night_calls.txt"
    assert text(path, "night_calls") == f"{HEADING}\n"
    assert "questions:" not in path.read_text("utf-8")
    empty = [problem for problem in check_file(path).problems if problem.file == "questions/night_calls.txt"]
    assert [(problem.code, problem.line) for problem in empty] == [("E-EMPTY-PART", 1)]
    restore(path)
    now = read_files(path)
    assert (now.main, now.questions) == (before.main, before.questions)

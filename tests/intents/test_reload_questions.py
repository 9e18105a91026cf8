"""Changes in questions/ while the bot runs: every kind of save there is seen, and a FAQ in between two saves replaces none."""

from pathlib import Path

import pytest

from intents.faq.rewrite import restore
from intents.reload import Reloader
from intents.split import split
from intents.teach import teach
from tests.faqs import faq_text, intent
from tests.intents.test_reload import Results, watched

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"])
LAWSUIT = {key: value for key, value in intent("lawsuit", []).items() if key != "questions"}
QUESTIONS = "会被起诉吗\n收到法院传票怎么办\n不还钱会不会打官司\n"
NEW = "蓝色信封要不要拆开看"


def write(folder: Path, questions: str = QUESTIONS) -> Path:
    """A FAQ of two files."""
    (folder / "questions").mkdir(parents=True)
    (folder / "questions" / "lawsuit.txt").write_text(questions, encoding="utf-8")
    (folder / "faq.yaml").write_text(faq_text([HOME_VISIT, LAWSUIT]), encoding="utf-8")
    return folder / "faq.yaml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.fixture
def text(path: Path) -> Path:
    return path.parent / "questions" / "lawsuit.txt"


async def knows(reloader: Reloader, results: Results, question: str) -> None:
    """Wait until the question stands in the version in force."""
    await results.until(lambda _: question in reloader.current.faq.by_id["lawsuit"].questions)


async def test_a_question_saved_in_place_or_by_renaming_is_known(path: Path, text: Path) -> None:
    async with watched(path) as (reloader, results):
        text.write_text(QUESTIONS + NEW, encoding="utf-8")
        await knows(reloader, results, NEW)
        aside = text.with_name(".lawsuit.txt.tmp")
        aside.write_text(QUESTIONS + "法院寄来的信", encoding="utf-8")
        aside.replace(text)
        await knows(reloader, results, "法院寄来的信")
        assert all(result.loaded for result in results.all)


async def test_what_teach_split_and_undo_write_is_one_reload_each_and_no_refusal(path: Path) -> None:
    async with watched(path) as (reloader, results):
        teach(path, "lawsuit", NEW)
        await knows(reloader, results, NEW)
        before = reloader.current.faq
        split(path)
        assert (path.parent / "questions" / "home_visit.txt").is_file()
        await results.until(lambda _: len(results.all) >= 2)
        assert reloader.current.faq == before
        restore(path)
        restore(path)
        restore(path)
        await results.until(lambda _: len(results.all) >= 3)
        assert all(result.loaded for result in results.all)


async def test_a_folder_that_comes_later_is_watched_too(tmp_path: Path) -> None:
    path = tmp_path / "faq.yaml"
    path.write_text(faq_text([HOME_VISIT, intent("lawsuit", QUESTIONS.split())]), encoding="utf-8")
    async with watched(path) as (reloader, results):
        (tmp_path / "questions").mkdir()
        (tmp_path / "questions" / "lawsuit.txt").write_text("法院寄来的信", encoding="utf-8")
        await knows(reloader, results, "法院寄来的信")
        (tmp_path / "questions" / "lawsuit.txt").write_text(NEW, encoding="utf-8")
        await knows(reloader, results, NEW)


def generation(folder: Path, name: str) -> None:
    """A ConfigMap as Kubernetes mounts it: the files in a folder of their own, a link to it swapped at once."""
    write(folder / f"..{name}", f"{QUESTIONS}{name}的信\n")
    (folder / "..data_tmp").symlink_to(f"..{name}")
    (folder / "..data_tmp").rename(folder / "..data")


async def test_a_config_map_with_both_is_swapped_as_a_whole(tmp_path: Path) -> None:
    generation(tmp_path, "first")
    for name in ("faq.yaml", "questions"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    async with watched(tmp_path / "faq.yaml") as (reloader, results):
        for name in ("second", "third"):
            generation(tmp_path, name)
            await knows(reloader, results, f"{name}的信")
        assert all(result.loaded for result in results.all)


async def test_a_config_map_of_its_own_for_the_questions_is_followed(tmp_path: Path) -> None:
    (tmp_path / "faq.yaml").write_text(faq_text([HOME_VISIT, LAWSUIT]), encoding="utf-8")
    folder = tmp_path / "questions"

    def swap(name: str) -> None:
        (folder / f"..{name}").mkdir(parents=True)
        (folder / f"..{name}" / "lawsuit.txt").write_text(f"{QUESTIONS}{name}的信\n", encoding="utf-8")
        (folder / "..data_tmp").symlink_to(f"..{name}")
        (folder / "..data_tmp").rename(folder / "..data")

    swap("first")
    (folder / "lawsuit.txt").symlink_to("..data/lawsuit.txt")
    async with watched(tmp_path / "faq.yaml") as (reloader, results):
        for name in ("second", "third"):
            swap(name)
            await knows(reloader, results, f"{name}的信")


async def test_between_two_saves_the_old_answers_last(path: Path, text: Path) -> None:
    async with watched(path) as (reloader, results):
        digest = reloader.status.digest
        third = {key: value for key, value in intent("jail", []).items() if key != "questions"}
        path.write_text(faq_text([HOME_VISIT, LAWSUIT, third]), encoding="utf-8")
        refused = await results.until(lambda result: not result.loaded)
        assert [problem.code for problem in refused.errors] == ["E-MISSING-KEY"]
        assert "questions/jail.txt" in refused.errors[0].remedy
        assert reloader.status.digest == digest
        text.with_name("jail.txt").write_text("会坐牢吗\n逾期会抓人吗\n", encoding="utf-8")
        await results.load(reloader, "jail")
    assert reloader.status.last_error is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (QUESTIONS.encode()[:-2], "questions/lawsuit.txt:3:9: error E-ENCODING"),
        (b"", "questions/lawsuit.txt:1:1: error E-EMPTY-PART"),
        (QUESTIONS.encode("gbk"), "questions/lawsuit.txt:1:1: error E-ENCODING"),
        (f"{QUESTIONS}催收会上门吗\n".encode(), "questions/lawsuit.txt:4:1: error E-DUP-QUESTION"),
        (None, "faq.yaml:28:3: error E-MISSING-KEY"),
    ],
    ids=["half a character", "emptied", "in GBK", "another topic's", "deleted"],
)
async def test_a_broken_text_is_told_by_its_own_name_and_costs_nothing(
    path: Path, text: Path, content: bytes | None, said: str
) -> None:
    async with watched(path) as (reloader, results):
        text.unlink() if content is None else text.write_bytes(content)
        await results.until(lambda result: not result.loaded)
        assert said in str(reloader.status.last_error)
        assert reloader.current.matcher.match("收到法院传票怎么办").intent == "lawsuit"
        text.write_text(QUESTIONS + NEW, encoding="utf-8")
        await knows(reloader, results, NEW)
    assert reloader.status.last_error is None

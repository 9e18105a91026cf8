"""`youshu split`: the questions move into texts of their own, no answer and no decision changes, and nothing is done by halves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from intents.faq.edit import EditError
from intents.faq.files import read_files
from intents.faq.problems import FAQError
from intents.faq.question_files import HEADING, parse_questions
from intents.faq.rewrite import RewriteError, restore
from intents.knowledge import Knowledge
from intents.load import check_file, check_text, load_faq
from intents.matching.corpus import read_labeled_utterances
from intents.matching.linear import LinearClassifier
from intents.split import split
from tests.disks import fill, small_disk
from tests.faqs import faq_text, intent, one_file, write_faq
from tests.mistakes import GOOD

ROOT = Path(__file__).parents[2]
CORPORA = ("dev", "heldout", "heldout_desk", "personas_dev", "borders")
TWO = [intent("home_visit", ["催收真的会上门吗", "会不会来我家"]), intent("lawsuit", ["会被起诉吗", "收到传票怎么办"])]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_faq(tmp_path, TWO, out_of_scope={"questions": ["花呗怎么开通"]})


def state(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but locks and backups."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix != ".lock" and ".bak" not in str(file)
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped FAQ as one file."""
    path = tmp_path_factory.mktemp("whole") / "faq.yaml"
    path.write_text(one_file(ROOT / "faq.yaml"), encoding="utf-8")
    return path


@pytest.mark.proof
def test_no_decision_changes_and_what_is_learned_is_the_same_to_the_last_bit(whole: Path, shipped: Knowledge) -> None:
    before = Knowledge.load(whole)
    assert before.faq == shipped.faq
    assert before.problems == shipped.problems == ()
    old, new = before.matcher.model.classifier, shipped.matcher.model.classifier
    assert isinstance(old, LinearClassifier)
    assert isinstance(new, LinearClassifier)
    assert old.weights.tobytes() == new.weights.tobytes()
    for name in CORPORA:
        for sentence in read_labeled_utterances(ROOT / "tests" / "corpus" / f"{name}.tsv"):
            assert before.matcher.match(sentence.text) == shipped.matcher.match(sentence.text)


def test_the_shipped_file_split_is_what_is_shipped(whole: Path) -> None:
    done = split(whole)
    assert done
    assert state(whole.parent) == {
        name: content for name, content in state_of_shipped().items() if not name.endswith(".md")
    }
    assert done.lines_after < 2500 < done.lines_before
    restore(whole)
    assert state(whole.parent) == {"faq.yaml": one_file(ROOT / "faq.yaml").encode()}


def state_of_shipped() -> dict[str, bytes]:
    files = read_files(ROOT / "faq.yaml")
    return {"faq.yaml": files.main, **{f"questions/{name}": content for name, content in files.questions.items()}}


def test_the_shipped_authors_stand_above_their_questions() -> None:
    files = read_files(ROOT / "faq.yaml")
    named = {
        line.author for name, text in files.questions.items() for line in parse_questions(name, text.decode()).lines
    }
    assert {"rider_henan", "shop_hunan", "clerk_guangdong", "father_dongbei", "elder", "understand", None} <= named


def test_undo_takes_it_back_and_forth_as_a_whole(path: Path) -> None:
    before = state(path.parent)
    assert split(path)
    after = state(path.parent)
    assert [*after] == ["faq.yaml", "questions/home_visit.txt", "questions/lawsuit.txt", "questions/out_of_scope.txt"]
    restore(path)
    assert state(path.parent) == before
    assert not (path.parent / "questions").exists()
    restore(path)
    assert state(path.parent) == after


def test_once_split_there_is_nothing_left_to_split(path: Path) -> None:
    split(path)
    before = state(path.parent)
    assert split(path) is None
    assert state(path.parent) == before


def test_comments_quotes_and_brackets_come_along(path: Path) -> None:
    text = GOOD.replace(
        "      - 夜里有人砸门要账咋办\n      - 那人非要坐在我家客厅等我\n",
        '      # 作者 rider\n      - "夜里有人砸门: 要账咋办"  # 真话\n\n      - 那人非要坐在\n        我家客厅等我\n      # 其他\n',
    ).replace(
        "    questions:\n      - 刚才讲得挺明白\n      - 心里踏实多了\n",
        "    questions: [刚才讲得挺明白,\n      心里踏实多了]\n",
    )
    path.write_text(text, encoding="utf-8")
    before = check_file(path).faq
    split(path)
    assert load_faq(path) == before
    folder = path.parent / "questions"
    assert (folder / "door_knock.txt").read_text("utf-8").splitlines() == [
        HEADING,
        "# 作者 rider",
        "# 真话",
        "夜里有人砸门: 要账咋办",
        "那人非要坐在 我家客厅等我",
        "# 其他",
    ]
    assert "questions" not in path.read_text("utf-8")
    assert "\n\n\n" not in path.read_text("utf-8")
    assert (folder / "thanks_talk.txt").read_text("utf-8") == f"{HEADING}\n刚才讲得挺明白\n心里踏实多了\n"


@pytest.mark.parametrize("indent", ["    ", ""])
def test_a_bracket_on_a_line_of_its_own_goes_with_the_list(path: Path, indent: str) -> None:
    text = GOOD.replace(
        "    questions:\n      - 刚才讲得挺明白\n      - 心里踏实多了\n",
        "    questions: [\n      刚才讲得挺明白,\n      心里踏实多了,  # 尾注\n" + f"{indent}]\n",
    )
    path.write_text(text, encoding="utf-8")
    before = check_file(path).faq
    split(path)
    assert load_faq(path) == before
    assert f"\n{indent}]\n" not in path.read_text("utf-8")
    assert (path.parent / "questions" / "thanks_talk.txt").read_text("utf-8") == (
        f"{HEADING}\n刚才讲得挺明白\n# 尾注\n心里踏实多了\n"
    )


@pytest.mark.parametrize("separator", ["\u2028", "\x85"])
def test_what_is_no_line_end_to_an_editor_moves_no_line(path: Path, separator: str) -> None:
    path.write_text(f"# 从文档里{separator}# 粘来的\n{GOOD}", encoding="utf-8")
    before = check_file(path).faq
    assert before is not None
    split(path)
    assert load_faq(path) == before
    assert path.read_text("utf-8").startswith(f"# 从文档里{separator}# 粘来的\nversion: 1\n")
    assert "questions:" not in path.read_text("utf-8")


def test_windows_line_ends_and_a_byte_order_mark_stay(path: Path) -> None:
    path.write_bytes(("\ufeff" + GOOD.replace("\n", "\r\n")).encode())
    before = check_file(path).faq
    split(path)
    assert load_faq(path) == before
    assert path.read_bytes().startswith("\ufeffversion: 1\r\n".encode())
    for file in (path, path.parent / "questions" / "door_knock.txt"):
        assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")


def test_questions_that_have_a_text_already_go_before_its_own(path: Path) -> None:
    (path.parent / "questions").mkdir()
    text = path.parent / "questions" / "lawsuit.txt"
    text.write_text("# 自己加的\n判了不还会怎样\n", encoding="utf-8")
    before = load_faq(path)
    split(path)
    assert load_faq(path) == before
    assert text.read_text("utf-8") == f"{HEADING}\n会被起诉吗\n收到传票怎么办\n# 自己加的\n判了不还会怎样\n"


def test_a_split_that_was_interrupted_is_finished(path: Path) -> None:
    whole = path.read_bytes()
    split(path)
    done = state(path.parent)
    path.write_bytes(whole)  # the texts are there, and faq.yaml is as before
    split(path)
    assert state(path.parent) == done


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda text: text.replace("      - 夜里有人砸门要账咋办", '      - "#急 夜里有人砸门"'), "第 19 行的问法放进文本文件会变成注释或两句"),
        (lambda text: text.replace("owner:", "ower:", 1), "E-UNKNOWN-KEY"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_said_in_its_line_and_left_alone(
    path: Path, broken: Callable[[str], str], said: str
) -> None:
    path.write_text(broken(GOOD), encoding="utf-8")
    before = state(path.parent)
    with pytest.raises((EditError, FAQError), match=said):
        split(path)
    assert state(path.parent) == before


def test_a_topic_that_begins_with_its_questions_is_told_how_to_be_written(path: Path) -> None:
    text = GOOD.replace(
        "  - id: thanks_talk\n", "  - questions: [刚才讲得挺明白, 心里踏实多了]\n    id: thanks_talk\n"
    ).replace("    questions:\n      - 刚才讲得挺明白\n      - 心里踏实多了\n", "")
    path.write_text(text, encoding="utf-8")
    assert check_text(text).faq
    with pytest.raises(EditError, match="请让它另起一行"):
        split(path)
    assert not (path.parent / "questions").exists()


def test_on_a_full_disk_nothing_is_done_by_halves(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        path = folder / "faq.yaml"
        path.write_text(faq_text(TWO) + "# 占地方\n" * 20_000, encoding="utf-8")
        fill(folder)
        before = state(folder)
        with pytest.raises(RewriteError, match="磁盘满了"):
            split(path)
        assert state(folder) == before
        assert not (folder / "questions").exists()

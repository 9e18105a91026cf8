"""Questions in texts of their own: questions/ID.txt, one a line; every finding names that file and line."""

from pathlib import Path

import pytest

from intents.faq.problems import FAQError
from intents.faq.question_files import parse_questions
from intents.load import check_file, check_text, load_faq
from tests.faqs import faq_text, intent, write_faq
from tests.mistakes import GOOD, LIMITS, TODAY

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账"])
NO_LIST = {key: value for key, value in intent("lawsuit", []).items() if key != "questions"}


def beside(path: Path, **texts: str) -> Path:
    """Texts in questions/ beside a faq.yaml."""
    folder = path.parent / "questions"
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_faq(tmp_path, [HOME_VISIT, NO_LIST])


def found(questions: str) -> list[str]:
    """What is said about a text of door_knock beside the good file."""
    checked = check_text(GOOD, {"questions/door_knock.txt": questions}, today=TODAY, limits=LIMITS)
    return [problem.line_for("faq.yaml").partition("；")[0] for problem in checked.problems]


def test_questions_may_stand_in_a_text_in_the_file_and_in_both(path: Path) -> None:
    beside(
        path,
        lawsuit="会被起诉吗\n\n  收到传票怎么办  \n",
        home_visit="# 夜里\n有人来敲门\n",
        out_of_scope="花呗怎么开通\n",
    )
    faq = load_faq(path)
    assert faq.by_id["lawsuit"].questions == ("会被起诉吗", "收到传票怎么办")
    assert faq.by_id["home_visit"].questions == ("催收真的会上门吗", "会不会来我家里要账", "有人来敲门")
    assert faq.out_of_scope
    assert faq.out_of_scope.questions == ("花呗怎么开通",)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_are_no_part_of_a_question(path: Path, line_end: str) -> None:
    beside(path, lawsuit="")
    text = f"\ufeff# 注释{line_end}会被起诉吗{line_end}收到传票怎么办"
    (path.parent / "questions" / "lawsuit.txt").write_bytes(text.encode("utf-8"))
    assert load_faq(path).by_id["lawsuit"].questions == ("会被起诉吗", "收到传票怎么办")


def test_an_author_holds_until_another_or_none_is_named() -> None:
    read = parse_questions("questions/x.txt", "一\n# 作者 rider\n二\n# 夜里\n三\n# 作者：clerk\n四\n# 其他\n五\n")
    assert [(line.text, line.author) for line in read.lines] == [
        ("一", None),
        ("二", "rider"),
        ("三", "rider"),
        ("四", "clerk"),
        ("五", None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 有人撬锁\n", "door_knock.txt:1:1: warning W-LINE-FORM 行首的“-”会当成问法的一部分"),
        ("# 夜里\n  •有人撬锁\n", "door_knock.txt:2:3: warning W-LINE-FORM 行首的“•”会当成问法的一部分"),
        ('"有人撬锁"\n', "door_knock.txt:1:1: warning W-LINE-FORM 首尾的引号会当成问法的一部分"),
        ("questions:\n", "door_knock.txt:1:1: warning W-LINE-FORM “questions:”是 faq.yaml 里的写法，在这里会当成一句问法"),
        ("有人撬锁\n#急# 有人砸窗\n", "door_knock.txt:2:1: warning W-HASH 这一行以“#”开头，整行成了注释，不会当成问法"),
        ("有人撬锁 # 新加的\n", "door_knock.txt:1:6: warning W-HASH “#”不在行首，它和后面的字都会当成问法"),
        ("<<<<<<< HEAD\n有人撬锁\n", "door_knock.txt:1:1: error E-CONFLICT 这是合并版本时留下的冲突标记"),
        ("有人\x07撬锁\n", "door_knock.txt:1:3: error E-CHARACTER 有一个看不见的控制字符（U+0007）"),
        ("有人\u200b撬锁\n", "door_knock.txt:1:3: warning W-INVISIBLE 这里有一个看不见的字符（U+200B）"),
        ("有人撬锁А\n", "door_knock.txt:1:5: warning W-LOOK-ALIKE “А”（U+0410）只是看着像平常的字"),
        ("有人撬\ufffd\n", "door_knock.txt:1:4: warning W-GARBLED 这里是乱码"),
        ("“有人撬锁”\n", "door_knock.txt:1:1: warning W-CURLY-QUOTE 整句放在弯引号“ ”里，引号会原样显示"),
        ("有人砸▲門撬锁".replace("▲", "") + "\n", "door_knock.txt:1:4: warning W-MIXED-SCRIPT 一句话里繁体“門”和简体混着写"),
        ("有人撬{锁}\n", "door_knock.txt:1:4: error E-BRACE 标题和问法里不能引用参数"),
        ("……！\n", "door_knock.txt:1:1: error E-EMPTY-QUESTION 问法“……！”里没有能辨认的字"),
        ("夜里有人砸门要账，咋办\n", "door_knock.txt:1:1: warning W-REPEATED-QUESTION “夜里有人砸门要账，咋办”和 faq.yaml 第 19 行是同一句"),
        ("有人撬锁\n有人撬锁？\n", "door_knock.txt:2:1: warning W-REPEATED-QUESTION “有人撬锁？”和第 1 行是同一句"),
        ("花卡在哪里申请\n", "door_knock.txt:1:1: error E-SCOPE-CLASH “花卡在哪里申请”在 faq.yaml 第 12 行的 out_of_scope 里也有"),
    ],
)  # fmt: skip
def test_a_finding_names_the_text_and_its_line(text: str, said: str) -> None:
    assert f"questions/{said}" in found(text)


def test_a_clean_text_has_no_finding() -> None:
    assert found("# 撬锁、砸窗；作者待补\n有人撬锁 C# 是什么\n12378打不通\n") == []


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("home_visti", "文件名是不是想写“home_visit.txt”"),
        ("home_visit标题", "文件名是不是想写“home_visit.txt”"),
        ("lawsuit.txt", "“lawsuit.txt”已经有了，请把这里的问法并进去，再删去这个文件"),
        ("HOME_VISIT (2)", "文件名是不是想写“home_visit.txt”"),
        ("zzz", "这个话题要是被误删了，请从备份里找回；编号改了，就把文件名也改成新的编号"),
    ],
)
def test_a_text_without_its_topic_is_an_error_so_that_no_question_is_lost(path: Path, name: str, remedy: str) -> None:
    beside(path, lawsuit="会被起诉吗\n", **{name: "收到传票怎么办\n"})
    lines = [p.line_for(str(path)) for p in check_file(path).problems if p.severity == "error"]
    assert lines == [
        f"{path.parent}/questions/{name}.txt:1:1: error E-UNKNOWN-ID 没有话题“{name}”，这些问法没有地方放；{remedy}"
    ]


def test_a_topic_whose_text_is_empty_is_told_at_the_text(path: Path) -> None:
    beside(path, lawsuit="# 还没写\n")
    [error] = [p for p in check_file(path).problems if p.severity == "error"]
    assert (error.file, error.code) == ("questions/lawsuit.txt", "E-EMPTY-PART")


def test_a_text_that_is_not_utf8_is_told_at_the_line_from_which_on(path: Path) -> None:
    beside(path, lawsuit="")
    (path.parent / "questions" / "lawsuit.txt").write_bytes("a\n会被起诉吗\n".encode("gb18030"))
    [problem] = check_file(path).problems
    assert (problem.file, problem.line, problem.code) == ("questions/lawsuit.txt", 2, "E-ENCODING")


def test_a_text_that_cannot_be_read_is_named(path: Path) -> None:
    beside(path, lawsuit="会被起诉吗\n")
    (path.parent / "questions" / "home_visit.txt").symlink_to("nowhere")
    with pytest.raises(FAQError, match=r"questions/home_visit\.txt:1:1: error E-FILE 找不到这个文件"):
        check_file(path)


def test_what_editors_leave_behind_is_not_read_and_what_nobody_reads_is_told(path: Path) -> None:
    beside(path, lawsuit="会被起诉吗\n")
    for name in (".DS_Store", "lawsuit.txt~", ".lawsuit.txt.swp", "lawsuit.txt.bak", "~$lawsuit.docx", "Lawsuit.md"):
        (path.parent / "questions" / name).write_text("催收", "utf-8")
    assert [(p.file, p.code) for p in check_file(path).problems if p.code != "W-FEW-QUESTIONS"] == [
        ("questions/Lawsuit.md", "W-UNREAD-FILE")
    ]


@pytest.mark.parametrize("named", [".", "questions/lawsuit.txt"])
def test_a_faq_is_named_by_its_folder_and_by_a_text_too(
    path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(beside(path, lawsuit="会被起诉吗\n").parent)
    assert check_file(Path(named)).faq == load_faq("faq.yaml")


def test_behind_a_link_the_questions_beside_the_link_count_and_else_those_behind_it(path: Path, tmp_path: Path) -> None:
    beside(path, lawsuit="会被起诉吗\n")
    link = tmp_path / "elsewhere" / "faq.yaml"
    link.parent.mkdir()
    link.symlink_to(path)
    assert load_faq(link).by_id["lawsuit"].questions == ("会被起诉吗",)
    beside(link, lawsuit="收到传票怎么办\n")
    assert load_faq(link).by_id["lawsuit"].questions == ("收到传票怎么办",)


def test_a_change_of_any_file_is_another_version(path: Path) -> None:
    alone = check_text(faq_text([HOME_VISIT])).digest
    assert check_file(write_faq(path.parent, [HOME_VISIT])).digest == alone
    digests = {
        check_file(beside(path, home_visit=text)).digest for text in ("有人来敲门\n", "有人来砸门\n", "有人来敲门\n")
    }
    assert len(digests) == 2


def test_a_faq_copied_without_its_questions_is_told_in_one_line(tmp_path: Path) -> None:
    topics = [intent(f"topic_{n}", []) for n in range(5)]
    path = write_faq(tmp_path, [{key: each[key] for key in each if key != "questions"} for each in topics])
    [error] = [p.line_for(path.name) for p in check_file(path).problems if p.severity == "error"]
    assert error == (
        "faq.yaml:2:1: error E-FILE 5 个话题没有问法，旁边也没有 questions/ 文件夹；"
        "请把 questions/ 和 faq.yaml 放在同一个文件夹里"
    )

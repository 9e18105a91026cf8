"""`youshu import`: what can be taken of a table is written at once, the rest is told with its reason; nothing by halves."""

from pathlib import Path

import pytest

from intents.faq.files import read_files
from intents.knowledge import Knowledge
from intents.split import split
from tests.faqs import intent, write_faq
from tests.terminal import Done, OperatorTerminal

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"], title="上门催收")
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"], title="被起诉")
TABLE = """话题,问法
上门催收,他们说今晚带人到老家坐坐
lawsuit,蓝色信封要不要拆开看
lawsuit,蓝色信封要不要拆开看
被起诉,不还钱会被起诉吗
上门,外访的车停在楼下了
上门催收,有个13812345678的号码说要上门
被起诉,催收，真的会上门吗？
,没有话题的一句
out_of_scope,花呗在哪里打开
"""


@pytest.fixture(params=["one file", "split"])
def youshu(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> OperatorTerminal:
    path = write_faq(tmp_path, [HOME_VISIT, LAWSUIT], out_of_scope={"questions": ["额度怎么调高一点"]})
    if request.param == "split":
        split(path)
        for left in tmp_path.glob("*.bak"):
            left.unlink()
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def brought(youshu: OperatorTerminal, table: str, *options: str) -> Done:
    (youshu.folder / "表.csv").write_bytes(table.encode("gb18030"))
    return youshu("import", "表.csv", *options)


def test_what_is_good_is_taken_at_once_and_what_is_not_is_told_with_its_row_and_reason(
    youshu: OperatorTerminal,
) -> None:
    before = read_files(youshu.faq)
    done = brought(youshu, TABLE)
    assert done.code == 0
    faq = Knowledge.load(youshu.faq).faq
    assert faq.by_id["home_visit"].questions[-1] == "他们说今晚带人到老家坐坐"
    assert faq.by_id["lawsuit"].questions[-1] == "蓝色信封要不要拆开看"
    assert faq.out_of_scope
    assert faq.out_of_scope.questions[-1] == "花呗在哪里打开"
    assert "9 句：收下 3 句，没收 6 句" in done.out
    for row, reason in (
        (4, "和第 3 行是同一句"),
        (5, "已经有了，属于“被起诉”（lawsuit）"),
        (6, "你是不是想写“上门催收”（home_visit）"),
        (7, "手机号"),
        (8, "E-DUP-QUESTION"),
        (9, "没写话题"),
    ):
        assert any(line.split()[1:2] == [str(row)] and reason in line for line in done.out.splitlines()), (
            row,
            done.out,
        )
    assert youshu("undo").code == 0
    now = read_files(youshu.faq)
    assert (now.main, now.questions) == (before.main, before.questions)


def test_a_dry_run_writes_nothing(youshu: OperatorTerminal) -> None:
    before = sorted(youshu.folder.rglob("*"))
    digest = read_files(youshu.faq).digest
    done = brought(youshu, TABLE, "--dry-run")
    assert "收下 3 句" in done.out
    assert read_files(youshu.faq).digest == digest
    assert {path.name for path in {*youshu.folder.rglob("*")} - {*before}} <= {"表.csv", ".faq.yaml.lock"}


def test_a_table_of_nothing_good_changes_nothing_and_fails(youshu: OperatorTerminal) -> None:
    digest = read_files(youshu.faq).digest
    done = brought(youshu, "话题,问法\n被起诉,不还钱会被起诉吗\n")
    assert (done.code, read_files(youshu.faq).digest) == (1, digest)
    assert not list(youshu.folder.glob("*.bak"))


def test_a_question_that_takes_anothers_away_is_refused_and_the_rest_is_taken(youshu: OperatorTerminal) -> None:
    labelled = youshu.folder / "labelled.tsv"
    labelled.write_text(
        "intent\ttext\nhome_visit\t会不会来我家里要帐\nhome_visit\t催收说要到我家里来\n", encoding="utf-8"
    )
    table = "话题,问法\nlawsuit,催收说要到我家来\nlawsuit,蓝色信封要不要拆开看\n"
    done = brought(youshu, table, "--corpus", str(labelled))
    assert "收下 1 句，没收 1 句" in done.out
    assert Knowledge.load(youshu.faq).faq.by_id["lawsuit"].questions[-1] == "蓝色信封要不要拆开看"


def test_a_faq_with_an_error_is_left_alone(youshu: OperatorTerminal) -> None:
    youshu.faq.write_text(youshu.faq.read_text("utf-8").replace("owner:", "ower:", 1), encoding="utf-8")
    done = brought(youshu, TABLE)
    assert (done.code, "E-UNKNOWN-KEY" in done.err) == (1, True)


def test_one_column_with_its_topic_named(youshu: OperatorTerminal) -> None:
    assert brought(youshu, "蓝色信封要不要拆开看\n", "--topic", "被起诉").code == 0
    assert "蓝色信封要不要拆开看" in Knowledge.load(youshu.faq).faq.by_id["lawsuit"].questions

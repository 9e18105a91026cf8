"""The operator's commands as they are typed."""

from pathlib import Path

import pytest

from tests.faqs import intent, write_faq
from tests.terminal import OperatorTerminal

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"], title="上门催收")
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"], title="被起诉")
FAR = "蓝色信封要不要拆开看"


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def test_teach_writes_diff_shows_and_undo_takes_back(youshu: OperatorTerminal) -> None:
    youshu.missed(FAR)
    before = youshu.faq.read_bytes()
    taught = youshu("teach", "lawsuit", FAR)
    assert taught.code == 0
    assert f"“{FAR}” → lawsuit" in taught.out
    shown = youshu("diff").out
    assert FAR in shown
    assert "回答 被起诉（lawsuit）" in shown
    assert "没听懂的 1 句里" in shown
    assert youshu("undo").code == 0
    assert youshu.faq.read_bytes() == before


def test_teach_and_new_know_topics_by_their_titles(youshu: OperatorTerminal) -> None:
    taught = youshu("teach", "上门催收", "他们今晚带人到老家坐坐")
    assert "→ home_visit" in taught.out
    assert "你是不是想写“上门催收”（home_visit）" in youshu("teach", "上门催债", "今晚会来吗").err
    before = youshu.faq.read_bytes()
    refused = youshu("new", "at_the_door", "--group", "collection", "--title", "上门催收")
    assert refused.code == 1
    assert "home_visit" in refused.err
    assert youshu.faq.read_bytes() == before


def test_teach_refuses_in_chinese_with_exit_code_1_and_writes_nothing(youshu: OperatorTerminal) -> None:
    before = youshu.faq.read_bytes()
    refused = youshu("teach", "lawsuit", "催收真的会上门吗")
    assert refused.code == 1
    assert "上门催收" in refused.err
    assert youshu.faq.read_bytes() == before


def test_new_asks_for_what_it_was_not_told(youshu: OperatorTerminal) -> None:
    done = youshu("new", "night_calls", stdin="collection\n半夜来电\n")
    assert done.code == 0
    assert "  title: 半夜来电" in youshu.faq.read_text("utf-8")
    checked = youshu("check")
    assert checked.code == 1
    assert "E-EMPTY-PART" in checked.out


@pytest.mark.parametrize("taken", ["home_visit", "Night Calls"])
def test_an_id_that_cannot_be_is_refused_before_anything_is_asked(youshu: OperatorTerminal, taken: str) -> None:
    done = youshu("new", taken, stdin="collection\n半夜来电\n")
    assert (done.code, done.out) == (1, "")
    assert taken in done.err


def test_undo_lists_the_backups_and_says_when_there_is_none(youshu: OperatorTerminal) -> None:
    assert youshu("undo").code == 1
    youshu("teach", "lawsuit", FAR)
    listed = youshu("undo", "--list").out.split()
    assert len(listed) == 1
    assert (youshu.folder / listed[0]).exists()


def test_diff_of_two_files_tells_better_from_worse_by_the_labels(youshu: OperatorTerminal) -> None:
    old = youshu.folder / "old.yaml"
    old.write_bytes(youshu.faq.read_bytes())
    youshu("teach", "lawsuit", FAR)
    labelled = youshu.folder / "labelled.tsv"
    labelled.write_text(f"intent\talso\ttext\nlawsuit\t\t{FAR}\n", encoding="utf-8")
    assert "变好" in youshu("diff", "old.yaml", "faq.yaml", "--corpus", "labelled.tsv").out
    assert "变差" in youshu("diff", "faq.yaml", "old.yaml", "--corpus", "labelled.tsv").out
    assert "没有一句换回答" in youshu("diff", "old.yaml", "old.yaml").out


def test_diff_needs_something_to_compare_with(youshu: OperatorTerminal) -> None:
    alone = youshu("diff")
    assert alone.code == 1
    assert "还没有备份" in alone.err


def test_report_prints_tables_and_writes_a_page(youshu: OperatorTerminal) -> None:
    youshu.missed(FAR, FAR)
    printed = youshu("report")
    assert printed.code == 0
    assert FAR in printed.out
    assert youshu("report", "--since", "30d", "--html", "report.html").code == 0
    assert FAR in (youshu.folder / "report.html").read_text("utf-8")


def test_report_and_diff_name_topics_by_title_and_id(youshu: OperatorTerminal) -> None:
    youshu.missed("传票收到了咋整呢")
    assert "被起诉（lawsuit）" in youshu("report").out
    youshu("teach", "lawsuit", FAR)
    assert "回答 被起诉（lawsuit）" in youshu("diff").out


def test_report_on_an_empty_database_says_so(youshu: OperatorTerminal) -> None:
    assert "还没有人来问" in youshu("report").out


@pytest.mark.parametrize("arguments", [("--since", "last week"), ("--html", "nowhere/report.html")])
def test_report_says_how_it_wants_its_options(youshu: OperatorTerminal, arguments: tuple[str, str]) -> None:
    done = youshu("report", *arguments)
    assert done.code != 0
    assert done.err


def test_a_database_that_is_away_is_one_line_in_chinese(
    youshu: OperatorTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOUSHU_DATABASE_URL", f"sqlite+aiosqlite:///{youshu.folder}/nowhere/youshu.db")
    report = youshu("report")
    assert report.code == 1
    assert report.err.startswith("数据库没有应答")
    assert len(report.err.splitlines()) == 1
    assert "没能对照没听懂的话" in youshu("diff", "faq.yaml", "faq.yaml").out

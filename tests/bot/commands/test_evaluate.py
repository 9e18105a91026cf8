"""`youshu eval` and `youshu ask --why`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faqs import intent, write_faq
from tests.processes import environment
from tests.terminal import OperatorTerminal

ROOT = Path(__file__).resolve().parents[3]
VISIT = ["催收会上门吗", "会不会来我家", "有人来敲门要钱", "上门怎么办", "明天来家里"]
COURT = ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司", "法院开庭要去吗", "起诉书怎么看"]
LABELLED = (
    "id\tintent\talso\tstyle\ttext\n"
    "a\thome_visit\t\tplain\t催收会上门吗\n"
    "b\tlawsuit\t\ttypo\t会被启诉吗\n"
    "c\tlawsuit\thome_visit\tplain\t会不会来我家\n"
    "d\tnone\t\tplain\t明天下雨吗\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(
        tmp_path,
        [intent("home_visit", VISIT), intent("lawsuit", COURT)],
        out_of_scope={"questions": ["红烧肉怎么做", "几点了"]},
    )
    (tmp_path / "dev.tsv").write_text(LABELLED, encoding="utf-8")
    return tmp_path


@pytest.fixture
def youshu(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    return OperatorTerminal(folder, monkeypatch, capsys)


def test_eval_prints_the_figures_of_each_file(youshu: OperatorTerminal) -> None:
    done = youshu("eval", "dev.tsv")
    assert done.code == 0, done.err
    for wanted in ("dev.tsv", "首选对", "lawsuit", "typo", "范围外 1 句"):
        assert wanted in done.out


def test_eval_prints_json_for_a_program(youshu: OperatorTerminal) -> None:
    found = json.loads(youshu("eval", "--json", "dev.tsv").out)["dev.tsv"]
    assert found["in_scope"]["count"] == 3
    assert found["in_scope"]["top1"] == 1
    assert found["out_of_scope"]["count"] == 1
    assert set(found["by_style"]) == {"plain", "typo"}


def test_eval_takes_files_without_a_style(youshu: OperatorTerminal) -> None:
    (youshu.folder / "real.tsv").write_text("id\tintent\talso\ttext\nx\tlawsuit\t\t会被起诉吗\n", encoding="utf-8")
    assert json.loads(youshu("eval", "--json", "real.tsv").out)["real.tsv"]["in_scope"]["top1"] == 1


def test_eval_by_author_leaves_each_author_out(youshu: OperatorTerminal) -> None:
    (youshu.folder / "people.tsv").write_text(
        "author\tkind\tintent\talso\ttext\n"
        "amy\tplain\thome_visit\t\t他们会上门吗\namy\tsmalltalk\tnone\t\t吃了没\n"
        "ben\tplain\tlawsuit\t\t会不会起诉我\nben\tmirror\tnone\t\t红烧肉放多少糖\n",
        encoding="utf-8",
    )
    found = json.loads(youshu("eval", "--by-author", "--json", "people.tsv").out)
    assert {author: (each["count"], each["outside"]) for author, each in found["authors"].items()} == {
        "amy": (1, 1),
        "ben": (1, 1),
    }
    assert sum(each["count"] for each in found["questions"].values()) == 10
    printed = youshu("eval", "--by-author", "people.tsv").out
    for wanted in ("amy", "ben", "平均", "最差", "问法的作者"):
        assert wanted in printed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id\tintent\talso\ttext\nx\tlawsiut\t\t会被起诉吗\n", "lawsiut"),
        ("id\tintent\talso\ttext\n", "没有一句话"),
        ("nothing\n", "列名"),
    ],
)
def test_a_file_that_cannot_be_measured_is_one_line_and_an_exit_code(
    youshu: OperatorTerminal, content: str, said: str
) -> None:
    (youshu.folder / "bad.tsv").write_text(content, encoding="utf-8")
    done = youshu("eval", "bad.tsv")
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err


def test_fitting_writes_the_thresholds_and_shows_what_changed(folder: Path) -> None:
    # A copy of the package, so that the shipped thresholds stay what they are.
    shutil.copytree(ROOT / "intents", folder / "intents", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "bot", folder / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "intents" / "matching" / "thresholds.yaml"
    before = path.read_text("utf-8")
    script = "import sys; sys.path.insert(0, '.'); from bot.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "eval", "--fit", "dev.tsv"],
        check=False,
        env=environment(folder, {}),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "inverse_temperature" in done.stdout
    assert path.read_text("utf-8") != before
    assert (ROOT / "intents" / "matching" / "thresholds.yaml").read_text("utf-8") == before


def test_why_shows_what_was_read_what_each_view_gave_and_the_rule(youshu: OperatorTerminal) -> None:
    done = youshu("ask", "--why", "會被起訴嗎，那個")
    for wanted in ("读作：会被起诉吗", "字词", "读音", "lawsuit", "和 faq.yaml 里的一条问法一样"):
        assert wanted in done.out


def test_why_is_part_of_the_json(youshu: OperatorTerminal) -> None:
    why = json.loads(youshu("ask", "--json", "--why", "他们会来我家上门吗").out)["why"]
    assert why["parts"][0]["intent"] == "home_visit"
    assert {"rule", "written", "canonical", "outside", "known", "danger", "also", "parts", "telling"} == set(why)

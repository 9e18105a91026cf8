"""`youshu where`: the line of an answer, printed and opened; titles stand wherever ids do."""

from pathlib import Path

import pytest

from tests.faqs import intent, write_faq
from tests.terminal import OperatorTerminal

HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"], title="上门催收")
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"], title="被起诉")


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def test_it_prints_the_file_the_line_the_title_and_the_text(youshu: OperatorTerminal) -> None:
    number = next(
        n for n, line in enumerate(youshu.faq.read_text("utf-8").splitlines(), 1) if "home_visit的权利二" in line
    )
    done = youshu("where", "home_visit的权利二。")
    assert done.code == 0
    assert done.out.splitlines() == [
        f"{youshu.faq}:{number}:7: 【上门催收】（home_visit）权利",
        "  home_visit的权利二。",
    ]


def test_what_is_not_there_is_said_in_one_line(youshu: OperatorTerminal) -> None:
    done = youshu("where", "月球上有没有兔子")
    assert (done.code, done.out) == (1, "")
    assert "没有找到" in done.err


def test_it_finds_in_a_file_with_a_mistake(youshu: OperatorTerminal) -> None:
    youshu.faq.write_text(youshu.faq.read_text("utf-8").replace("owner:", "ower:", 1), encoding="utf-8")
    assert "lawsuit" in youshu("where", "被起诉").out


def test_open_hands_the_line_to_the_editor(youshu: OperatorTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    called = youshu.folder / "called"
    for name in ("code", "my-editor"):
        script = youshu.folder / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f'#!/bin/sh\necho {name} "$@" > "{called}"\n', encoding="utf-8")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{youshu.folder / 'bin'}:/usr/bin:/bin")
    place = youshu("where", "--open", "被起诉").out.partition(": ")[0]
    assert called.read_text("utf-8") == f"code --reuse-window --goto {place}\n"
    (youshu.folder / "bin" / "code").unlink()
    monkeypatch.setenv("EDITOR", "my-editor -w")
    youshu("where", "--open", "被起诉")
    assert called.read_text("utf-8") == f"my-editor -w +{place.split(':')[1]} {youshu.faq}\n"
    monkeypatch.delenv("EDITOR")
    assert "EDITOR" in youshu("where", "--open", "被起诉").err


def test_a_title_is_taken_where_an_id_is(youshu: OperatorTerminal) -> None:
    assert "→ lawsuit" in youshu("teach", "【被起诉】", "蓝色信封要不要拆开看").out
    labelled = youshu.folder / "labelled.tsv"
    labelled.write_text("intent\talso\ttext\n被起诉\t上门催收\t会被起诉吗\nnone\t\t今天天气怎么样\n", encoding="utf-8")
    assert youshu("eval", str(labelled)).code == 0
    assert "你是不是想写“上门催收”（home_visit）" in youshu("teach", "上门", "今晚会来吗").err

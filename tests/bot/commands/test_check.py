"""`youshu check` and `youshu schema` as a person, an editor and CI run them."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from bot import cli
from bot.commands.check import check
from bot.commands.schema import schema
from tests.mistakes import GOOD, Mistake
from tests.processes import command, environment


@pytest.fixture(autouse=True)
def _in_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("YOUSHU_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    # As the real command does first: click keeps the words of a command's --help from its first use on.
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    cli._speak_chinese()


def run(*arguments: str, settings: dict[str, str] | None = None) -> Result:
    given = {f"YOUSHU_{name}": value for name, value in (settings or {}).items()}
    return CliRunner().invoke({"check": check, "schema": schema}[arguments[0]], arguments[1:], env=given)


def broken(folder: Path, name: str) -> tuple[int, int]:
    """Write faq.yaml with one mistake; its line and column."""
    text, line, column = next(mistake for mistake in Mistake.all() if mistake.name == name).broken(GOOD)
    (folder / "faq.yaml").write_text(text, "utf-8")
    return line, column


def clean(folder: Path, name: str = "faq.yaml") -> Path:
    """A file without any problem: the shipped one's first topics, related to each other."""
    questions = "\n".join(
        f"      - {word}敲门要钱的人{end}" for word in "东西南北中" for end in ("来了", "走了", "又来了")
    )
    others = "\n".join(
        f"      - {word}边的利率{end}" for word in "赤橙黄绿青" for end in ("太高", "合法吗", "怎么算的")
    )
    thanks = "\n".join(
        f"      - {word}{end}" for word in ("多谢", "感激", "辛苦", "明白", "踏实") for end in ("了呀", "得很", "极了")
    )
    text = GOOD.replace("related: [rate_talk]", "related: [rate_talk, thanks_talk]")
    text = text.replace("related: [door_knock]", "related: [door_knock, thanks_talk]")
    for old, new in (
        ("      - 夜里有人砸门要账咋办\n      - 那人非要坐在我家客厅等我", questions),
        ("      - 年化写着三十多算不算太高\n      - 這個利率是不是超過上限了", others),
        ("      - 刚才讲得挺明白\n      - 心里踏实多了", thanks),
    ):
        assert old in text
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_clean_file_is_met_with_silence(tmp_path: Path) -> None:
    clean(tmp_path)
    done = subprocess.run(
        command("check", "--strict"),
        cwd=tmp_path,
        env=environment(tmp_path, {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_the_file_is_taken_from_the_settings_unless_named(tmp_path: Path) -> None:
    line, column = broken(tmp_path, "an id twice")
    clean(tmp_path, "other.yaml")
    assert f":{line}:{column}: error E-DUP-ID " in run("check").stdout
    assert run("check", "other.yaml").exit_code == 0
    assert run("check", settings={"FAQ": "other.yaml"}).exit_code == 0


def test_an_error_is_one_line_with_place_code_message_and_remedy(tmp_path: Path) -> None:
    line, column = broken(tmp_path, "a key misspelt")
    done = run("check", "faq.yaml")
    assert f"faq.yaml:{line}:{column}: error E-UNKNOWN-KEY 这里没有“titel”这一项；你是不是想写“title”\n" in done.stdout
    assert done.exit_code == 1
    assert "1 个错误" in done.stderr


def test_a_warning_passes_unless_strict(tmp_path: Path) -> None:
    path = clean(tmp_path)
    path.write_text(path.read_text("utf-8").replace("打开手机录像。", "打开手机,录像。"), "utf-8")
    assert [run("check").exit_code, run("check", "--strict").exit_code] == [0, 1]


def test_json_is_for_programs(tmp_path: Path) -> None:
    line, column = broken(tmp_path, "a key misspelt")
    found = json.loads(run("check", "--format", "json", "faq.yaml").stdout)
    assert found["file"] == "faq.yaml"
    assert {
        "file": "faq.yaml",
        "line": line,
        "column": column,
        "severity": "error",
        "code": "E-UNKNOWN-KEY",
        "message": "这里没有“titel”这一项",
        "remedy": "你是不是想写“title”",
        "consequences": 0,
    } in found["problems"]


def test_json_of_a_clean_file_is_still_json(tmp_path: Path) -> None:
    clean(tmp_path)
    assert json.loads(run("check", "--format", "json", "faq.yaml").stdout) == {
        "file": "faq.yaml",
        "problems": [],
    }


def test_github_annotations_escape_what_would_end_them(tmp_path: Path) -> None:
    path = clean(tmp_path)
    path.write_text(path.read_text("utf-8").replace("本金仍要还。", "本金仍要还，利率是3.05%。"), "utf-8")
    done = run("check", "--format", "github", "faq.yaml")
    assert re.fullmatch(
        r"::warning file=faq\.yaml,line=\d+,col=\d+,title=W-WRITTEN-OUT::“3\.05%25”直接写在回答里，.*\n", done.stdout
    )


def test_a_missing_file_is_an_error_in_the_same_form() -> None:
    done = run("check", "nowhere.yaml")
    assert done.stdout.startswith("nowhere.yaml:1:1: error E-FILE ")
    assert done.exit_code == 1


def test_another_encoding_is_an_error_in_the_same_form(tmp_path: Path) -> None:
    (tmp_path / "faq.yaml").write_bytes(GOOD.encode("gb18030"))
    first = next(number for number, line in enumerate(GOOD.splitlines(), 1) if not line.isascii())
    done = run("check", "faq.yaml")
    assert done.stdout.startswith(f"faq.yaml:{first}:")
    assert "error E-ENCODING " in done.stdout
    assert done.exit_code == 1


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "error E-FILE 这是一个文件夹" in run("check", str(tmp_path)).stdout


@pytest.mark.parametrize("arguments", [("check", "--format", "xml"), ("check", "--nope")])
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_several_files_are_checked_each_by_its_name(tmp_path: Path) -> None:
    clean(tmp_path, "a.yaml")
    line, column = broken(tmp_path, "an id twice")
    done = run("check", "a.yaml", "faq.yaml", "a.yaml")
    assert f"faq.yaml:{line}:{column}: error E-DUP-ID " in done.stdout
    assert "a.yaml:" not in done.stdout
    assert done.exit_code == 1
    assert run("check", "a.yaml", "a.yaml").exit_code == 0
    files = json.loads(run("check", "--format", "json", "a.yaml", "faq.yaml", "nowhere.yaml").stdout)
    assert [each["file"] for each in files] == ["a.yaml", "faq.yaml", "nowhere.yaml"]
    assert files[0]["problems"] == []
    assert files[2]["problems"][0]["code"] == "E-FILE"


def test_the_hook_for_pre_commit_takes_the_files_that_it_is_given(tmp_path: Path) -> None:
    hooks = yaml.safe_load((Path(__file__).parents[3] / ".pre-commit-hooks.yaml").read_text("utf-8"))
    hook = next(each for each in hooks if each["id"] == "youshu-check")
    names = ["faq.yaml", "content/faq.yaml"]
    (tmp_path / "content").mkdir()
    assert all(re.search(hook["files"], clean(tmp_path, name).relative_to(tmp_path).as_posix()) for name in names)
    assert run(*hook["entry"].split()[1:], *names).exit_code == 0
    (tmp_path / "content" / "questions").mkdir()
    (tmp_path / "content" / "questions" / "door_knock.txt").write_text("- 有人撬锁怎么办\n", "utf-8")
    names = ["content/questions/door_knock.txt", "content/faq.yaml"]
    assert all(re.search(hook["files"], name) for name in names)
    done = run(*hook["entry"].split()[1:], *names)
    assert done.stdout.splitlines()[-1].startswith("content/questions/door_knock.txt:1:1: warning W-LINE-FORM ")
    assert done.stdout.count("W-LINE-FORM") == 1


def test_check_never_writes(tmp_path: Path) -> None:
    broken(tmp_path, "an id twice")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    run("check")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_question_that_another_topic_gets_is_a_warning_at_its_line(tmp_path: Path) -> None:
    path = clean(tmp_path)
    text = path.read_text("utf-8").replace(
        "      - 东敲门要钱的人来了", "      - 东敲门要钱的人来了\n      - 赤边的利率太高啊"
    )
    path.write_text(text, "utf-8")
    line = text.splitlines().index("      - 赤边的利率太高") + 1
    assert f"faq.yaml:{line}:9: warning W-STOLEN " in run("check", "faq.yaml").stdout


def test_of_very_many_questions_a_share_is_looked_at_for_danger_and_all_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.check.SPOT_CHECKS", 3)
    clean(tmp_path)
    assert "只抽 3 条" in run("check").stderr
    assert run("check", "--full").stderr == ""


def test_a_large_file_is_announced_before_it_is_read(tmp_path: Path) -> None:
    path = clean(tmp_path)
    assert run("check").stderr == ""
    path.write_text(path.read_text("utf-8") + "# 很长的说明\n" * 150_000, "utf-8")
    done = run("check", "faq.yaml")
    assert done.stderr == "faq.yaml 有 3 MB，要检查一会儿……\n"
    assert done.exit_code == 0


def test_progress_shows_where_someone_is_looking_and_nowhere_else(tmp_path: Path) -> None:
    clean(tmp_path)
    seen, hidden = pty.openpty()
    done = subprocess.run(
        command("check"),
        cwd=tmp_path,
        env=environment(tmp_path, {}) | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=hidden,
        check=True,
    )
    os.close(hidden)
    assert "比对相近的问法" in os.read(seen, 65536).decode("utf-8", "replace")
    os.close(seen)
    assert done.stdout == b""


def test_the_schema_command_prints_and_compares(tmp_path: Path) -> None:
    printed = run("schema").stdout
    (tmp_path / "faq.schema.json").write_text(printed, "utf-8")
    assert run("schema", "--check", "faq.schema.json").exit_code == 0
    (tmp_path / "faq.schema.json").write_text(printed + " ", "utf-8")
    stale = run("schema", "--check", "faq.schema.json")
    assert stale.exit_code == 1
    assert "youshu schema > faq.schema.json" in stale.stderr

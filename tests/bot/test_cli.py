"""The commands as a user types them, each in a process of its own."""

import ast
import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import polib
import pytest

from bot.cli import COMMANDS
from bot.messages import ChatIdentity
from bot.store.store import Store
from tests.catalog import CATALOG, compiled
from tests.faqs import intent, write_faq
from tests.processes import command, environment

QUESTIONS = {
    "home_visit": ["催收会上门吗", "会不会来我家", "有人来敲门要钱"],
    "lawsuit": ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_faq(tmp_path, [intent(key, questions) for key, questions in QUESTIONS.items()])
    return tmp_path


def youshu(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        check=False,
        env=environment(folder, {}),
        cwd=folder,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_ask_prints_a_json_object_of_the_designed_form_for_each_line(folder: Path) -> None:
    done = youshu(folder, "ask", "--json", "-", stdin="催收会上门吗\n今天天气怎么样\n")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert set(first) == {"text", "decision", "intent", "score", "candidates", "reply"}
    assert (first["text"], first["decision"], first["intent"]) == ("催收会上门吗", "answer", "home_visit")
    assert first["candidates"][0] == {"intent": "home_visit", "score": first["score"]}
    assert set(first["reply"]) == {"text", "choices", "attachments"}
    assert second["decision"] != "answer"


def test_ask_gives_the_whole_answer_since_there_is_no_second_turn(folder: Path) -> None:
    answer = youshu(folder, "ask", "催收会上门吗").stdout
    for wanted in ("后果二", "权利二", "第二步", "第一千零三十二条"):
        assert wanted in answer


def test_ask_takes_an_empty_line_an_emoji_and_a_very_long_one(folder: Path) -> None:
    done = youshu(folder, "ask", "--json", "-", stdin=f"\n😀😀\n{'我欠了钱' * 2500}\n")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 3


def test_chat_answers_a_number_as_the_choice_that_it_names(folder: Path) -> None:
    done = youshu(folder, "chat", stdin="催收会上门吗\n1\n")
    assert done.returncode == 0
    assert "home_visit的后果二" in done.stdout


def test_check_is_silent_when_there_is_no_error(folder: Path) -> None:
    assert "error" not in youshu(folder, "check").stdout


def test_forget_says_how_it_wants_its_argument(folder: Path) -> None:
    done = youshu(folder, "forget", "telegram")
    assert done.returncode == 2
    assert "telegram:123456" in done.stderr


def test_forget_deletes_talks_in_private_and_in_groups_and_can_be_repeated(folder: Path) -> None:
    async def talked() -> None:
        async with Store(f"sqlite+aiosqlite:///{folder / 'youshu.db'}", call_seconds=30) as store:
            for channel in ("telegram", "telegram_group", "web"):
                await store.turns.save(ChatIdentity(channel, "123"), "{}")

    asyncio.run(talked())
    assert youshu(folder, "forget", "telegram:123").stdout == "已删除 2 条记录\n"
    assert youshu(folder, "forget", "telegram:123").stdout == "已删除 0 条记录\n"


def test_schema_is_json(folder: Path) -> None:
    assert json.loads(youshu(folder, "schema").stdout)["type"] == "object"


def test_a_missing_faq_is_one_line_on_stderr(tmp_path: Path) -> None:
    done = youshu(tmp_path, "ask", "催收会上门吗")
    assert done.returncode == 1
    assert "E-FILE" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        (
            "bot.commands.check",
            {"numpy", "pydantic_settings", "rich", "sqlalchemy", "starlette", "structlog", "telegram"},
        ),
        ("bot.settings", {"numpy"}),
        ("bot.commands.serve", {"aiohttp", "prompt_toolkit", "telegram"}),
    ],
)
def test_nobody_waits_for_what_a_command_does_without(module: str, spared: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert spared.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("chek", "没有“chek”这个命令；您是不是想写“check”？（用法见 youshu --help）"),
        ("frobnicate", "没有“frobnicate”这个命令。（用法见 youshu --help）"),
        ("check --fromat json", "没有“--fromat”这个选项。 您是不是想写 '--format'？（用法见 youshu check --help）"),
        (
            "check --format xml",
            "'--format' 写得不对：没有“xml”，可以写 'text', 'json', 'github'。（用法见 youshu check --help）",
        ),
        ("check --strict=yes", "选项 --strict 后面不用写内容。（用法见 youshu --help）"),
        ("report --html", "选项 --html 后面还要写上内容。（用法见 youshu --help）"),
        ("serve --port web", "'--port' 写得不对：“web”不是整数。（用法见 youshu serve --help）"),
        ("teach home_visit", "还要写上 'TEXT...'.（用法见 youshu teach --help）"),
        ("try faq.yaml", "多写了“faq.yaml”，请删去；话里有空格就给整句加一对引号。（用法见 youshu try --help）"),
    ],
)
def test_a_command_typed_wrong_is_one_line_in_chinese(tmp_path: Path, typed: str, told: str) -> None:
    done = youshu(tmp_path, *typed.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told + "\n")


def test_help_is_in_chinese() -> None:
    # One process for all: most of a command's time is its imports.
    every = "for name in ([], *([each] for each in cli.COMMANDS)): cli.youshu([*name, '--help'], 'youshu', standalone_mode=False)"
    code = f"from bot import cli; cli._speak_chinese()\n{every}"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.count("用法： youshu") == 1 + len(COMMANDS)
    assert not re.search("Usage|Options|Commands|Show|Error|Default", shown, re.IGNORECASE)


def test_the_catalog_is_compiled_and_says_only_what_click_asks_for() -> None:
    assert CATALOG.with_suffix(".mo").read_bytes() == compiled()
    asked = {
        node.value
        for file in Path(click.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    entries = polib.pofile(str(CATALOG))
    assert not [entry.msgid for entry in entries if not {entry.msgid, entry.msgid_plural or entry.msgid} <= asked]

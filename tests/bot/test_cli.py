"""The commands as a user types them."""

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
from tests.stores import sqlite_url
from tests.terminal import OperatorTerminal

QUESTIONS = {
    "home_visit": ["催收会上门吗", "会不会来我家", "有人来敲门要钱"],
    "lawsuit": ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"],
}


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    write_faq(tmp_path, [intent(key, questions) for key, questions in QUESTIONS.items()])
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def test_ask_prints_a_json_object_of_the_designed_form_for_each_line(youshu: OperatorTerminal) -> None:
    done = youshu("ask", "--json", "-", stdin="催收会上门吗\n今天天气怎么样\n")
    first, second = (json.loads(line) for line in done.out.splitlines())
    assert set(first) == {"text", "decision", "intent", "score", "candidates", "danger", "reply"}
    assert (first["text"], first["decision"], first["intent"]) == ("催收会上门吗", "answer", "home_visit")
    assert first["candidates"][0] == {"intent": "home_visit", "score": first["score"]}
    assert set(first["reply"]) == {"text", "choices", "attachments"}
    assert second["decision"] != "answer"


def test_ask_says_how_surely_a_life_is_in_danger(youshu: OperatorTerminal) -> None:
    asked = "催收会上门吗\n催收会上门吗，我活着真没意思\n我不想活了\n"
    records = [json.loads(line) for line in youshu("ask", "--json", "-", stdin=asked).out.splitlines()]
    assert [record["danger"] for record in records] == ["none", "doubtful", "plain"]
    values = [[choice["value"] for choice in record["reply"]["choices"]] for record in records]
    assert ["c:unsafe" in each for each in values] == [False, True, True]
    # The line stands under the whole answer, too.
    assert "12356" in youshu("ask", "催收会上门吗，我活着真没意思").out


def test_ask_gives_the_whole_answer_since_there_is_no_second_turn(youshu: OperatorTerminal) -> None:
    answer = youshu("ask", "催收会上门吗").out
    for wanted in ("后果二", "权利二", "第二步", "第一千零三十二条"):
        assert wanted in answer


def test_ask_short_gives_what_a_person_sees_first_and_its_buttons(youshu: OperatorTerminal) -> None:
    short = youshu("ask", "--short", "催收会上门吗").out
    assert "home_visit的简要回答" in short
    assert "［后果］［权利］［怎么做］" in short
    assert "后果二" not in short


def test_ask_short_in_json_is_the_reply_of_the_web_chat(youshu: OperatorTerminal) -> None:
    whole, short = (json.loads(youshu("ask", "--json", *option, "催收会上门吗").out) for option in ((), ("--short",)))
    assert {key for key in whole if whole[key] != short[key]} == {"reply"}
    assert "后果二" in whole["reply"]["text"]
    assert "后果二" not in short["reply"]["text"]
    assert {"label": "后果", "value": "p:home_visit:consequences"} in short["reply"]["choices"]


def test_a_process_of_its_own_takes_an_empty_line_an_emoji_and_a_very_long_one(youshu: OperatorTerminal) -> None:
    done = subprocess.run(
        command("ask", "--json", "-"),
        env=environment(youshu.folder, {}),
        cwd=youshu.folder,
        input=f"\n😀😀\n{'我欠了钱' * 2500}\n",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert len(done.stdout.splitlines()) == 3


def test_chat_answers_a_number_as_the_choice_that_it_names(youshu: OperatorTerminal) -> None:
    done = youshu("chat", stdin="催收会上门吗\n1\n")
    assert done.code == 0
    assert "home_visit的后果二" in done.out


def test_chat_answers_and_knows_its_own_choices_without_a_database(
    youshu: OperatorTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOUSHU_DATABASE_URL", f"sqlite+aiosqlite:///{youshu.folder}/nowhere/youshu.db")
    done = youshu("chat", stdin="催收会上门吗\n1\n")
    assert done.code == 0
    assert "home_visit的后果二" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith("数据库没有应答")
    assert "照样能聊" in line


def test_check_is_silent_when_there_is_no_error(youshu: OperatorTerminal) -> None:
    assert "error" not in youshu("check").out


def test_forget_says_how_it_wants_its_argument(youshu: OperatorTerminal) -> None:
    done = youshu("forget", "telegram")
    assert done.code == 2
    assert "telegram:123456" in done.err


def test_forget_deletes_talks_in_private_and_in_groups_and_can_be_repeated(youshu: OperatorTerminal) -> None:
    async def talked() -> None:
        async with Store(sqlite_url(youshu.folder), call_seconds=30) as store:
            for channel in ("telegram", "telegram_group", "web"):
                await store.turns.save(ChatIdentity(channel, "123"), "{}")

    asyncio.run(talked())
    assert youshu("forget", "telegram:123").out == "已删除 2 条记录\n"
    assert youshu("forget", "telegram:123").out == "已删除 0 条记录\n"


def test_schema_is_json(youshu: OperatorTerminal) -> None:
    assert json.loads(youshu("schema").out)["type"] == "object"


def test_a_missing_faq_is_one_line_on_stderr(youshu: OperatorTerminal) -> None:
    youshu.faq.unlink()
    done = youshu("ask", "催收会上门吗")
    assert done.code == 1
    assert "E-FILE" in done.err
    assert len(done.err.splitlines()) == 1


SPARED = {
    "bot.commands.check": {"numpy", "pydantic_settings", "rich", "sqlalchemy", "starlette", "structlog", "telegram"},
    "bot.settings": {"numpy"},
    "bot.commands.serve": {"aiohttp", "prompt_toolkit", "telegram"},
}


def test_nobody_waits_for_what_a_command_does_without() -> None:
    # One process, in which nothing is unloaded: each module is held to no less than in a process of its own.
    code = "".join(f"import {module}; print(*sys.modules)\n" for module in SPARED)
    done = subprocess.run([sys.executable, "-c", f"import sys\n{code}"], capture_output=True, text=True, check=True)
    for (module, spared), loaded in zip(SPARED.items(), done.stdout.splitlines(), strict=True):
        assert spared.isdisjoint(loaded.split()), module


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
        ("teach home_visit", "还要写上 '问法…'.（用法见 youshu teach --help）"),
        ("try faq.yaml", "多写了“faq.yaml”，请删去；话里有空格就给整句加一对引号。（用法见 youshu try --help）"),
    ],
)
def test_a_command_typed_wrong_is_one_line_in_chinese(youshu: OperatorTerminal, typed: str, told: str) -> None:
    assert youshu(*typed.split()) == (2, "", told + "\n")


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("teach", "话题"),
        ("teach home_visit", "问法…"),
        ("ask", "问题…"),
        ("forget", "渠道:用户"),
        ("export", "渠道:用户"),
    ],
)
def test_what_is_missing_is_named_in_chinese(youshu: OperatorTerminal, typed: str, named: str) -> None:
    done = youshu(*typed.split())
    assert done.code == 2
    assert named in done.err
    assert not re.search("[A-Z]{3,}", done.err)


def test_help_is_in_chinese(youshu: OperatorTerminal) -> None:
    for name in ([], *([name] for name in COMMANDS)):
        shown = youshu(*name, "--help").out
        assert "用法： youshu" in shown
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


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_a_locale_that_is_not_utf8_loses_nothing_and_kills_nothing(youshu: OperatorTerminal, encoding: str) -> None:
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    if encoding == "gbk":
        locale["PYTHONIOENCODING"] = "gbk"
    asked = subprocess.run(
        command("ask", "催收会上门吗"),
        env={**environment(youshu.folder, {}), **locale},
        capture_output=True,
        check=False,
    )
    assert asked.stderr == b""
    assert asked.stdout.decode("gbk" if encoding == "gbk" else "utf-8").startswith("【home_visit标题】")

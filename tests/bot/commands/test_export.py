"""`youshu export`: what is kept of one person, on stdout or in a file of the operator's own."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from bot.messages import ChatIdentity
from bot.store.analytics import TurnEvent, Vote
from bot.store.store import Store
from tests.faqs import intent, write_faq
from tests.stores import sqlite_url
from tests.terminal import OperatorTerminal


@pytest.fixture
def youshu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OperatorTerminal:
    write_faq(tmp_path, [intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"])])

    async def talked() -> None:
        async with Store(sqlite_url(tmp_path), call_seconds=30) as store:
            vote = TurnEvent("answer", "lawsuit", vote=Vote("lawsuit", useful=False, reason="unclear"))
            for channel in ("telegram", "telegram_group", "web"):
                await store.turns.save(ChatIdentity(channel, "123"), '{"intent": "lawsuit"}', vote)

    asyncio.run(talked())
    return OperatorTerminal(tmp_path, monkeypatch, capsys)


def test_all_rows_of_a_person_are_shown_as_json(youshu: OperatorTerminal) -> None:
    done = youshu("export", "telegram:123")
    assert done.code == 0
    assert done.err == "共 4 条记录\n"
    shown = json.loads(done.out)
    assert (shown["channel"], shown["user"]) == ("telegram", "123")
    assert [(each["table"], len(each["rows"])) for each in shown["records"]] == [("talks", 2), ("votes", 2)]
    assert shown["records"][0]["title"] == "聊到哪里"
    assert shown["records"][0]["rows"][0]["state"] == {"intent": "lawsuit"}
    assert shown["records"][1]["rows"][0]["reason"] == "unclear"
    assert "遮盖" in shown["not_in_it"]


def test_somebody_unknown_is_said_to_be_unknown(youshu: OperatorTerminal) -> None:
    done = youshu("export", "web:456")
    assert done.err == "没有这个人的记录\n"
    assert json.loads(done.out)["records"] == []


def test_a_file_is_for_its_owner_only_and_never_overwritten(youshu: OperatorTerminal) -> None:
    file = youshu.folder / "王.json"
    done = youshu("export", "telegram:123", "--out", str(file))
    assert (done.code, done.out, done.err) == (0, "", f"共 4 条记录，写进了 {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = file.read_bytes()
    assert len(json.loads(kept)["records"]) == 2
    again = youshu("export", "web:456", "--out", str(file))
    assert again.code == 1
    assert "已经有了" in again.err
    assert file.read_bytes() == kept


def test_where_nothing_can_be_written_one_line_says_why(youshu: OperatorTerminal) -> None:
    done = youshu("export", "telegram:123", "--out", str(youshu.folder / "nowhere" / "a.json"))
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "找不到" in done.err


def test_a_person_written_wrong_is_told_how(youshu: OperatorTerminal) -> None:
    done = youshu("export", "123")
    assert done.code == 2
    assert "telegram:123456" in done.err

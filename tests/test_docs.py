"""What the documentation says exists, and what exists is documented."""

import re
from pathlib import Path

import click
import pytest
import yaml

from bot.cli import COMMANDS, youshu
from intents.knowledge import Knowledge

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_names_every_command_that_is_there(name: str) -> None:
    command = youshu.get_command(click.Context(youshu), name)
    assert command is not None
    assert command.name == name
    assert f"youshu {name}" in README


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"youshu ([a-z]+)", README))
    assert named <= set(COMMANDS)


def test_the_readme_counts_the_topics(shipped: Knowledge) -> None:
    assert re.findall(r"(\d+) 个话题", README) == [str(len(shipped.faq.intents))]


def test_the_readme_tells_what_to_type_on_windows() -> None:
    told = README.partition("PowerShell")[2].partition("```")[2].partition("```")[0]
    assert "uv" in told
    assert "make" not in told


def test_the_topics_that_the_article_is_silent_about_are_those_without_a_source() -> None:
    listed = (ROOT / "docs" / "source-article.md").read_text("utf-8").partition("## Topics people ask")[2]
    intents = yaml.safe_load((ROOT / "faq.yaml").read_text("utf-8"))["intents"]
    silent = {intent["id"] for intent in intents if "source" not in intent}
    assert set(re.findall(r"`([a-z_]+)`", listed)) - {"source"} == silent


@pytest.mark.parametrize(
    "path", [str(p.relative_to(ROOT)) for p in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])]
)
def test_every_relative_link_in_the_docs_leads_somewhere(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    links = [
        link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link and not link.startswith("mailto:")
    ]
    missing = [link for link in links if not (ROOT / path).parent.joinpath(link).exists()]
    assert missing == []


@pytest.mark.parametrize("channel", ["wechat", "wecom"])
def test_every_row_of_the_vendors_limits_says_what_holds_it(channel: str) -> None:
    table = (ROOT / f"docs/{channel}.md").read_text("utf-8").partition("## 10.")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| 限制")]
    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"`([A-Z_]{5,}|test_\w+)`", row)] == []


@pytest.mark.parametrize("channel", ["wechat", "wecom"])
def test_every_limit_of_the_vendor_names_a_constant_or_a_test_that_is_there(channel: str) -> None:
    table = (ROOT / f"docs/{channel}.md").read_text("utf-8").partition("## 10.")[2]
    named = set(re.findall(r"`([A-Z_]{5,}|test_\w+)`", table))
    sources = [path for room in (channel, "wx") for path in ROOT.glob(f"tests/bot/channels/{room}/*.py")]
    sources += [path for room in (channel, "wx") for path in ROOT.glob(f"bot/channels/{room}/*.py")]
    sources += [ROOT / f"tests/bot/test_service_{channel}.py", *ROOT.glob("tests/bot/channels/test_*.py")]
    sources += [*ROOT.glob("tests/bot/test_service_n*.py"), ROOT / "tests/bot/commands/test_doctor.py"]
    sources.append(ROOT / "bot/commands/doctor_channels.py")
    there = {
        name
        for path in sources
        for name in re.findall(r"^([A-Z_]{5,}): |^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert named - {name for pair in there for name in pair} == set()
    assert len(named) > 30

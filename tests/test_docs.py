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


def test_every_limit_of_wechat_names_a_constant_or_a_test_that_is_there() -> None:
    table = (ROOT / "docs/wechat.md").read_text("utf-8").partition("## 10.")[2]
    named = set(re.findall(r"`([A-Z_]{5,}|test_\w+)`", table))
    tests = [*ROOT.glob("tests/bot/channels/w[ex]*/*.py"), ROOT / "tests/bot/test_service_wechat.py"]
    sources = [path.read_text("utf-8") for path in (*ROOT.glob("bot/channels/w[ex]*/*.py"), *tests)]
    there = {
        name
        for text in sources
        for name in re.findall(r"^([A-Z_]{5,}): |^(?:async )?def (test_\w+)", text, re.MULTILINE)
    }
    assert named - {name for pair in there for name in pair} == set()
    assert len(named) > 30

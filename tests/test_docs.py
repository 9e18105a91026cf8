"""What the documentation says exists, and what exists is documented."""

import re
from pathlib import Path

import click
import pytest

from bot.cli import COMMANDS, youshu

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


@pytest.mark.parametrize("path", ["README.md", *(str(p.relative_to(ROOT)) for p in sorted(ROOT.glob("docs/**/*.md")))])
def test_every_relative_link_in_the_docs_leads_somewhere(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    links = [
        link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link and not link.startswith("mailto:")
    ]
    missing = [link for link in links if not (ROOT / path).parent.joinpath(link).exists()]
    assert missing == []

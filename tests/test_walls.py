"""The walls of the house: who may import whom (design, "The house")."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([*ROOT.glob("intents/**/*.py"), *ROOT.glob("bot/**/*.py")])
CHANNELS = {path.stem.split("_")[0] for path in ROOT.glob("bot/channels/*.py")} - {"", "render"}


def imported(path: Path) -> Iterator[str]:
    """The absolute names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def channel_of(name: str) -> str | None:
    """The channel that a dotted module name belongs to."""
    parts = name.split(".")
    stem = parts[2].split("_")[0] if parts[:2] == ["bot", "channels"] and len(parts) > 2 else ""
    return stem if stem in CHANNELS else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_to_its_side_of_the_walls(path: Path) -> None:
    names = set(imported(path))
    module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    if module.startswith("intents"):
        assert not {name for name in names if name == "bot" or name.startswith("bot.")}
        network = {"httpx", "socket", "sqlalchemy", "starlette", "telegram", "uvicorn"}
        assert not {name for name in names if name.split(".")[0] in network}
    if module == "bot.talk.conversation":
        assert not {name for name in names if name.startswith("bot.channels")}
    own = channel_of(module)
    if own is not None:
        assert not {name for name in names if name.split(".")[0] == "intents"}
        assert {channel_of(name) for name in names} <= {own, None}


def test_no_module_grows_past_what_one_purpose_needs() -> None:
    too_long = {
        str(path.relative_to(ROOT)): lines for path in MODULES if (lines := path.read_text("utf-8").count("\n")) > 300
    }
    assert too_long == {}

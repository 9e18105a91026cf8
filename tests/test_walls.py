"""The walls of the house: which room may import which (docs/architecture.md).

A new room is one line in ROOMS; a module that belongs to no room fails.
"""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([*ROOT.glob("intents/**/*.py"), *ROOT.glob("bot/**/*.py")])

SHARED = (
    "bot.choices",
    "bot.limit_counters",
    "bot.messages",
    "bot.privacy",
    "bot.observe",
    "bot.signals",
    "bot.startup_error",
)
"""What every room of the bot may use."""

ROOMS: dict[str, tuple[str, ...]] = {
    "intents.errors": (),
    "intents.chinese": (),
    "intents.danger": ("intents.chinese",),
    "intents.faq": ("intents.errors",),
    "intents.matching": ("intents.errors", "intents.chinese", "intents.danger", "intents.faq.schema"),
    "intents.checks": ("intents.chinese", "intents.danger", "intents.faq", "intents.matching"),
    "intents": (
        "intents.errors",
        "intents.chinese",
        "intents.danger",
        "intents.faq",
        "intents.matching",
        "intents.checks",
    ),
    "bot.shared": ("intents",),
    "bot.store": ("bot.shared", "intents.errors"),
    "bot.crisis": ("bot.shared", "intents"),
    "bot.talk": ("bot.shared", "bot.store", "bot.crisis", "intents"),
    "bot.jobs": ("bot.shared", "bot.store"),
    "bot.operators": ("bot.shared", "bot.store", "bot.jobs", "bot.talk", "intents"),
    "bot.http": ("bot.shared", "intents"),
    "bot.channels": ("bot.shared",),
    "bot.channels.wx": ("bot.shared", "bot.store.errors"),
    "bot.channels.telegram": (
        "bot.shared",
        "bot.channels",
        "bot.talk",
        "bot.operators",
        "bot.http",
        "bot.store.errors",
    ),
    "bot.channels.wechat": (
        "bot.shared",
        "bot.channels",
        "bot.channels.wx",
        "bot.talk.fragments",
        "bot.talk.text_commands",
        "bot.talk.wording",
        "bot.operators",
        "bot.http",
        "bot.store.errors",
    ),
    "bot.channels.wecom": (
        "bot.shared",
        "bot.channels",
        "bot.channels.wx",
        "bot.talk.fragments",
        "bot.talk.text_commands",
        "bot.http",
        "bot.jobs.jobs",
        "bot.store.errors",
        "bot.store.pulls",
    ),
    "bot.channels.web": ("bot.shared", "bot.channels", "bot.http"),
    "bot.settings_spelling": (),
    "bot.settings_file": ("bot.settings_spelling", "intents.errors"),
    "bot.settings": ("bot.settings_file", "bot.settings_spelling", "bot.shared", "intents.errors"),
    "bot.service": ("bot", "intents"),
    "bot.service_channels": ("bot", "intents"),
    "bot.commands": ("bot", "intents"),
    "bot": ("bot.commands", "intents.errors"),
}
"""Each room and what it may import besides itself; a name also stands for what lies inside it, but for `intents` and `bot`,
which as rooms are the modules directly in that folder and as permissions everything below."""


def room_of(module: str) -> str:
    """The room that a module stands in: the longest name that fits."""
    if module in SHARED:
        return "bot.shared"
    fitting = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    assert fitting, f"{module} stands in no room"
    return max(fitting, key=len)


def imported(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_module(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names if is_module(f"{node.module}.{alias.name}")]
            yield from inner
            if len(inner) < len(node.names) and is_module(node.module):
                yield node.module


def is_module(name: str) -> bool:
    """Whether a dotted name is a module or package of ours."""
    path = ROOT / name.replace(".", "/")
    return name.partition(".")[0] in {"bot", "intents"} and (path.with_suffix(".py").exists() or path.is_dir())


def name_of(path: Path) -> str:
    """The dotted name of a file's module."""
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def allowed(module: str, other: str) -> bool:
    """Whether a module may import another."""
    own, theirs = room_of(module), room_of(other)
    if own == theirs:
        return True
    return any(
        theirs == "bot.shared" if may == "bot.shared" else (other == may or other.startswith(f"{may}."))
        for may in ROOMS[own]
    )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_keeps_to_its_side_of_the_walls(path: Path) -> None:
    module = name_of(path)
    assert [other for other in imported(path) if not allowed(module, other)] == []


def test_rooms_stand_on_floors() -> None:
    arrows: dict[str, set[str]] = {room: set() for room in ROOMS}
    for path in MODULES:
        own = room_of(name_of(path))
        arrows[own] |= {room_of(other) for other in imported(path)} - {own}
    TopologicalSorter(arrows).prepare()  # raises CycleError where rooms import each other in a circle


@pytest.mark.parametrize("path", [path for path in MODULES if "intents" in path.parts], ids=name_of)
def test_intents_knows_no_network_and_no_database(path: Path) -> None:
    outside = {"aiohttp", "aiosqlite", "httpx", "socket", "sqlalchemy", "starlette", "telegram", "uvicorn"}
    tree = ast.parse(path.read_text("utf-8"))
    names = {
        alias.name if isinstance(node, ast.Import) else (node.module or "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not {name for name in names if name.partition(".")[0] in outside}


def test_only_commands_import_the_service() -> None:
    importers = {name_of(path) for path in MODULES if "bot.service" in set(imported(path))}
    assert {name.rpartition(".")[0] for name in importers} <= {"bot.commands"}

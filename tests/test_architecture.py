"""docs/architecture.md is true: its modules and files exist, every room is in it, and its walls are those of the tests."""

import re
from pathlib import Path

import pytest

from tests.test_walls import ROOMS, ROOT, SHARED, is_module, room_of

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
MODULE = re.compile(r"`((?:bot|intents)(?:\.[a-z_]+)*)`")
FILE = re.compile(r"`([\w./-]+(?:/|\.(?:example|md|py|yaml)))`")
ROWS = {
    room: (purpose, frozenset(MODULE.findall(imports)))
    for room, purpose, imports in re.findall(
        r"^\| `([\w.]+)` \| (.+?) \| ?(.*?) ?\|$", PAGE.partition("## What each room may import")[2], re.MULTILINE
    )
}
"""Each room of the table: what it is for, and what it may import."""
FLOORS = {
    name: floor
    for floor, line in enumerate(PAGE.split("```")[1].splitlines())
    for name in re.findall(r"\b(?:bot|intents)(?:\.[a-z_]+)*", line)
    if name in ROOMS
}
"""Each room of the picture, and how far down it stands."""


@pytest.mark.parametrize(
    "name", sorted({*MODULE.findall(PAGE), *re.findall(r"\b(?:bot|intents)\.[a-z_.]*[a-z]", PAGE)})
)
def test_every_module_named_exists(name: str) -> None:
    assert is_module(name) or name in ROOMS


@pytest.mark.parametrize("name", sorted(set(FILE.findall(PAGE))))
def test_every_file_named_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("package", ["bot", "intents"])
def test_every_package_is_named(package: str) -> None:
    folders = [path.parent.relative_to(ROOT) for path in Path(ROOT, package).rglob("__init__.py")]
    assert {".".join(folder.parts) for folder in folders} <= set(MODULE.findall(PAGE))


def test_the_walls_are_those_that_the_tests_hold() -> None:
    assert {room: imports for room, (_, imports) in ROWS.items()} == {
        room: frozenset(others) for room, others in ROOMS.items()
    }


@pytest.mark.parametrize("room", ROOMS)
def test_in_the_picture_arrows_go_down(room: str) -> None:
    below = {other if other == "bot.shared" else room_of(other) for other in ROOMS[room] if other != "bot"}
    assert [other for other in below if FLOORS[other] <= FLOORS[room]] == []


def test_what_every_room_may_use_is_named() -> None:
    assert set(MODULE.findall(ROWS["bot.shared"][0])) == set(SHARED)

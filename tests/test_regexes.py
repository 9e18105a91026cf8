"""No text that anybody can send or save makes a pattern take longer than a budget of steps."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from bot.privacy import MAX_CHARACTERS as MASKED
from bot.talk.message import MAX_CHARACTERS as READ
from bot.talk.text_commands import _COMMANDS, LONGEST_COMMAND
from intents.danger.spelling import MAX_CHARACTERS as ASSESSED
from intents.matching.normalize import MAX_CHARACTERS as MATCHED
from tests.regexes import Expression

ROOT = Path(__file__).parent.parent

LENGTHS: Mapping[str, int] = {
    "intents/danger/": ASSESSED,
    "intents/matching/": MATCHED,
    "intents/chinese/": READ,
    "bot/privacy.py": MASKED,
    "bot/talk/": READ,
    "bot/crisis/": READ,
    "bot/channels/": READ,
    "bot/http/": READ,
}
"""The longest text that a pattern of a room meets, in characters, where people write it."""
LINE = 200
"""Characters of a line of FAQ, settings or command, which an operator writes who could as well stop the bot."""

STRANGERS = 400_000
"""Steps from one place in a text that somebody sends; the worst that could be built for such a pattern takes some 40 ms for all places."""
OPERATORS = 100_000_000
"""Steps from one place in a line of an operator's own."""

_SPY = """
import importlib, json, pathlib, pkgutil, re, sys
compiled, root = {}, str(pathlib.Path.cwd()) + "/"
really = re._compile
def spy(pattern, flags):
    frame = sys._getframe(1)
    while frame.f_code.co_filename == re.__file__:
        frame = frame.f_back
    name = frame.f_code.co_filename
    if name.startswith((root + "bot/", root + "intents/")) and isinstance(pattern, (str, bytes)):
        text = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
        compiled[text, int(flags)] = name.removeprefix(root)
    return really(pattern, flags)
re._compile = spy
for room in ("intents", "bot"):
    for module in pkgutil.walk_packages([room], room + "."):
        if module.name != "bot.__main__" and ".migrations." not in module.name:  # alembic alone can import those
            importlib.import_module(module.name)
from bot.crisis.loading import shipped_script
from intents.knowledge import Knowledge
from intents.danger.detector import shipped_detector
matcher = Knowledge.load(pathlib.Path("faq.yaml")).matcher
matcher.warm()
matcher.match("wo xiang wen 催收 please help")
shipped_detector().warm()
shipped_detector().assess("wo xiang si le")
shipped_script().listeners
print(json.dumps([[text, flags, name] for (text, flags), name in compiled.items()]))
"""
"""Imports all and warms it, and prints each pattern that code of ours compiles, and in which file."""

NOT_COMPILED_AT_START: Mapping[str, str] = {
    "bot/commands/wechat.py": r"[A-Za-z0-9_-]{1,64}",
    "bot/settings.py": r"(?:[^@]*@)?(?:\[[^\]@]*\]|[^:@\[\]]*)(?::[0-9]+)?",
    "intents/checks/claims.py": r"(?<!\d)12378(?!\d)",
    "intents/checks/references.py": r"(?<![\d.])(?:123|24%)(?![\d.])",
    "intents/faq/syntax.py": r"^\s*(?:- +)?(?:id|title)\s*:",
}
"""The files that make patterns only when they are needed, and their form."""


@cache
def patterns() -> tuple[tuple[str, int, str], ...]:
    """Every pattern with its flags and its file."""
    done = subprocess.run([sys.executable, "-c", _SPY], cwd=ROOT, capture_output=True, check=True)
    several = [(text, flags, name) for text, flags, name in json.loads(done.stdout)]
    return (*several, *((text, 0, name) for name, text in NOT_COMPILED_AT_START.items()))


def length(text: str, name: str) -> int:
    """The longest text that a pattern meets."""
    if text in {each.pattern for each in _COMMANDS.values()}:
        return LONGEST_COMMAND
    return next((length for room, length in LENGTHS.items() if name.startswith(room)), LINE)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Where `re` is called with a pattern inside a function, so that nothing has to have called it yet."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if isinstance(node, ast.Call) and node.args and name.startswith("re.") and name != "re.escape":
                    yield node


@pytest.mark.proof
def test_every_pattern_has_a_budget_of_steps() -> None:
    beyond = []
    for text, flags, name in patterns():
        steps = Expression(text, flags, length(text, name)).steps_from_one_place
        people = any(name.startswith(room) for room in LENGTHS)
        if steps > (STRANGERS if people else OPERATORS):
            beyond.append(f"{name}: {steps:.3g} steps: {text[:200]}")
    assert beyond == []
    assert len(patterns()) > 1_500


@pytest.mark.proof
def test_no_pattern_is_overlooked() -> None:
    known = {name for _, _, name in patterns()}
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("intents/**/*.py")]:
        name = path.relative_to(ROOT).as_posix()
        for call in calls(ast.parse(path.read_text("utf-8"))):
            literal = isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
            if literal:
                pattern = ast.literal_eval(call.args[0])
                assert Expression(pattern, 0, length(pattern, name)).steps_from_one_place < STRANGERS, (name, pattern)
            else:
                assert name in known, f"{name}:{call.lineno} makes patterns that this test doesn't see"


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:a+)+b",
        r"(?:a*)*b",
        r"(?:[ab]+c?)+d",
        r"(?:a|ab|b)*c",
        r"(?:试试?)+x",
        r"(?:[\u4e00-\u9fff]{2,8}?[省市])*路",
        r"微信\s*号?\s*是?\s*[a-z]",
        r"(?:我|个|我个)+痛快",
        r".*.*.*x",
    ],
)
def test_a_pattern_that_tries_too_many_ways_is_seen(pattern: str) -> None:
    assert Expression(pattern).steps_from_one_place > STRANGERS


@pytest.mark.parametrize(
    "pattern",
    [
        "催收",
        r"[a-z]+(?: +[a-z]+)*",
        r"want +to +die",
        r"(?:请|麻烦|我(?:要|想要?))*",
        r"[^，]{0,8}(?:跳|死)[^，]{0,8}",
        r"(?>a|ab)c",
        r"<[^>]*>",
    ],
)
def test_a_pattern_that_goes_straight_through_is_within_the_budget(pattern: str) -> None:
    assert Expression(pattern).steps_from_one_place < STRANGERS


@pytest.mark.parametrize("pattern", [r"(?:a|ab)(?:c|bcd)d*", "x{1,3}y", "(?:走|走的|的)*了", r"\w+@\w+"])
@pytest.mark.parametrize("text", ["abcd" * 3, "xxxy", "走的走的走的走", "aaaa@aaa"])
def test_the_bound_holds_for_what_the_matcher_really_does(pattern: str, text: str) -> None:
    paths = sum(
        1
        for start in range(len(text))
        for end in range(start, len(text) + 1)
        if re.compile(pattern).fullmatch(text, start, end)
    )
    assert Expression(pattern, 0, len(text)).steps >= paths

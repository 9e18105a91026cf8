"""docs/operators.md, followed word for word as a newcomer would: every command run, every edit made."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from intents.faq.reader import parse_yaml
from tests.terminal import OperatorTerminal

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "operators.md"
TYPED = re.compile(r"(?:问|您)：(.*)")
REFUSED = re.compile(r"E-|没有写|已经在")
"""What the tutorial shows where a command says no."""
STEP = re.compile(
    r"```console\n(?P<console>.*?)```"
    r"|<!-- 改 (?P<intent>\S+)(?: (?P<part>\S+))? -->\n```yaml\n(?P<yaml>.*?)```"
    r"|<!-- 存 (?P<file>\S+) -->\n```text\n(?P<text>.*?)```",
    re.DOTALL,
)
PLACE = re.compile(r"^(\S+?):(\d+):\d+: ", re.MULTILINE)
"""What `youshu where` prints of a place."""


@dataclass(frozen=True)
class Command:
    """A line to type, what is typed into it, and what the tutorial says one sees."""

    line: str
    stdin: str
    seen: str


def tutorial() -> str:
    return DOCUMENT.read_text("utf-8").partition("## 从头走一遍")[2].partition("## check 的每一条")[0]


def commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, rest = part.partition("\n")
        typed = [found[1] for found in map(TYPED.fullmatch, rest.splitlines()) if found]
        seen = "\n".join(text for text in rest.splitlines() if not TYPED.fullmatch(text))
        yield Command(line, "".join(f"{text}\n" for text in typed), seen)


def assert_seen(promised: str, printed: str, line: str) -> None:
    """Every promised line was printed, in this order; … stands for anything."""
    pieces = [re.escape(piece.strip()) for piece in re.split(r"…|\n", promised) if piece.strip()]
    assert re.search(".*?".join(pieces), printed, re.DOTALL), f"$ {line}\n{printed}\n-- promised --\n{promised}"


def replaced(text: str, intent: str, part: str, lines: str) -> str:
    """The file with an intent, or a one-line part of it, replaced by the tutorial's lines."""
    document = parse_yaml(text)
    listed = document.at(("intents",))
    assert isinstance(listed, list)
    index = next(n for n, entry in enumerate(listed) if isinstance(entry, dict) and entry["id"] == intent)
    rows = text.splitlines(keepends=True)
    if part == "全部":
        first = document.place(("intents", index)).line - 1
        last = document.place(("intents", index, "reviewed")).line
    else:
        first = document.place(("intents", index, *part.split("."))).line - 1
        last = first + 1
    return "".join([*rows[:first], lines, *rows[last:]])


def changed_where(folder: Path, printed: str, line: str) -> None:
    """Change the line that `youshu where` named."""
    found = PLACE.search(printed)
    assert found
    file, number = folder / found[1], int(found[2])
    rows = file.read_text("utf-8").splitlines(keepends=True)
    assert rows[number - 1].split(":")[0] == line.split(":", maxsplit=1)[0]
    file.write_text("".join([*rows[: number - 1], line, *rows[number:]]), encoding="utf-8")


@pytest.mark.proof
def test_every_step_of_the_tutorial_works_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = OperatorTerminal(tmp_path, monkeypatch, capsys)
    monkeypatch.delenv("YOUSHU_FAQ")
    folder = tmp_path
    done = 0
    printed = ""
    for step in STEP.finditer(tutorial()):
        if step["file"]:
            (folder / step["file"]).write_text(step["text"], encoding="utf-8")
            continue
        if step["intent"] == "where":
            changed_where(folder, printed, step["yaml"])
            continue
        if step["yaml"]:
            file = folder / "faq.yaml"
            edited = replaced(file.read_text("utf-8"), step["intent"], step["part"], step["yaml"])
            file.write_text(edited, encoding="utf-8")
            continue
        for command in commands(step["console"]):
            program, *arguments = shlex.split(command.line)
            done += 1
            if program == "youshu":
                result = terminal(*arguments, stdin=command.stdin)
                assert result.code == (1 if REFUSED.search(command.seen) else 0), f"{command.line}\n{result.err}"
                printed = f"{result.out}\n{result.err}"
                assert_seen(command.seen, printed, command.line)
            elif program == "mkdir":
                (folder / arguments[0]).mkdir()
            else:
                assert program == "cd"
                folder = folder / arguments[0]
                monkeypatch.chdir(folder)
    assert done >= 20


def test_the_tutorial_leaves_no_command_of_the_bench_out() -> None:
    for name in ("ask", "check", "try", "teach", "diff", "new", "chat", "report", "undo", "where", "import", "init"):
        assert f"$ youshu {name}" in tutorial()

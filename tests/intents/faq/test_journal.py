"""A writer that is killed in the midst of several files: the next one finishes what it began, and never over somebody's own change."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from intents.faq.files import read_files
from intents.faq.journal import Step, finish_interrupted, take, write_journal
from intents.faq.rewrite import exclusive_writer
from intents.load import load_faq
from tests.faqs import one_file
from tests.talking import SHIPPED_FAQ


@pytest.fixture
def steps(tmp_path: Path) -> list[Step]:
    """Three files that are about to change: one replaced, one new, one deleted."""
    for name in ("faq.yaml", "a.new", "b.new", "a.old", "gone"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    return [
        Step(tmp_path / "faq.yaml", tmp_path / "a.new", tmp_path / "a.old"),
        Step(tmp_path / "b", tmp_path / "b.new", None),
        Step(tmp_path / "gone", None, None),
    ]


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


@pytest.mark.parametrize("done", range(4))
def test_whatever_was_left_to_do_is_done_and_nothing_is_left_over(tmp_path: Path, steps: list[Step], done: int) -> None:
    write_journal(tmp_path / "faq.yaml", steps)
    for step in steps[:done]:
        take(step)
    finish_interrupted(tmp_path / "faq.yaml")
    assert contents(tmp_path) == {"faq.yaml": "a.new", "b": "b.new"}


def test_a_file_that_somebody_changed_since_is_left_as_they_want_it(tmp_path: Path, steps: list[Step]) -> None:
    write_journal(tmp_path / "faq.yaml", steps)
    (tmp_path / "faq.yaml").write_text("mine", encoding="utf-8")
    finish_interrupted(tmp_path / "faq.yaml")
    assert contents(tmp_path) == {"faq.yaml": "mine", "gone": "gone"}


def test_without_an_interruption_nothing_happens(tmp_path: Path) -> None:
    finish_interrupted(tmp_path / "faq.yaml")
    assert contents(tmp_path) == {}


def whole(path: Path) -> dict[str, bytes]:
    files = read_files(path)
    return {"": files.main, **files.questions}


@pytest.mark.proof
def test_split_killed_at_any_moment_is_all_or_nothing_for_the_next_writer_and_loads_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "faq.yaml"
    text = one_file(SHIPPED_FAQ).encode()
    program = "import sys; from pathlib import Path; from intents.split import split; split(Path(sys.argv[1]))"
    old, new = {"": text}, whole(SHIPPED_FAQ)
    seen = set()
    for _ in range(12):
        path.write_bytes(text)
        for file in (tmp_path / "questions").glob("*"):
            file.unlink()
        with contextlib.suppress(OSError):
            (tmp_path / "questions").rmdir()
        process = subprocess.Popen([sys.executable, "-c", program, str(path)])
        pending = tmp_path / ".faq.yaml.pending"
        while process.poll() is None and not pending.exists():
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert load_faq(path).intents
        with exclusive_writer(path):
            now = whole(path)
        assert now in (old, new)
        seen.add(now == new)
    assert True in seen

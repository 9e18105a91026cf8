"""`youshu try` on a real terminal, and on a pipe: ask, save, and see what changed."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faqs import faq_text, intent, write_faq
from tests.processes import command, environment
from tests.terminal import OperatorTerminal

DEADLINE_SECONDS = 30
HOME_VISIT = intent("home_visit", ["催收真的会上门吗", "会不会来我家里要账", "有人来敲门要钱怎么办"], title="上门催收")
LAWSUIT = intent("lawsuit", ["不还钱会被起诉吗", "收到法院传票怎么办", "欠多少会打官司"], title="被起诉")
MOVED = "蓝色信封要不要拆开看"


class Terminal:
    """A pseudo-terminal with `youshu try` in it."""

    def __init__(self, folder: Path) -> None:
        self.screen, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        self.process = subprocess.Popen(
            command("try"),
            env=environment(folder, {}) | {"TERM": "xterm"},
            cwd=folder,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            close_fds=True,
        )
        os.close(inner)
        self.seen = ""
        os.set_blocking(self.screen, False)

    def type(self, text: str) -> None:
        os.write(self.screen, f"{text}\r".encode())

    async def until(self, wanted: str) -> str:
        """Everything on the screen up to and with these words, which then count as read."""
        loop = asyncio.get_running_loop()
        more = asyncio.Event()
        loop.add_reader(self.screen, more.set)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while wanted not in self.seen:
                    await more.wait()
                    more.clear()
                    self._read()
        except TimeoutError:
            raise AssertionError(f"{wanted!r} not on the screen: {self.seen!r}") from None
        finally:
            loop.remove_reader(self.screen)
        before, _, self.seen = self.seen.partition(wanted)
        return before + wanted

    def _read(self) -> None:
        try:
            raw = os.read(self.screen, 65536).decode("utf-8", "replace")
        except (BlockingIOError, OSError):
            return
        self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    write_faq(tmp_path, [{**HOME_VISIT, "questions": [*_questions(HOME_VISIT), MOVED]}, LAWSUIT])
    opened = Terminal(tmp_path)
    yield opened
    opened.process.kill()
    opened.process.wait()
    os.close(opened.screen)


def _questions(entry: dict[str, object]) -> list[str]:
    listed = entry["questions"]
    assert isinstance(listed, list)
    return listed


async def test_a_save_is_loaded_while_the_prompt_waits_and_the_last_question_asked_again(
    terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.until("问：")
    terminal.type(MOVED)
    await terminal.until("决定：回答")
    await terminal.until("home_visit的简要回答")
    moved = faq_text([HOME_VISIT, {**LAWSUIT, "questions": [*_questions(LAWSUIT), MOVED]}])
    (tmp_path / "faq.yaml").write_text(moved, encoding="utf-8")
    await terminal.until("已载入")
    await terminal.until("原来：回答 上门催收（home_visit）　现在：回答 被起诉（lawsuit）")
    await terminal.until("lawsuit的简要回答")
    (tmp_path / "faq.yaml").write_text(moved.replace("owner:", "ower:", 1), encoding="utf-8")
    await terminal.until("E-UNKNOWN-KEY")
    await terminal.until("问：")
    terminal.type(MOVED)
    await terminal.until("lawsuit的简要回答")
    await terminal.until("问：")
    os.write(terminal.screen, b"\x04")
    assert await asyncio.to_thread(terminal.process.wait, DEADLINE_SECONDS) == 0


async def test_ctrl_c_leaves_without_a_traceback(terminal: Terminal) -> None:
    await terminal.until("问：")
    os.write(terminal.screen, b"\x03")
    await asyncio.to_thread(terminal.process.wait, DEADLINE_SECONDS)
    terminal._read()
    assert "Traceback" not in terminal.seen


def test_a_pipe_is_answered_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    youshu = OperatorTerminal(tmp_path, monkeypatch, capsys)
    done = youshu("try", stdin="催收真的会上门吗\n\n不还钱会被起诉吗\n")
    assert done.code == 0
    assert done.out.index("home_visit的简要回答") < done.out.index("lawsuit的简要回答")

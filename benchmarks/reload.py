"""How long the running bot takes to answer from a saved FAQ, and how slow answers get meanwhile; with the shipped FAQ.

Run with `python -m benchmarks.reload`.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from intents.faq.edit import with_question_line
from tests.processes import Service, free_port, running

PAUSE_SECONDS = 0.02
QUESTIONS = (
    "催收半夜在楼下按喇叭",
    "法院的短信是不是真的呀",
    "征信上多出来一笔不认识的",
    "罚息能不能往下商量商量",
    "单位领导接到了他们的电话",
)
"""Added to an intent that no matcher would choose for them."""
FAQ = Path(__file__).resolve().parent.parent / "faq.yaml"


async def measure() -> tuple[list[float], list[float]]:
    """Seconds from each save to the first new answer, and of each answer until then."""
    reloads: list[float] = []
    answers: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(FAQ, folder)
        shutil.copytree(FAQ.parent / "questions", folder / "questions")
        async with running(folder, free_port()) as service:
            text = folder / "questions" / "thanks.txt"
            for number, question in enumerate(QUESTIONS):
                edit = with_question_line(text.read_text("utf-8"), question)
                saved = time.perf_counter()
                text.write_text(edit.text, encoding="utf-8")
                answers += await _ask_until_new(service, f"save-{number}", question)
                reloads.append(time.perf_counter() - saved)
    return reloads, answers


async def _ask_until_new(service: Service, name: str, question: str) -> list[float]:
    """Ask until the answer is the one that was just saved; the seconds that each answer took."""
    seconds: list[float] = []
    while True:
        session = f"{name}-asks-{len(seconds):05}"  # a person each: one may ask only so often in a minute
        begin = time.perf_counter()
        answer = await service.say(session, question)
        seconds.append(time.perf_counter() - begin)
        if answer["intent"] == "thanks":
            return seconds
        await asyncio.sleep(PAUSE_SECONDS)


def main() -> None:
    """Measure and print."""
    reloads, answers = asyncio.run(measure())
    table = Table("", "median", "slowest", title=f"{len(reloads)} saves of the shipped FAQ")
    for title, values in (("save to new answer, s", reloads), ("answers meanwhile, s", answers)):
        table.add_row(title, f"{statistics.median(values):.2f}", f"{max(values):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()

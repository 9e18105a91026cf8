"""How long after a save the running bot answers anew, and how slow answers get meanwhile; with the shipped FAQ.

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

from intents.faq.edit import with_question
from tests.processes import Service, free_port, running

PAUSE_SECONDS = 0.02
NEW = (
    "催收半夜在楼下按喇叭",
    "法院的短信是不是真的呀",
    "征信上多出来一笔不认识的",
    "罚息能不能往下商量商量",
    "单位领导接到了他们的电话",
)
"""Taught to an intent that no matcher would guess for them."""
FAQ = Path(__file__).resolve().parent.parent / "faq.yaml"


async def measure() -> tuple[list[float], list[float]]:
    """Seconds from each save to the first new answer, and the seconds that each answer meanwhile took."""
    anew: list[float] = []
    answers: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(FAQ, folder)
        async with running(folder, free_port()) as service:
            for number, question in enumerate(NEW):
                edit = with_question((folder / "faq.yaml").read_text("utf-8"), "thanks", question)
                saved = time.perf_counter()
                (folder / "faq.yaml").write_text(edit.text, encoding="utf-8")
                answers += await _until(service, f"session-{number:03}", question)
                anew.append(time.perf_counter() - saved)
    return anew, answers


async def _until(service: Service, session: str, question: str) -> list[float]:
    """Ask until the answer is the one that was just taught; the seconds that each answer took."""
    taken = []
    while True:
        begin = time.perf_counter()
        answer = await service.say(session, question)
        taken.append(time.perf_counter() - begin)
        if answer["intent"] == "thanks":
            return taken
        await asyncio.sleep(PAUSE_SECONDS)


def main() -> None:
    """Measure and print."""
    anew, answers = asyncio.run(measure())
    table = Table("", "median", "slowest", title=f"{len(anew)} saves of the shipped FAQ")
    for title, values in (("save to new answer, s", anew), ("answers meanwhile, s", answers)):
        table.add_row(title, f"{statistics.median(values):.2f}", f"{max(values):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()

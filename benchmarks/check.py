"""How long `youshu check` and a reload take, on the shipped file and on larger ones, and how much memory.

    python -m benchmarks.check [TIMES …]     default 1 20

A file N times as large has N versions of each topic, each with other characters in its questions, so that no question stands in two topics;
20 times as many topics are beyond the 256 from which RocchioClassifier is used. Targets: check under 2 s on the shipped file, under 20 s
on one 20 times as large.
"""

import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from intents.load import CheckedFaq, check_text
from intents.matching.matcher import Matcher
from tests.faqs import one_file

SHIPPED = Path(__file__).parents[1] / "faq.yaml"
FIRST, LAST = "\u4e00", "\u9fff"
RARE = 0x3400
"""Characters that no question has begin here: CJK Unified Ideographs Extension A."""


def enlarged(text: str, times: int) -> str:
    """The shipped file with so many versions of each topic."""
    head, *topics = text.split("\n  - id: ")
    characters = sorted({c for topic in topics for c in topic if FIRST <= c <= LAST and _is_simplified(c)})
    written = [head]
    for version in range(times):
        shuffled = random.Random(version).sample(characters, len(characters))  # noqa: S311  # the same file each time
        exchange = str.maketrans(dict(zip(characters, shuffled, strict=True))) if version else {}
        written += [_version(topic, exchange, version) for topic in topics]
    return "\n  - id: ".join(written)


def _is_simplified(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _version(topic: str, exchange: dict[int, str], version: int) -> str:
    """One topic with its id and title numbered, its questions in other characters, each with one that no other version has."""
    if not version:
        return topic
    key, _, rest = topic.partition("\n")
    rest = re.sub("\n    title: .*", f"\n    title: {key[:8]}{version}", rest)
    questions, answer, guidance = rest.partition("\n    answer:")
    lines = questions.translate(exchange).splitlines()
    mark = chr(RARE + version)
    marked = [line + mark if line.startswith("      - ") and not line.endswith('"') else line for line in lines]
    return f"{key}_{version}\n" + "\n".join(marked) + answer + guidance


def _training_seconds(checked: CheckedFaq) -> float:
    if checked.faq is None:
        return float("nan")
    began = time.perf_counter()
    Matcher(checked.faq)
    return time.perf_counter() - began


def _children() -> float:
    """Processor seconds of the processes that were started so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print one line for each size."""
    text = one_file(SHIPPED)
    for times in [int(argument) for argument in sys.argv[1:]] or [1, 20]:
        large = enlarged(text, times)
        began = time.perf_counter()
        checked = check_text(large)
        load = time.perf_counter() - began
        train = _training_seconds(checked)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "faq.yaml"
            path.write_text(large, "utf-8")
            began, used = time.perf_counter(), _children()
            arguments = [sys.executable, "-m", "bot", "check", str(path)]
            subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603  # our own
            whole, processor = time.perf_counter() - began, _children() - used
        size, questions = len(large.encode()) / 1e6, len(checked.raw.questions) if checked.raw else 0
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        codes = sorted({problem.code for problem in checked.problems if problem.severity == "error"})
        print(
            f"{times:3} × {size:6.1f} MB {questions:6} questions: loaded in {load:5.2f} s, "
            f"trained in {train:5.2f} s, youshu check {whole:5.2f} s ({processor:5.2f} s of processor), at most {memory:4.0f} MB, errors {codes}"
        )


if __name__ == "__main__":
    main()

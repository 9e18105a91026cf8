"""How fast a message is understood, how that grows with the FAQ, and how much memory it takes.

    python -m benchmarks.match [QUESTIONS …]     default 1000 10000 100000

Targets: shipped FAQ p50 ≤ 1 ms and p99 ≤ 4 ms a message of 30 characters, and ten times as fast as rapidfuzz's extractOne with
its default scorer over the same questions; 100,000 questions p50 ≤ 10 ms and 600 MB; a message of 10,000 characters at most five
times a short one; from start to first answer ≤ 1 s. Each size runs in a process of its own, so that memory is its own.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from rapidfuzz import process

from intents.faq.schema import FAQ
from intents.load import load_faq
from intents.matching.corpus import read_labeled_utterances
from intents.matching.matcher import Matcher

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "faq.yaml"
LENGTH = 30
START = f"from intents import load_faq, Matcher; Matcher(load_faq({str(SHIPPED)!r})).match('逾期会上征信吗')"
SEED = 1


def messages() -> list[str]:
    """Corpus messages of about LENGTH characters: longer ones cut, shorter ones filled with the next."""
    texts = [sentence.text for sentence in read_labeled_utterances(ROOT / "tests" / "corpus" / "personas_dev.tsv")]
    return [(text + "，" + following)[:LENGTH] for text, following in pairwise(texts)]


def percentiles(action: Callable[[str], object], texts: Sequence[str]) -> tuple[float, float]:
    """Median and 99th percentile of an action's milliseconds, after a warm-up."""
    for text in texts[:20]:
        action(text)
    took = []
    for text in texts:
        start = perf_counter()
        action(text)
        took.append(1000 * (perf_counter() - start))
    return median(took), quantiles(took, n=100)[98]


def enlarged(faq: FAQ, count: int) -> FAQ:
    """The shipped FAQ with so many questions, as many for each intent: variants of its own with two characters changed."""
    rng = random.Random(SEED)  # noqa: S311 -- the same questions every time
    characters = sorted({c for intent in faq.intents for question in intent.questions for c in question})
    share = count // len(faq.intents)

    def variant(question: str) -> str:
        at, other = rng.randrange(len(question) + 1), rng.randrange(len(question))
        return question[:at] + rng.choice(characters) + question[at:other] + question[max(at, other + 1) :]

    intents = []
    for intent in faq.intents:
        questions = dict.fromkeys(intent.questions[:share])
        while len(questions) < share:
            questions[variant(rng.choice(intent.questions))] = None
        intents.append(intent.model_copy(update={"questions": tuple(questions)}))
    return faq.model_copy(update={"intents": tuple(intents)})


def megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(count: int) -> dict[str, float]:
    """Train on a FAQ of so many questions and match messages; 0 is the shipped one."""
    shipped = load_faq(SHIPPED)
    faq = enlarged(shipped, count) if count else shipped
    start = perf_counter()
    matcher = Matcher(faq)
    built = perf_counter() - start
    start = perf_counter()
    matcher.warm()
    warmed = perf_counter() - start
    p50, p99 = percentiles(matcher.match, messages())
    found = {
        "questions": sum(len(i.questions) for i in faq.intents),
        "build s": built,
        "warm s": warmed,
        "p50 ms": p50,
        "p99 ms": p99,
        "MB": megabytes(),
    }
    if not count:
        questions = [question for intent in faq.intents for question in intent.questions]
        found["extractOne p50 ms"], _ = percentiles(lambda text: process.extractOne(text, questions), messages()[:60])
        found["10,000 characters p50 ms"], _ = percentiles(matcher.match, [("我欠了花呗还不上" * 1250)] * 200)
    return found


def while_reloading(count: int) -> dict[str, float]:
    """How long matching takes while another matcher, of so many questions, is trained in a thread."""
    shipped = load_faq(SHIPPED)
    faq, matcher, texts = enlarged(shipped, count), Matcher(shipped), messages()
    matcher.warm()
    builder = threading.Thread(target=Matcher, args=(faq,))
    builder.start()
    took: list[float] = []
    while builder.is_alive():
        start = perf_counter()
        matcher.match(texts[len(took) % len(texts)])
        took.append(1000 * (perf_counter() - start))
    return {
        "questions": count,
        "answers": len(took),
        "p50 ms": median(took),
        "p99 ms": quantiles(took, n=100)[98],
        "max ms": max(took),
    }


def start_seconds() -> float:
    """From the start of Python to the first answer, the median of five."""
    took = []
    for _ in range(5):
        start = perf_counter()
        subprocess.run([sys.executable, "-c", START], cwd=ROOT, check=True)  # noqa: S603 -- our own interpreter and text
        took.append(perf_counter() - start)
    return median(took)


def _in_a_process(name: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.match", "--only", name, str(count)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 -- our own interpreter
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _print(title: str, found: dict[str, float]) -> None:
    print(
        title
        + "  "
        + "  ".join(f"{name} {value:,.2f}" if value % 1 else f"{name} {value:,.0f}" for name, value in found.items())
    )


def main() -> None:
    """Run all sizes and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("measure", "reload"), help=argparse.SUPPRESS)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps((measure if chosen.only == "measure" else while_reloading)(chosen.sizes[0])))
        return
    print(f"start to first answer  {start_seconds():.2f} s")
    shipped = _in_a_process("measure", 0)
    _print("shipped", shipped)
    print(f"  {shipped['extractOne p50 ms'] / shipped['p50 ms']:.0f} times as fast as extractOne", end="; ")
    print(f"10,000 characters cost {shipped['10,000 characters p50 ms'] / shipped['p50 ms']:.1f} times a short message")
    for size in chosen.sizes:
        _print("larger", _in_a_process("measure", size))
    _print("while reloading", _in_a_process("reload", max(chosen.sizes)))


if __name__ == "__main__":
    main()

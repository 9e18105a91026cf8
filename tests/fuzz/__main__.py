"""Fuzz every entrance by coverage (atheris): `python -m tests.fuzz` gives it a million inputs, each target its share.

`python -m tests.fuzz NAME [libFuzzer's options]` fuzzes one, as with `-runs=100000 -seed=17` or the file of an input that failed.

Atheris isn't among the development dependencies, because it has no wheel for every Python; `make fuzz` installs it. Inputs that
fail are kept as crash-HASH in the current folder. What is found becomes a test beside the code that was mended.
"""

import subprocess
import sys
import time

SEED = 17
LONGEST = 4_096
"""Bytes of an input."""


def main(arguments: list[str]) -> int:
    """Fuzz one target, or all one after the other: a million inputs."""
    if arguments and not arguments[0].startswith("-"):
        _fuzz(arguments[0], arguments[1:])
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 -- atheris must come before what it watches

    failed = []
    for name, target in TARGETS.items():
        runs = target.runs
        begin = time.monotonic()
        command = [sys.executable, "-m", "tests.fuzz", name, f"-runs={runs}", f"-seed={SEED}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        seconds = time.monotonic() - begin
        print(f"{name}: {runs} inputs in {seconds:.0f} s, {'failed' if done.returncode else 'well'}", flush=True)  # noqa: T201
        if done.returncode:
            failed.append(name)
            print(done.stderr[-4_000:], flush=True)  # noqa: T201
    return 1 if failed else 0


def _fuzz(name: str, options: list[str]) -> None:
    """Give a target inputs that reach new lines of it; ends the process."""
    import atheris  # noqa: PLC0415 -- see the module

    with atheris.instrument_imports(include=["bot", "intents"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    target = TARGETS[name]
    import tempfile  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="youshu-fuzz-"))
    for number, seed in enumerate(target.seeds):
        (folder / str(number)).write_bytes(seed)
    target.run(target.seeds[0])  # what is loaded at the first takes longer than any input may
    atheris.Setup(
        [sys.argv[0], f"-max_len={LONGEST}", "-timeout=10", "-rss_limit_mb=4096", *options, str(folder)], target.run
    )
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

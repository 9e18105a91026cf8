"""Python's search for garbage, held back while much is built that stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Build without being searched for garbage in between: a quarter of what loading a FAQ would take.

    Only cycles wait until afterwards; everything else is freed at once as always (https://docs.python.org/3/library/gc.html).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

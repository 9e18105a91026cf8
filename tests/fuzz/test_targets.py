"""A short run of the fuzzing that anybody gets with the tests; the long one is `make fuzz`."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target

MUTANTS = 300
FOUND = {
    "choice": ["p:homev\u03f0".encode() + b"\xb4sit:rights"],
    "faq_file": [b"!version: 1\nlexicon:b\n  - [\xe5\x82\xac\xe6\x94\xb6i:\x01aryT \xe4\xbc\x9a\xe3\x80\x82\n"],
    "mask": [
        b"\xe7\xac\xac\xe4\xbaM>\x19\x03\xe4\xcc\xb8\xaa",
        b"\x88\x91\xff138\xd7\xd0138000\x0008\xd7013800@38\x00000",
        b"8&1380130138013082 26@008&",
        b"8&138013013801308226@008&",
        b"26@00003@1302600003@130\x1608@0008@0038130008@008q@008qq131000+",
    ],
}
"""What once failed."""


def mutants(target: Target, draw: random.Random) -> list[bytes]:
    """Inputs near those that reach deep: bytes put in, taken out and changed."""
    found = []
    for _ in range(MUTANTS):
        data = bytearray(draw.choice(target.seeds))
        for _ in range(draw.randint(1, 8)):
            place = draw.randrange(len(data) + 1)
            data[place : place + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 4))
        found.append(bytes(data))
    return found


@pytest.mark.proof
@pytest.mark.parametrize("name", TARGETS)
def test_no_input_raises_what_an_entrance_does_not_promise(name: str) -> None:
    target = TARGETS[name]
    for data in (*target.seeds, *mutants(target, random.Random(17))):  # noqa: S311 -- the same each time
        target.run(data)
    anything(target.run)


def anything(run: Callable[[bytes], None]) -> None:
    """Hypothesis' own bytes and texts, the same each time."""

    @seed(17)
    @settings(max_examples=MUTANTS, database=None)
    @given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
    def tried(data: bytes) -> None:
        run(data)

    tried()


@pytest.mark.parametrize("name", FOUND)
def test_what_fuzzing_once_found_stays_mended(name: str) -> None:
    for data in FOUND[name]:
        TARGETS[name].run(data)

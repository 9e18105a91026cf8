"""Each fault that was found by trying 有数 as an operator and as a newcomer (2026-11-30) has a test that would fail with it.

The table is tests/operators_audit.tsv: how grave, what was wrong, and the test.
"""

import csv
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = TESTS / "operators_audit.tsv"
LEAST = {"high": 1, "medium": 20, "low": 15, "itself": 4}
"""So many rows of each severity at least: none is dropped in silence."""


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("test", sorted({row["test"] for row in rows()}))
def test_the_test_that_a_row_names_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    source = (TESTS.parent / path).read_text("utf-8")
    assert re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE)


def test_the_table_holds_the_whole_audit() -> None:
    severities = [row["severity"] for row in rows()]
    assert all(severities.count(severity) >= least for severity, least in LEAST.items())
    assert set(severities) == set(LEAST)
    assert len({row["fault"] for row in rows()}) == len(severities)

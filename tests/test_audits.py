"""Each fault that was found by trying 有数 as users do (2026-11-30) has a test that would fail with it.

A table for each room that was tried: how grave, what was wrong, and the test. `wish` is what would make people choose it; `itself` what the
operators' audit found without naming how grave.
"""

import csv
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LEAST = {
    "operators_audit.tsv": {"high": 1, "medium": 20, "low": 15, "itself": 4},
    "page_audit.tsv": {"high": 6, "medium": 16, "low": 9, "wish": 15},
    "telegram_audit.tsv": {"high": 5, "medium": 17, "low": 23, "wish": 7},
}
"""So many rows of each severity at least: none is dropped in silence."""


def rows(table: str) -> list[dict[str, str]]:
    with (TESTS / table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("test", sorted({row["test"] for table in LEAST for row in rows(table)}))
def test_the_test_that_a_row_names_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    source = (TESTS.parent / path).read_text("utf-8")
    assert re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE)


@pytest.mark.parametrize("table", LEAST)
def test_a_table_holds_its_whole_audit(table: str) -> None:
    severities = [row["severity"] for row in rows(table)]
    assert all(severities.count(severity) >= least for severity, least in LEAST[table].items())
    assert set(severities) == set(LEAST[table])
    assert len({row["fault"] for row in rows(table)}) == len(severities)

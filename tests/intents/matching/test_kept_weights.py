"""Weights that are kept on disk are those that would be learned, and are never anybody else's."""

from pathlib import Path

import numpy as np
import pytest

from intents.matching import kept_weights, linear
from intents.matching.features import IntArray
from intents.matching.kept_weights import MAX_FILES, learn
from intents.matching.linear import LinearClassifier
from intents.matching.vocabulary import SparseRows

CLASSES, COLUMNS = 3, 12


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept_weights, "WORTH_KEEPING", 10)
    return tmp_path / "youshu" / "weights"


def questions(seed: int = 1, count: int = 20) -> tuple[SparseRows, IntArray]:
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(count), 3)
    rows = SparseRows(row, rng.integers(0, COLUMNS, len(row)), np.full(len(row), 0.5, dtype=np.float32))
    return rows, np.arange(count) % CLASSES


def learned(seed: int = 1, count: int = 20) -> LinearClassifier:
    return learn(*questions(seed, count), CLASSES, COLUMNS)


def test_the_second_time_nothing_is_trained_and_the_weights_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    first = learned()
    monkeypatch.delattr(linear, "train")
    assert np.array_equal(learned().weights, first.weights)


def test_other_questions_have_other_weights(cache: Path) -> None:
    assert not np.array_equal(learned(1).weights, learned(2).weights)
    assert len(list(cache.iterdir())) == 2


def test_another_setting_of_the_training_is_trained_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned()
    monkeypatch.setattr(linear, "STEPS", 3)
    learned()
    assert len(list(cache.iterdir())) == 2


def test_few_questions_are_not_worth_a_file(cache: Path) -> None:
    learned(count=9)
    assert not cache.exists()


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"anything"])
def test_a_damaged_file_is_trained_anew_and_mended(cache: Path, damage: bytes) -> None:
    whole = learned().weights
    (path,) = cache.iterdir()
    path.write_bytes(damage)
    assert np.array_equal(learned().weights, whole)
    assert np.array_equal(np.load(path), whole)


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert learned().weights.shape == (COLUMNS, CLASSES)


def test_only_the_latest_are_kept(cache: Path) -> None:
    for seed in range(MAX_FILES + 3):
        learned(seed)
    assert len(list(cache.iterdir())) == MAX_FILES

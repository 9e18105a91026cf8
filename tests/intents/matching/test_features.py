"""What a text is made of."""

import numpy as np
import pytest

from intents.matching.features import AnalyzedText, Analyzer, FeatureView, Vocabulary, spell, tokens


def names(text: AnalyzedText) -> list[tuple[FeatureView, str]]:
    return [spell(int(token)) for token in tokens((text,))[1]]


def test_a_text_is_seen_in_pairs_by_sound_and_in_characters() -> None:
    found = names(AnalyzedText("追债", "催收"))
    assert found == [
        *((FeatureView.PAIR, token) for token in ("^催", "催收", "收$")),
        (FeatureView.SOUND, "zui zai"),
        *((FeatureView.CHARACTER, token) for token in ("催", "收")),
    ]


def test_homophones_sound_alike() -> None:
    sounds = [
        [name for name in names(AnalyzedText(text, text)) if name[0] is FeatureView.SOUND] for text in ("预期", "逾期")
    ]
    assert sounds[0] == sounds[1]


def test_characters_beyond_the_first_plane_are_tokens_like_others() -> None:
    assert (FeatureView.SOUND, "𠀀 yu") in names(AnalyzedText("𠀀逾", "𠀀逾"))


def test_texts_are_told_apart_when_many_are_looked_at_at_once() -> None:
    one, other = AnalyzedText("逾期", "逾期"), AnalyzedText("征信", "征信")
    text, token = tokens((one, other))
    for number, each in enumerate((one, other)):
        assert sorted(token[text == number].tolist()) == sorted(tokens((each,))[1].tolist())


def test_rare_tokens_weigh_more_and_a_text_has_unit_length() -> None:
    texts = [AnalyzedText(text, text) for text in ("逾期坐牢", "逾期征信", "逾期上门")]
    vocabulary = Vocabulary(texts)
    column, value = vocabulary.transform(texts[0])
    weights = {vocabulary.name(int(c)): float(v) for c, v in zip(column, value, strict=True)}
    assert weights[FeatureView.CHARACTER, "牢"] > weights[FeatureView.CHARACTER, "期"]
    assert np.linalg.norm(value) == pytest.approx(1.0, abs=1e-6)


def test_a_learned_text_is_the_same_row_as_when_it_is_asked() -> None:
    texts = [AnalyzedText(text, text) for text in ("逾期会坐牢吗", "逾期逾期", "征信")]
    vocabulary = Vocabulary(texts)
    for number, text in enumerate(texts):
        mine = vocabulary.learned.row == number
        column, value = vocabulary.transform(text)
        assert vocabulary.learned.column[mine].tolist() == column.tolist()
        assert vocabulary.learned.value[mine].tolist() == pytest.approx(value.tolist(), abs=1e-6)


def test_a_text_that_shares_nothing_is_an_empty_row() -> None:
    column, value = Vocabulary([AnalyzedText("逾期", "逾期")]).transform(AnalyzedText("xyz", "xyz"))
    assert (len(column), len(value)) == (0, 0)


def test_an_amount_is_masked_and_a_telephone_number_is_not() -> None:
    reader = Analyzer(["逾期"], ())
    assert reader("欠了2.6万，打12378").surface == "欠了0万打12378"


def test_the_lexicon_makes_the_canonical_form() -> None:
    reader = Analyzer(["逾期"], [("催收", "追数")])
    assert reader("追數公司") == AnalyzedText("追数公司", "催收公司")

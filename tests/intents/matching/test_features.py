"""The features of a text."""

from intents.matching.analyzer import AnalyzedText
from intents.matching.features import FeatureView, extract_features, feature_name


def names(text: AnalyzedText) -> list[tuple[FeatureView, str]]:
    return [feature_name(int(feature)) for feature in extract_features((text,))[1]]


def test_a_text_is_seen_in_pairs_by_sound_and_in_characters() -> None:
    found = names(AnalyzedText("追债", "催收"))
    assert found == [
        *((FeatureView.PAIR, pair) for pair in ("^催", "催收", "收$")),
        (FeatureView.SOUND, "zui zai"),
        *((FeatureView.CHARACTER, character) for character in ("催", "收")),
    ]


def test_homophones_sound_alike() -> None:
    sounds = [
        [name for name in names(AnalyzedText(text, text)) if name[0] is FeatureView.SOUND] for text in ("预期", "逾期")
    ]
    assert sounds[0] == sounds[1]


def test_characters_beyond_the_first_plane_are_features_like_others() -> None:
    assert (FeatureView.SOUND, "𠀀 yu") in names(AnalyzedText("𠀀逾", "𠀀逾"))


def test_texts_are_told_apart_when_many_are_looked_at_at_once() -> None:
    one, other = AnalyzedText("逾期", "逾期"), AnalyzedText("征信", "征信")
    row, feature = extract_features((one, other))
    for number, each in enumerate((one, other)):
        assert sorted(feature[row == number].tolist()) == sorted(extract_features((each,))[1].tolist())

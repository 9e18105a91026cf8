"""The forms in which a message is compared."""

from intents.matching.analyzer import AnalyzedText, Analyzer


def test_an_amount_is_masked_and_a_telephone_number_is_not() -> None:
    analyze = Analyzer(["逾期"], ())
    assert analyze("欠了2.6万，打12378").surface == "欠了0万打12378"


def test_the_lexicon_makes_the_canonical_form() -> None:
    analyze = Analyzer(["逾期"], [("催收", "讨债")])
    assert analyze("討債公司") == AnalyzedText("讨债公司", "催收公司")

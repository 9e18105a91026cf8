"""Words of one group become the group's first."""

from intents.matching.lexicon import Lexicon
from intents.matching.normalize import Normalizer

GROUPS = [("催收", "追债", "追數"), ("催收公司", "追债公司"), ("怎么", "咋"), ("逾期", "断供"), ("停贷", "断供")]
lexicon = Lexicon(GROUPS, Normalizer().batch)


def test_a_word_is_put_as_the_first_of_its_group() -> None:
    assert lexicon("追债的打来了") == "催收的打来了"


def test_a_group_may_be_written_in_traditional_characters() -> None:
    assert lexicon("追数的") == "催收的"


def test_the_longest_word_wins() -> None:
    assert lexicon("追债公司") == "催收公司"


def test_a_single_character_is_never_replaced() -> None:
    assert lexicon("咋办") == "咋办"


def test_a_word_in_two_groups_belongs_to_the_first() -> None:
    assert lexicon("断供了") == "逾期了"


def test_no_groups_change_nothing() -> None:
    assert Lexicon((), Normalizer().batch)("断供了") == "断供了"

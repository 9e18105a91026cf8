"""How a Chinese character sounds: pinyin without tones."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_FUZZY_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))


@cache
def readings() -> Mapping[str, tuple[str, ...]]:
    """Toneless pinyin of each character, the usual reading first, two at most.

    The table is pypinyin's (MIT license), written by tests/pinyin_table.py, because pypinyin is slow to import.
    """
    table: dict[str, tuple[str, ...]] = {}
    for line in files(__package__).joinpath("pinyin.tsv").read_text(encoding="utf-8").splitlines():
        syllables, _, characters = line.partition("\t")
        table.update(dict.fromkeys(characters, tuple(syllables.split(","))))
    return MappingProxyType(table)


def fuzzy_syllable(syllable: str) -> str:
    """One form for syllables that many speakers don't tell apart: zh/z, ch/c, sh/s, n/l, -ng/-n."""
    for initial, plain in _FUZZY_INITIALS:
        if syllable.startswith(initial) and len(syllable) > len(initial):
            syllable = plain + syllable[len(initial) :]
            break
    return syllable[:-1] if syllable.endswith("ng") else syllable

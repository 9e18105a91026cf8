"""Makes intents/chinese/pinyin.tsv: python -m tests.pinyin_table > intents/chinese/pinyin.tsv."""

from collections import defaultdict

from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

FIRST, LAST = 0x4E00, 0x9FFF
"""The block of Chinese characters that people type."""
LISTED = 3
"""So many of pypinyin's readings are looked at; the rest are of dialects and old books."""
KEPT = 2
"""So many different ones are kept, without their tones."""


def table_text() -> str:
    """One line for each choice of readings, the usual one first, with every character that has it."""
    characters: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for code in range(FIRST, LAST + 1):
        if listed := PINYIN_DICT.get(code):
            toneless = dict.fromkeys(to_normal(reading).replace("ê", "e") for reading in listed.split(",")[:LISTED])
            characters[tuple(toneless)[:KEPT]].append(chr(code))
    lines = (f"{','.join(choice)}\t{''.join(those)}\n" for choice, those in sorted(characters.items()))
    return "".join(lines)


if __name__ == "__main__":
    print(table_text(), end="")  # noqa: T201 -- its output

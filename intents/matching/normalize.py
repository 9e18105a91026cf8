"""The form in which texts are compared: one width, one case, Simplified, without punctuation and filler words."""

import re
import unicodedata
from collections.abc import Sequence
from string import ascii_lowercase, digits

from intents.chinese.script import simplified

MAX_CHARACTERS = 320
"""A longer message is cut first: people put the question at the beginning or at the end."""

BATCH_SIZE = 256
"""Texts normalised in one call of OpenCC and of each pattern; larger batches would delay answers that are given during a reload."""

FILLERS = (
    "麻烦问一下", "麻烦问下", "请问一下", "请问", "我就想问一下", "我就想问问", "我就想问", "我想问一下", "我想问问", "我想问",
    "想问一下", "想问问", "想请问", "我想请教一下", "请教一下", "那个", "就是说", "然后", "一下",
    "啊", "呀", "呢", "吧", "嘛", "哦", "噢", "喔", "啦", "诶", "欸", "嗯", "呃", "哎", "唉", "喂",
)  # fmt: skip
"""Words without a meaning of their own: a message means the same without them."""

# Pairs that OpenCC's t2s leaves apart although they are one character to a reader: Taiwan's 著, and 揹 that s2t makes of 背.
_VARIANTS = {
    "著": "着",
    "揹": "背",
    "麽": "么",
    "麼": "么",
    "幺": "么",
    "苧": "苎",
    "妳": "你",
    "枱": "台",
    "衞": "卫",
    "簷": "檐",
}
# Joiners, direction marks, soft hyphen, byte order mark, variation selectors.
_INVISIBLE = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF)
)
_VARIANT = re.compile(f"[{''.join(_VARIANTS)}]")
# 你好 at either end of a question; alone it is a greeting, and inside a sentence (跟你好好说) it isn't one.
_COURTESY = re.compile("^[你您]好(?!好)(?=..)|(?<=..)[你您]好$", re.MULTILINE)
# The 嘛 of 干嘛 is no filler. A lookbehind after the word keeps the search fast: it can jump to each first character.
_FILLER = re.compile("|".join(f"{word}(?<!干{word})" for word in sorted(FILLERS, key=len, reverse=True)))
_DROPPED = re.compile(r"[^\w%.]|_")
_STRAY_POINT = re.compile(r"(?<!\d)\.|\.(?!\d)")
_SPACE = re.compile(" +")
_LATIN = frozenset(ascii_lowercase + digits)
_MARKS = "，。？！、；：…“”（）,?!"
_MARK = re.compile(f"[{_MARKS}]")
_PLAIN = re.compile(rf"[0-9a-z% \u3400-\u4dbf\u4e00-\u9fff{_MARKS}]*")
_STABLE = re.compile(r"[0-9a-z%. \u3400-\u4dbf\u4e00-\u9fff]*")


class Normalizer:
    """Normalises texts; normalising twice is normalising once, and no text raises an exception."""

    def __call__(self, text: str) -> str:
        """The normalised text; empty where no word is left."""
        return self.batch((text,))[0]

    def batch(self, texts: Sequence[str]) -> list[str]:
        """Many normalised texts, in half the time that one after the other would take."""
        return [
            # Other characters than these may need a second pass for what the first one made of them.
            text if _STABLE.fullmatch(text) else self._until_stable(text)
            for start in range(0, len(texts), BATCH_SIZE)
            for text in self._one_pass(texts[start : start + BATCH_SIZE])
        ]

    def _until_stable(self, text: str) -> str:
        while (again := self._one_pass((text,))[0]) != text:
            text = again
        return text

    def _one_pass(self, texts: Sequence[str]) -> list[str]:
        bounded = [truncate(text) for text in texts]
        # Chinese characters and usual marks have one width and no case: folding them would take most of the time.
        joined = "\n".join(text if _PLAIN.fullmatch(text) else _folded(text) for text in bounded)
        joined = _VARIANT.sub(lambda found: _VARIANTS[found[0]], simplified(_MARK.sub(" ", joined)))
        complete = [truncate(text) for text in _without_spaces(joined).split("\n")]
        shortened = _without_fillers_once("\n".join(complete)).split("\n")
        return [
            text if shorter == text else _without_fillers(shorter) or text
            for shorter, text in zip(shortened, complete, strict=True)
        ]


def truncate(text: str) -> str:
    """The text, or where it is longer than MAX_CHARACTERS its two ends, put together."""
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return text[:half] + text[-half:]


def _folded(text: str) -> str:
    """The text in one width and one case, with a space for each character that isn't part of a word or number."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode("utf-8"))
    text = unicodedata.normalize("NFKC", text.casefold()).translate(_INVISIBLE)
    return _STRAY_POINT.sub(" ", _DROPPED.sub(" ", text))


def _without_spaces(text: str) -> str:
    """The text with spaces between Latin letters and digits only, where they part words: pinyin is typed with them."""

    def between(found: re.Match[str]) -> str:
        before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
        return " " if before in _LATIN and after in _LATIN else ""

    return _SPACE.sub(between, text)


def _without_fillers(text: str) -> str:
    """The text without filler words, also those that only appear when another is taken out; empty if it has no other word."""
    while (shorter := _without_fillers_once(text)) != text:
        text = shorter
    return text


def _without_fillers_once(text: str) -> str:
    return _without_spaces(_COURTESY.sub("", _FILLER.sub("", text)))

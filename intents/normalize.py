"""One spelling for many: width, case, Traditional to Simplified, invisible marks, punctuation, fillers."""

import re
import unicodedata
from collections.abc import Sequence

from intents.script import simplified

MAX_CHARACTERS = 320
"""A longer message is cut before anything else: its beginning and its end hold the question."""

TOGETHER = 256
"""So many texts are respelled as one; more would hold up whoever waits for an answer while a FAQ is loaded beside it."""

FILLERS = (
    "请问一下", "请问", "我就想问一下", "我就想问问", "我就想问", "我想问一下", "我想问问", "我想问",
    "想问一下", "想问问", "想请问", "我想请教一下", "请教一下", "那个", "就是说", "然后", "一下",
    "啊", "呀", "呢", "吧", "嘛", "哦", "噢", "喔", "啦", "诶", "欸", "嗯", "呃", "哎", "唉", "喂",
)  # fmt: skip
"""Words that carry no meaning of their own; a message is understood alike with and without them."""

SENTENCE_END = re.compile(r"[。？！；?!;\n]+")
"""Where one question of a message ends and the next may begin."""

# What OpenCC's t2s leaves apart although it is one character to a reader: Taiwan's 著, and 揹 that s2t makes of 背.
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
# Marks that nobody sees: joiners, direction marks, soft hyphen, byte order mark, variation selectors.
_INVISIBLE = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF)
)
_RESPELLED = str.maketrans(_VARIANTS) | _INVISIBLE
# A courtesy around a question; alone it is a greeting, and inside a sentence (跟你好好说) it isn't one.
_COURTESY = re.compile("^[你您]好(?!好)(?=..)|(?<=..)[你您]好$")
# 干嘛 is no 嘛; looked for behind the word, so that the search can skip to where one may begin.
_FILLER = re.compile("|".join(f"{word}(?<!干{word})" for word in sorted(FILLERS, key=len, reverse=True)))
_DROPPED = re.compile(r"[^\w%.\n]|_")
_STRAY_POINT = re.compile(r"(?<!\d)\.|\.(?!\d)")
# Spaces mean something only between Latin letters or digits: pinyin is typed with them.
_SPACE = re.compile(r"(?<![a-z0-9]) +| +(?![a-z0-9])| +(?= )")
_SETTLED = re.compile(r"[0-9a-z%. \u4e00-\u9fff]*")


class Normalizer:
    """Turns a message into the form in which questions are compared; idempotent, never raises."""

    def __call__(self, text: str) -> str:
        """The comparable form; empty when nothing is left that could mean something."""
        return self.each((text,))[0]

    def each(self, texts: Sequence[str]) -> list[str]:
        """The comparable forms of many texts, in half the time that one after the other would take."""
        # Plain characters stay as they are; of others, a second look may see what the first made.
        return [
            text if _SETTLED.fullmatch(text) else self._settled(text)
            for start in range(0, len(texts), TOGETHER)
            for text in self._once(texts[start : start + TOGETHER])
        ]

    def _settled(self, text: str) -> str:
        while (again := self._once((text,))[0]) != text:
            text = again
        return text

    def _once(self, texts: Sequence[str]) -> list[str]:
        joined = "\n".join(bounded(text).replace("\n", " ") for text in texts)
        joined = unicodedata.normalize("NFKC", joined.encode("utf-8", "ignore").decode("utf-8"))
        joined = unicodedata.normalize("NFKC", simplified(joined).casefold())
        joined = joined.translate(_RESPELLED)
        joined = _SPACE.sub("", _STRAY_POINT.sub(" ", _DROPPED.sub(" ", joined)))
        return [_without_fillers(bounded(text)) for text in joined.split("\n")]


def bounded(text: str) -> str:
    """At most MAX_CHARACTERS of text, from both ends."""
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return text[:half] + text[-half:]


def sentences(text: str) -> list[str]:
    """The parts of a message that end like a sentence, in order, without what is empty."""
    return [part for part in SENTENCE_END.split(bounded(text)) if part.strip()]


def _without_fillers(text: str) -> str:
    """Text without fillers, nor what becomes one when another goes; the text itself if it is nothing else."""
    kept = text
    while (shorter := _SPACE.sub("", _COURTESY.sub("", _FILLER.sub("", kept)))) != kept:
        kept = shorter
    return kept or text

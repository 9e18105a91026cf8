"""One spelling for many: width, case, Traditional to Simplified, invisible marks, punctuation, fillers."""

import re
import unicodedata
from collections.abc import Sequence
from string import ascii_lowercase, digits

from intents.chinese.script import simplified

MAX_CHARACTERS = 320
"""A longer message is cut before anything else: its beginning and its end hold the question."""

BATCH_SIZE = 256
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
_VARIANT = re.compile(f"[{''.join(_VARIANTS)}]")
# A courtesy around a question; alone it is a greeting, and inside a sentence (跟你好好说) it isn't one.
_COURTESY = re.compile("^[你您]好(?!好)(?=..)|(?<=..)[你您]好$", re.MULTILINE)
# 干嘛 is no 嘛; looked for behind the word, so that the search can skip to where one may begin.
_FILLER = re.compile("|".join(f"{word}(?<!干{word})" for word in sorted(FILLERS, key=len, reverse=True)))
_DROPPED = re.compile(r"[^\w%.]|_")
_STRAY_POINT = re.compile(r"(?<!\d)\.|\.(?!\d)")
_SPACE = re.compile(" +")
_LATIN = frozenset(ascii_lowercase + digits)
_MARKS = "，。？！、；：…“”（）,?!"
_MARK = re.compile(f"[{_MARKS}]")
_PLAIN = re.compile(rf"[0-9a-z% \u3400-\u4dbf\u4e00-\u9fff{_MARKS}]*")
_SETTLED = re.compile(r"[0-9a-z%. \u3400-\u4dbf\u4e00-\u9fff]*")


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
            for start in range(0, len(texts), BATCH_SIZE)
            for text in self._once(texts[start : start + BATCH_SIZE])
        ]

    def _settled(self, text: str) -> str:
        while (again := self._once((text,))[0]) != text:
            text = again
        return text

    def _once(self, texts: Sequence[str]) -> list[str]:
        written = [bounded(text) for text in texts]
        # Hanzi and usual marks have one width and no case: looking each up would take most of the time.
        joined = "\n".join(text if _PLAIN.fullmatch(text) else _unfolded(text) for text in written)
        joined = _VARIANT.sub(lambda found: _VARIANTS[found[0]], simplified(_MARK.sub(" ", joined)))
        respelled = [bounded(text) for text in _unspaced(joined).split("\n")]
        shorter = _shortened("\n".join(respelled)).split("\n")
        return [
            text if short == text else _without_fillers(short) or text
            for short, text in zip(shorter, respelled, strict=True)
        ]


def bounded(text: str) -> str:
    """At most MAX_CHARACTERS of text, from both ends."""
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return text[:half] + text[-half:]


def sentences(text: str) -> list[str]:
    """The parts of a message that end like a sentence, in order, without what is empty."""
    return [part for part in SENTENCE_END.split(bounded(text)) if part.strip()]


def _unfolded(text: str) -> str:
    """Text in one width and one case, with spaces for what isn't part of a word or number."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode("utf-8"))
    text = unicodedata.normalize("NFKC", text.casefold()).translate(_INVISIBLE)
    return _STRAY_POINT.sub(" ", _DROPPED.sub(" ", text))


def _unspaced(text: str) -> str:
    """Text with spaces only where they mean something, between Latin letters or digits: pinyin is typed with them."""

    def between(found: re.Match[str]) -> str:
        before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
        return " " if before in _LATIN and after in _LATIN else ""

    return _SPACE.sub(between, text)


def _without_fillers(text: str) -> str:
    """Text without fillers, nor what becomes one when another goes; empty if it is nothing else."""
    while (shorter := _shortened(text)) != text:
        text = shorter
    return text


def _shortened(text: str) -> str:
    return _unspaced(_COURTESY.sub("", _FILLER.sub("", text)))

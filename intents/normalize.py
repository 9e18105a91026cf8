"""One spelling for many: NFKC, Traditional to Simplified, case, punctuation, fillers."""

import re
import unicodedata

from opencc import OpenCC

MAX_CHARACTERS = 500
"""A longer message is cut before anything else: its beginning and its end hold the question."""

_FILLERS = re.compile(
    r"(?:请问一下|请问|你好|您好|我想问一下|我想问|想问一下|那个|就是说|然后|一下|啊|呀|呢|吧|嘛|哦|噢|哈|啦|诶|嗯)"
)


class Normalizer:
    """Turns a message into the form in which questions are compared; idempotent, never raises."""

    def __init__(self) -> None:
        self._simplify = OpenCC("t2s")

    def __call__(self, text: str) -> str:
        """The comparable form; empty when nothing is left that could mean something."""
        text = bounded(text).encode("utf-8", "ignore").decode("utf-8")
        text = self._simplify.convert(unicodedata.normalize("NFKC", text)).casefold()
        kept = "".join(c for c in text if c.isalnum())
        return _FILLERS.sub("", kept) or kept


def bounded(text: str) -> str:
    """At most MAX_CHARACTERS of text, from both ends."""
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return text[:half] + text[-half:]

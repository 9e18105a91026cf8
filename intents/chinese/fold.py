"""The form in which fixed words are looked for in a message."""

import unicodedata

from intents.chinese.script import simplified


def fold(text: str) -> str:
    """The text in NFKC, Simplified and lower case, without punctuation and spaces; never raises."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = simplified(unicodedata.normalize("NFKC", text)).casefold()
    return "".join(c for c in text if c.isalnum())

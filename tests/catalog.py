"""Makes what click says in Chinese ready for use: python -m tests.catalog."""

from pathlib import Path

import polib

CATALOG = Path(__file__).parents[1] / "bot" / "locale" / "zh_CN" / "LC_MESSAGES" / "messages.po"


def compiled() -> bytes:
    """The catalog as gettext reads it."""
    return bytes(polib.pofile(str(CATALOG)).to_binary())


if __name__ == "__main__":
    CATALOG.with_suffix(".mo").write_bytes(compiled())

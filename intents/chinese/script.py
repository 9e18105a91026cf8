"""Traditional and Simplified characters, by OpenCC."""

from functools import cache

from opencc import OpenCC


@cache
def converter(name: str) -> OpenCC:
    """OpenCC's converter of this name, such as t2s; reading its dictionary takes 40 ms, so all share one."""
    return OpenCC(name)


def simplified(text: str) -> str:
    """The text in Simplified characters."""
    return str(converter("t2s").convert(text))

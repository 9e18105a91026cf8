"""What people mistype in the names and values of settings: letters left out, full-width signs, quotes too many."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

PREFIX = "YOUSHU_"

_NEAR = 0.7
"""Likeness from which on a name stands for another. Kubernetes sets YOUSHU_SERVICE_HOST and its like, which stay below."""
_NEAR_WITHOUT_PREFIX = 0.8
"""The same for a whole name that may be another program's."""
_QUOTES = frozenset("\"'`“”‘’＂＇「」『』")
_HALF_WIDTH: Mapping[str, str] = MappingProxyType({"。": ".", "、": ",", "；": ","})
"""Signs that input methods write where a half-width one belongs, beside those that Unicode calls compatible."""


@dataclass(frozen=True, slots=True)
class SettingComplaint:
    """What is wrong with how a setting is written."""

    text: str
    """One line in Chinese that names the setting, and never its value."""
    setting: str | None = None
    """The setting that was meant: whatever else is wrong with it follows from this."""


def nearest_setting(name: str, known: Sequence[str]) -> str | None:
    """The setting that a name stands for, exactly or nearly; None if it is far from all."""
    name = name.upper().replace("-", "_")
    if name in known:
        return name
    if name.startswith(PREFIX):
        close = get_close_matches(
            name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known], 1, cutoff=_NEAR
        )
        return f"{PREFIX}{close[0]}" if close else None
    return next(iter(get_close_matches(name, known, 1, cutoff=_NEAR_WITHOUT_PREFIX)), None)


def misspelt(name: str, known: Sequence[str], place: str) -> SettingComplaint | None:
    """What to say of a name that is nearly a setting's; the place is where it stands."""
    near = nearest_setting(name, known)
    if near is None or name.upper() == near:
        return None
    return SettingComplaint(f"{name}：没有这一项（{place}）；您是不是想写 {near}", near)


def mistyped_values(values: Mapping[str, str], free: frozenset[str]) -> Iterator[SettingComplaint]:
    """Settings with quotes around their value or full-width signs inside; a path (`free`) may have any sign inside."""
    for name, value in values.items():
        if value[0] in _QUOTES or value[-1] in _QUOTES:
            yield SettingComplaint(f"{name}：值的前后多了引号，请去掉", name)
        elif name not in free and (wide := next(filter(_half_width, value), None)):
            yield SettingComplaint(f"{name}：{_wide_told(wide)}", name)


def plain(text: str) -> str:
    """The text with its full-width letters and signs made half-width, without what can't be seen."""
    return unicodedata.normalize("NFKC", "".join(c for c in text if unicodedata.category(c) != "Cf"))


def _half_width(character: str) -> str | None:
    """The ASCII character that a full-width one stands for."""
    if character.isascii():
        return None
    alike = _HALF_WIDTH.get(character) or unicodedata.normalize("NFKC", character)
    return alike if alike.isascii() else None


def _wide_told(character: str) -> str:
    if character.isalnum() or character.isspace():  # may be a piece of a password
        return "值里有全角的字母、数字或空格，请改成半角的"
    return f"值里有全角的“{character}”，请改成半角的“{_half_width(character)}”"

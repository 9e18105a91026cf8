"""Reads `.env` as people save it; what can't be read so is said by its line, and never with its value."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

from bot.settings_spelling import PREFIX, SettingComplaint, misspelt, nearest_setting, plain
from intents.errors import os_error_reason

OF_COMPOSE = frozenset({"YOUSHU_CONTENT"})
"""Names in `.env` that are no settings: compose.yaml reads them."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LINE = re.compile(r"(?:export\s+)?['\"“‘]?(?P<name>[A-Za-z_][A-Za-z0-9_]*)['\"”’]?\s*(?P<sign>.?)")
_SAVE_AS = "请用记事本打开，点“另存为”，“编码”选 UTF-8 再保存"


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What `.env` says."""

    values: dict[str, str] = field(default_factory=dict)
    """By name, in capitals; without those that are empty."""
    complaints: tuple[SettingComplaint, ...] = ()
    readable: bool = True


def read_settings_file(path: Path, known: Sequence[str]) -> SettingsFile:
    """Read the file, if there is one; never raises.

    Args:
        path: of `.env`.
        known: the names of all settings, in capitals.
    """
    if path.is_dir() or not path.exists():  # a folder of that name is somebody's virtual environment
        return SettingsFile()
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        return _unreadable(f"{path.name}：打不开（{os_error_reason(error)}）；请检查读取权限")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _unreadable(f"{path.name}：从第 {line} 行起不是 UTF-8 编码；{_SAVE_AS}")
    if "\0" in text:
        return _unreadable(f"{path.name}：是 UTF-16 编码；{_SAVE_AS}")
    bindings = list(parse_stream(io.StringIO(text)))
    # Without what it can't read, of which python-dotenv would warn in English.
    good = "".join(binding.original.string for binding in bindings if not binding.error)
    values = {name.upper(): value for name, value in dotenv_values(stream=io.StringIO(good)).items() if value}
    return SettingsFile(values, tuple(_complaints(bindings, known, path.name)))


def _unreadable(text: str) -> SettingsFile:
    return SettingsFile(complaints=(SettingComplaint(text),), readable=False)


def _complaints(bindings: Sequence[Binding], known: Sequence[str], file: str) -> Iterator[SettingComplaint]:
    for binding in bindings:
        written = binding.original.string
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        place = f"{file} 第 {line} 行"
        if binding.error or (binding.key is not None and (binding.value is None or not _NAME.fullmatch(binding.key))):
            yield _unreadable_line(written.strip(), known, place)
        elif binding.key is not None:
            yield from _strange_name(binding.key, known, place)


def _strange_name(name: str, known: Sequence[str], place: str) -> Iterator[SettingComplaint]:
    if complaint := misspelt(name, known, place):
        yield complaint
    elif name.upper().startswith(PREFIX) and name.upper() not in {*known, *OF_COMPOSE}:
        yield SettingComplaint(f"{name}：没有这一项（{place}）；请对照 .env.example")


def _unreadable_line(written: str, known: Sequence[str], place: str) -> SettingComplaint:
    """What to say of a line that is no `NAME=value`; of what it says only the name of a setting is shown."""
    if written[0] == "＃":
        return SettingComplaint(f"{place}：行首的“＃”是全角的，请改成半角的“#”")
    found = _LINE.match(written)
    name = nearest_setting(found["name"], known) if found else None
    if found is None or name is None:
        name = nearest_setting(plain(written).partition("=")[0].strip(), known)
        if name is not None:
            return SettingComplaint(f"{name}：{place}的名字里有全角的或看不见的字符，请重新打一遍", name)
        return SettingComplaint(f"{place}：读不懂；说明文字的行首要加“#”，设置要写成 YOUSHU_名字=值")
    if found["sign"] in {"：", "＝", ":", "﹕", "﹦"}:
        return SettingComplaint(f"{name}：{place}名字后面的“{found['sign']}”要改成半角的“=”", name)
    if found["sign"] == "=":
        return SettingComplaint(f"{name}：{place}的引号没有成对；不用引号就行", name)
    return SettingComplaint(f"{name}：{place}没有“=”，请写成 {name}=值", name)

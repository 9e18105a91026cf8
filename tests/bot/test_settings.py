"""`.env.example` says what `bot/settings.py` says."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.settings_spelling import PREFIX

LINES = (Path(__file__).parents[2] / ".env.example").read_text("utf-8").splitlines()
SETTING = re.compile(r"#([A-Z0-9_]+)=(.*)")
"""A line that is there to be taken out of its comment."""


def test_env_example_lists_every_setting_once_and_no_other() -> None:
    listed = Counter(found[1] for line in LINES if (found := SETTING.fullmatch(line)))
    assert listed == Counter(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)


def test_env_example_sets_nothing_by_itself() -> None:
    assert [line for line in LINES if line and not (line.startswith("# ") or SETTING.fullmatch(line))] == []


def test_env_example_gives_every_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    written = tmp_path / "all.env"
    written.write_text("\n".join(line.removeprefix("#") for line in LINES if SETTING.fullmatch(line)), "utf-8")
    assert Settings(_env_file=written) == Settings(_env_file=None)
    empty = {found[1] for line in LINES if (found := SETTING.fullmatch(line)) and not found[2]}
    defaults = {f"{PREFIX}{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    assert empty == {name for name, default in defaults.items() if default in {None, "", frozenset(), ()}}

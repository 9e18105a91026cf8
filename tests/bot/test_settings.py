"""`.env.example` says what `bot/settings.py` says."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import Settings
from bot.settings_spelling import PREFIX

ROOT = Path(__file__).parents[2]
LINES = (ROOT / ".env.example").read_text("utf-8").splitlines()
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


def test_the_host_names_that_are_answered_to_are_those_that_the_handbook_of_telegram_names() -> None:
    urls = {"telegram_webhook_url": "https://hook.example:8443/telegram", "public_url": "https://bot.example"}
    settings = Settings(_env_file=None, telegram_webhook_secret=SecretStr("s"), **urls)  # type: ignore[arg-type]  # by name
    assert set(settings.public_hosts) == {"hook.example", "bot.example"}
    told = (ROOT / "docs" / "telegram.md").read_text("utf-8")
    [line] = [line for line in told.splitlines() if "主机名" in line and "400" in line]
    assert all(f"`{PREFIX}{name.upper()}`" in line for name in urls)

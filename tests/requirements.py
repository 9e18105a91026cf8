"""What a test needs of the machine beyond Python: it skips and says why, or fails where that is asked for."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

DEMANDED = "YOUSHU_TEST_REQUIRE"
"""Comma-separated names whose absence is a failure and not a skip; `.ci/run` sets it."""


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _postgresql() -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return shutil.which("initdb") or (str(installed[-1]) if installed else None)


def _yaml_language_server() -> str | None:
    return shutil.which("yaml-language-server")


_FOUND: Mapping[str, tuple[Callable[[], str | None], str]] = MappingProxyType(
    {
        "browser": (_chromium, "Chromium is not installed (Debian: apt install chromium)"),
        "nginx": (
            lambda: shutil.which("nginx") or shutil.which("/usr/sbin/nginx"),
            "nginx is not installed (Debian: apt install nginx)",
        ),
        "postgresql": (_postgresql, "PostgreSQL's server is not installed (Debian: apt install postgresql)"),
        "redis": (
            lambda: shutil.which("redis-server") or shutil.which("valkey-server"),
            "Redis's server is not installed (Debian: apt install redis-server)",
        ),
        "promtool": (lambda: shutil.which("promtool"), "promtool is not installed (Debian: apt install prometheus)"),
        "yaml-language-server": (
            _yaml_language_server,
            "yaml-language-server is not on PATH (npm install -g yaml-language-server)",
        ),
    }
)


def require(name: str) -> str:
    """The path of the program that a test needs; skips the test, or fails it where the name is demanded."""
    find, remedy = _FOUND[name]
    path = find()
    if path is not None:
        return path
    if name in os.environ.get(DEMANDED, "").split(","):
        pytest.fail(f"{remedy}, and {DEMANDED} demands it", pytrace=False)
    pytest.skip(remedy)

"""What is installed: every file that the code reads is in the wheel, and the command works from it alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "intents")
SOURCES = ("*.po",)
"""Files that others are made from (`python -m tests.catalog`); nothing reads them at run time."""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """The files of the packages that git knows."""
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    return listed.stdout.splitlines()


@pytest.fixture(scope="module")
def wheel(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """A wheel of these files, built without the network by the setuptools that is installed."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", *tracked):
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    installed = ["--no-build-isolation", "--check-build-dependencies"]
    built = subprocess.run(
        [*pip, "wheel", "--no-index", "--no-deps", *installed, "--wheel-dir", str(out), str(tree)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return ZipFile(next(out.glob("youshu-*.whl")))


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(tracked: list[str], wheel: ZipFile) -> None:
    wanted = {name for name in tracked if not any(Path(name).match(source) for source in SOURCES)}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == wanted


def test_the_wheel_carries_the_licence(wheel: ZipFile) -> None:
    licence = next(name for name in wheel.namelist() if name.endswith("/LICENSE"))
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_the_command_answers_from_what_the_wheel_holds(wheel: ZipFile, tmp_path: Path) -> None:
    installed, folder = tmp_path / "installed", tmp_path / "folder"
    wheel.extractall(installed)
    folder.mkdir()
    shutil.copyfile(ROOT / "faq.yaml", folder / "faq.yaml")
    shutil.copytree(ROOT / "questions", folder / "questions")
    asked = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "催收会上门吗"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert asked.stderr == ""
    assert asked.stdout.startswith("【上门催收】")

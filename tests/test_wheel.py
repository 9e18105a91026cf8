"""What is installed: every file that the code reads is in the wheel, and the command works from it alone."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from venv import EnvBuilder
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "intents")
CONTENT = (
    "faq.yaml",
    "faq.schema.json",
    ".env.example",
    *(f"questions/{f.name}" for f in ROOT.glob("questions/*.txt")),
)
"""What `youshu init` lays out."""
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
    """A wheel of these files and the shipped FAQ, built without the network by the setuptools that is installed."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", *CONTENT, *tracked):
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
    wanted = {f"bot/content/{name}" for name in CONTENT}
    wanted |= {name for name in tracked if not any(Path(name).match(source) for source in SOURCES)}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == wanted


def test_the_wheel_carries_the_licence(wheel: ZipFile) -> None:
    licence = next(name for name in wheel.namelist() if name.endswith("/LICENSE"))
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()


@pytest.fixture(scope="module")
def installed(wheel: ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `youshu` of a fresh environment with this wheel, as pipx and uvx make one; the libraries are those of the tests."""
    folder = tmp_path_factory.mktemp("fresh")
    EnvBuilder(with_pip=False, symlinks=True).create(folder)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "--python",
        str(folder / "bin" / "python"),
    ]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel.filename)], check=True, capture_output=True)
    return folder / "bin" / "youshu"


@pytest.mark.proof
def test_a_fresh_environment_has_a_working_youshu_in_any_folder(installed: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH" and "YOUSHU" not in key}

    def youshu(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed, *arguments],
            cwd=tmp_path,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    assert "youshu init" in youshu("ask", "催收会上门吗").stderr
    done = youshu("init")
    assert (done.returncode, done.stderr) == (0, "")
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == {*CONTENT}
    assert all((tmp_path / name).read_bytes() == (ROOT / name).read_bytes() for name in CONTENT)
    asked = youshu("ask", "催收会上门吗")
    assert asked.stderr == ""
    assert asked.stdout.startswith("【上门催收】")
    again = youshu("init")
    assert (again.returncode, again.stdout) == (1, "")
    assert "已经有 faq.yaml、faq.schema.json、.env.example、questions，什么也没写" in again.stderr

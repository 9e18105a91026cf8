"""Puts the shipped FAQ into the wheel, where `youshu init` takes it from; everything else stands in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
CONTENT = ("faq.yaml", "faq.schema.json", ".env.example", "questions")


class BuildWithContent(build_py):
    """Builds the packages with `bot/content`, which in a checkout is the root folder itself."""

    def run(self) -> None:
        """Build, then copy the content unless the packages are only linked to."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "bot" / "content"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in CONTENT:
            if (ROOT / name).is_dir():
                (target / name).mkdir()
                for text in sorted((ROOT / name).glob("*.txt")):
                    shutil.copyfile(text, target / name / text.name)
            else:
                shutil.copyfile(ROOT / name, target / name)


setup(cmdclass={"build_py": BuildWithContent})

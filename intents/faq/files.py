"""The files that a FAQ is made of: faq.yaml, and the texts in questions/ beside it; read in one go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from intents.faq.question_files import QUESTIONS_FOLDER, SUFFIX, key_of

MAIN = "faq.yaml"

_NOT_OURS = (".bak", "~", ".swp", ".tmp", ".orig", ".rej", ".crdownload")
"""Endings of what editors and systems leave beside a file."""


@dataclass(frozen=True)
class FAQFiles:
    """What the files of a FAQ hold, as bytes; the names in `questions` are those in the folder: home_visit.txt."""

    path: Path
    """faq.yaml, as it was named."""
    main: bytes
    questions: Mapping[str, bytes]
    unread: tuple[str, ...] = ()
    """Other files in the folder, which nobody reads."""

    @cached_property
    def digest(self) -> str:
        """Which version this is: the first 12 hex digits of a SHA-256; of faq.yaml's own where nothing stands beside it."""
        found = sha256(self.main)
        for name, content in self.questions.items():
            found.update(f"\0{name}\0{len(content)}\0".encode())
            found.update(content)
        return found.hexdigest()[:12]

    def texts(self) -> tuple[str, dict[str, str]]:
        """The content of faq.yaml, and those of the others as they are named in messages; raises UnicodeDecodeError."""
        return self.main.decode("utf-8"), {
            self.told(name): content.decode("utf-8") for name, content in self.questions.items()
        }

    def file_of(self, key: str) -> str | None:
        """The name of the file with the questions of an intent, or of what is out of scope; None where there is none."""
        return next((name for name in self.questions if key_of(name) == key), None)

    @property
    def folder(self) -> Path:
        """Where the questions are, or would be."""
        return questions_folder(self.path)

    def path_of(self, name: str) -> Path:
        """The path of one of the files; an empty name is faq.yaml."""
        return self.folder / name if name else self.path

    def told(self, name: str) -> str:
        """How a file is named in messages, beside faq.yaml: questions/home_visit.txt."""
        return told(self.path, name)


def told(path: Path, name: str) -> str:
    """How one of the texts is named in messages, beside the faq.yaml with this path."""
    folder = questions_folder(path)
    return f"{QUESTIONS_FOLDER}/{name}" if folder.parent == path.parent else str(folder / name)


def main_file(path: Path) -> Path:
    """The faq.yaml that is meant by a path: its own, that of its folder (a backup, say), or of one of the texts beside it."""
    if path.is_dir():
        inside = [path / MAIN] if (path / MAIN).exists() else [*path.glob("*.yaml"), *path.glob("*.yml")]
        return inside[0] if len(inside) == 1 else path
    if path.suffix.lower() == SUFFIX and path.parent.name == QUESTIONS_FOLDER:
        return path.parent.parent / MAIN
    return path


def questions_folder(path: Path) -> Path:
    """Where the questions of a faq.yaml are: beside it as it is named, or where there is none, beside the file behind the link."""
    beside = path.parent / QUESTIONS_FOLDER
    if not beside.is_dir() and path.is_symlink():
        behind = path.resolve().parent / QUESTIONS_FOLDER
        return behind if behind.is_dir() else beside
    return beside


def has_questions_folder(path: Path) -> bool:
    """Whether questions stand in files beside this faq.yaml; a backup that is one file holds everything itself."""
    return not path.name.endswith(".bak") and questions_folder(path).is_dir()


def read_files(path: Path) -> FAQFiles:
    """Read faq.yaml and what stands beside it; raises OSError with the file's name."""
    path = main_file(path)
    main = path.read_bytes()
    if not has_questions_folder(path):
        return FAQFiles(path, main, {})
    texts = {file.name: file.read_bytes() for file in question_paths(path)}
    unread = tuple(file.name for file in _visible(questions_folder(path)) if file.name not in texts)
    return FAQFiles(path, main, texts, unread)


def question_paths(path: Path) -> list[Path]:
    """The texts in questions/ beside a faq.yaml, in order; raises OSError."""
    if not has_questions_folder(path):
        return []
    return [file for file in _visible(questions_folder(path)) if file.name.lower().endswith(SUFFIX)]


def _visible(folder: Path) -> Iterator[Path]:
    """What lies in a folder, without what is hidden and what programs leave behind."""
    for file in sorted(folder.iterdir()):
        if not file.name.startswith((".", "~$", "#")) and not file.name.endswith(_NOT_OURS):
            yield file

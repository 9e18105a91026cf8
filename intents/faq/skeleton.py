"""Writes a new intent to be filled in: every field, with a comment that explains it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from intents.errors import os_error_reason
from intents.faq.edit import EditError, TextEdit, with_intent, yaml_scalar
from intents.faq.files import has_questions_folder, main_file, read_files
from intents.faq.question_files import HEADING, SUFFIX
from intents.faq.reader import Value, parse_yaml
from intents.faq.rewrite import RewriteError, exclusive_writer, replace
from intents.faq.schema import Answer, Basis, Group, Intent

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class AddedIntent:
    """Where the skeleton stands now."""

    line: int
    """1-based."""
    backup: Path
    """The FAQ as it was before."""
    questions: str | None = None
    """The file for its questions, as it is named beside faq.yaml; None where they stand in faq.yaml."""


def add_intent(path: Path, key: str, group: Group, title: str, today: date) -> AddedIntent:
    """Write a skeleton at the end of its group; raises EditError or RewriteError, and the file is as it was.

    The skeleton doesn't pass `check` until it is filled in, so that a running bot never answers with it.
    """
    with _reading(path), exclusive_writer(path):
        before = read_files(path)
        beside = has_questions_folder(before.path)
        edit = with_skeleton(before.main.decode("utf-8"), key, group, title, today, questions=not beside)
        changes: dict[str, bytes | None] = {"": edit.text.encode("utf-8")}
        name = f"{key}{SUFFIX}"
        if beside and name not in before.questions:
            changes[name] = f"{HEADING}\n".encode()
        backup = replace(before, changes)
        return AddedIntent(edit.line + 1, backup, before.told(name) if beside else None)


def refuse_id(path: Path, key: str) -> None:
    """Raise EditError if no new intent of this file can have this id, RewriteError if the file can't be read."""
    with _reading(path):
        _refuse_id(key, _intents(parse_yaml(main_file(path).read_text("utf-8-sig")).value))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in Chinese why a file can't be read."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise EditError(f"{path.name} 不是 UTF-8 编码，请用编辑器另存为 UTF-8") from error
    except OSError as error:
        raise RewriteError(f"{path.name} 打不开（{os_error_reason(error)}）；请检查路径和权限") from error


def with_skeleton(text: str, key: str, group: Group, title: str, today: date, *, questions: bool = True) -> TextEdit:
    """The text with the skeleton of an intent, with a list for its questions or without, at the end of its group; raises EditError."""
    intents = list(_intents(parse_yaml(text.removeprefix("\ufeff")).value))
    _refuse_id(key, intents)
    _refuse_title(title, intents)
    if not intents:
        raise EditError("文件里还没有任何话题，请先从模板恢复 faq.yaml")
    same_group = [entry for entry in intents if entry.get("group") == group.value] or intents
    owners = Counter(str(entry["owner"]) for entry in intents if entry.get("owner"))
    owner = max(owners, key=lambda each: owners[each], default="")
    lines = _skeleton_lines(key, group, title, owner, today, questions=questions)
    return with_intent(text, str(same_group[-1].get("id")), list(lines))


def _refuse_id(key: str, intents: Iterable[Mapping[str, Value]]) -> None:
    if not _ID.fullmatch(key):
        raise EditError(f"编号“{key}”不行：请用小写字母开头，只含小写字母、数字和下划线，不超过 40 个字符")
    if key in [entry.get("id") for entry in intents]:
        raise EditError(f"编号“{key}”已经有了；请换一个，或用 youshu teach {key} 给它加问法")


def _refuse_title(title: str, intents: Iterable[Mapping[str, Value]]) -> None:
    known = next((entry.get("id") for entry in intents if title and entry.get("title") == title), None)
    if known is not None:
        raise EditError(f"标题“{title}”已经是 {known} 的；请换一个，或用 youshu teach {known} 给它加问法")


def _intents(value: Value) -> Iterator[dict[str, Value]]:
    intents = value.get("intents") if isinstance(value, dict) else None
    for entry in intents if isinstance(intents, list) else ():
        if isinstance(entry, dict):
            yield entry


def _skeleton_lines(key: str, group: Group, title: str, owner: str, today: date, *, questions: bool) -> Iterator[str]:
    yield f"- id: {key}"
    yield f"  group: {group.value}  # {group.heading}"
    yield f"  title: {yaml_scalar(title) if title else ''}  # {_description(Intent, 'title')}"
    if questions:
        yield "  questions:"
        yield f"    # {_description(Intent, 'questions')}"
        yield "    -"
    yield "  answer:"
    for name in ("summary", "consequences", "rights", "steps", "script"):
        yield f"    # {_description(Answer, name)}"
        yield f"    {name}:"
        if name in {"consequences", "rights", "steps"}:
            yield "      -"
    yield f"    # {_description(Answer, 'basis')}"
    yield "    basis:"
    for dash, name in (("-", "law"), (" ", "article"), (" ", "says")):
        yield f"      {dash} {name}:  # {_description(Basis, name)}"
    yield f"  # {_description(Intent, 'related')}"
    yield "  related:"
    yield "    -"
    yield f"  owner: {yaml_scalar(owner) if owner else ''}  # {_description(Intent, 'owner')}"
    yield f"  reviewed: {today.isoformat()}  # {_description(Intent, 'reviewed')}"


def _description(model: type[BaseModel], name: str) -> str:
    return (model.model_fields[name].description or "").replace("\n", " ")

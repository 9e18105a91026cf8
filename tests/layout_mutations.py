"""Ways in which people break a FAQ of several files: what they do, what `check` must say first, and how its remedy is followed."""

import re
import shutil
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from intents.faq.problems import Problem
from intents.faq.question_files import HEADING
from tests.mistakes import GOOD

MARK = "▲"
"""Stands in a mutation just before the character that the problem must point at."""

TEXTS: Mapping[str, tuple[str, ...]] = {
    "door_knock": ("夜里有人砸门要账咋办", "那人非要坐在我家客厅等我"),
    "rate_talk": ("年化写着三十多算不算太高", "這個利率是不是超過上限了"),
    "thanks_talk": ("刚才讲得挺明白", "心里踏实多了"),
    "out_of_scope": ("花卡在哪里申请",),
}
FIRST, SECOND = TEXTS["door_knock"]
MAIN = re.sub(r"out_of_scope:\n(?:  .*\n)+\n?|    questions:\n(?:      .*\n)+", "", GOOD)


def write_good(folder: Path) -> Path:
    """The good FAQ of `tests.mistakes`, its questions in texts."""
    (folder / "questions").mkdir(parents=True)
    for name, lines in TEXTS.items():
        (folder / "questions" / f"{name}.txt").write_text("\n".join([HEADING, *lines, ""]), encoding="utf-8")
    (folder / "faq.yaml").write_text(MAIN, encoding="utf-8")
    return folder / "faq.yaml"


@dataclass(frozen=True)
class LayoutMutation:
    """One thing that goes wrong."""

    name: str
    code: str
    file: str
    """Where the first problem of this code is: a text's name, or faq.yaml."""
    change: Callable[[Path], tuple[int, int]]
    """Does it in a folder; the line and the column of the problem."""


def _file(folder: Path, name: str) -> Path:
    return folder / name if "." in name else folder / "questions" / f"{name}.txt"


def edit(name: str, old: str, new: str) -> Callable[[Path], tuple[int, int]]:
    """Replace a piece of a file's text."""

    def change(folder: Path) -> tuple[int, int]:
        file = _file(folder, name)
        text = file.read_text("utf-8")
        assert old in text
        before, _, after = text.replace(old, new, 1).partition(MARK)
        file.write_text(before + after, encoding="utf-8")
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    return change


def add(name: str, line: str) -> Callable[[Path], tuple[int, int]]:
    """One more line at the end of a text."""
    return edit(name, f"{TEXTS[name][-1]}\n", f"{TEXTS[name][-1]}\n{line}\n")


def at(line: int, column: int, do: Callable[[Path], object]) -> Callable[[Path], tuple[int, int]]:
    """Do something to the folder whose problem has this place."""

    def change(folder: Path) -> tuple[int, int]:
        do(folder)
        return line, column

    return change


def content(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Change a file's bytes."""
    return lambda folder: _file(folder, name).write_bytes(change(_file(folder, name).read_bytes()))


def rename(old: str, new: str) -> Callable[[Path], object]:
    """Give a file in questions/ another name."""
    return lambda folder: (folder / "questions" / old).rename(folder / "questions" / new)


def in_encoding(name: str, encoding: str) -> Callable[[Path], object]:
    """Save a file in another encoding."""
    return content(name, lambda text: text.decode().encode(encoding))


def remove(name: str, instead: Callable[[Path], object] = Path.exists) -> Callable[[Path], object]:
    """Delete a file, and put something else in its place."""

    def do(folder: Path) -> object:
        _file(folder, name).unlink()
        return instead(_file(folder, name))

    return do


def copy(old: str, new: str) -> Callable[[Path], object]:
    """Copy a file in questions/."""
    return lambda folder: shutil.copy(folder / "questions" / old, folder / "questions" / new)


_DOOR, _RATE, _OUT = "questions/door_knock.txt", "questions/rate_talk.txt", "questions/out_of_scope.txt"
_TITLE = "    title: 敲门怎么办\n"
_KEY_LINE, _INTENTS_LINE = (MAIN[: MAIN.index(key)].count("\n") + 1 for key in ("id: door_knock", "intents:"))


_MERGED = f"▲<<<<<<< HEAD\n{_TITLE}=======\n    title: 有人敲门\n>>>>>>> theirs\n"


def listed(question: str) -> Callable[[Path], tuple[int, int]]:
    """A list of one question at door_knock in faq.yaml."""
    return edit("faq.yaml", _TITLE, f"{_TITLE}    questions:\n      - {question}\n")


def _rename_topic(text: bytes) -> bytes:
    return text.replace(b"door_knock", b"door_knocks")


def _without_last_topic(text: bytes) -> bytes:
    return text[: text.index(b"\n  - id: thanks_talk")]


# fmt: off
MUTATIONS = tuple(LayoutMutation(*row) for row in (
    # --- a line written as in faq.yaml
    ("a dash before a question", "W-LINE-FORM", _DOOR, edit("door_knock", FIRST, f"▲- {FIRST}")),
    ("an indented dash", "W-LINE-FORM", _DOOR, edit("door_knock", FIRST, f"  ▲- {FIRST}")),
    ("a bullet of a word processor", "W-LINE-FORM", _DOOR, edit("door_knock", SECOND, f"▲• {SECOND}")),
    ("a full-width dash", "W-LINE-FORM", _DOOR, edit("door_knock", SECOND, f"▲－{SECOND}")),
    ("double quotes", "W-LINE-FORM", _DOOR, edit("door_knock", FIRST, f'▲"{FIRST}"')),
    ("single quotes", "W-LINE-FORM", _DOOR, edit("door_knock", FIRST, f"▲'{FIRST}'")),
    ("curly quotes", "W-CURLY-QUOTE", _DOOR, edit("door_knock", FIRST, f"▲“{FIRST}”")),
    ("the list's key", "W-LINE-FORM", _DOOR, edit("door_knock", FIRST, f"▲questions:\n{FIRST}")),
    ("the topic's id", "W-LINE-FORM", _DOOR, edit("door_knock", FIRST, f"▲id: door_knock\n{FIRST}")),
    ("a comment behind a question", "W-HASH", _DOOR, edit("door_knock", FIRST, f"{FIRST} ▲# 上个月加的")),
    ("an author behind a question", "W-HASH", _DOOR, edit("door_knock", FIRST, f"{FIRST} ▲#作者 rider")),
    ("a tag that makes the line a comment", "W-HASH", _DOOR, edit("door_knock", SECOND, f"{SECOND}\n▲#急# 那人把锁眼堵死咋办")),
    ("a number in braces", "E-BRACE", _DOOR, add("door_knock", "要打▲{hotline_demo}吗")),
    ("full-width braces", "E-BRACE", _DOOR, add("door_knock", "要打▲｛hotline_demo｝吗")),
    # --- characters
    ("a control character", "E-CHARACTER", _DOOR, edit("door_knock", FIRST, "夜里▲\x07有人砸门要账咋办")),
    ("a NUL", "E-CHARACTER", _DOOR, edit("door_knock", FIRST, "夜里▲\x00有人砸门要账咋办")),
    ("a zero-width space", "W-INVISIBLE", _DOOR, edit("door_knock", FIRST, "夜里▲\u200b有人砸门要账咋办")),
    ("a no-break space", "W-INVISIBLE", _DOOR, edit("door_knock", FIRST, "夜里▲\u00a0有人砸门要账咋办")),
    ("a full-width space before a question", "W-INVISIBLE", _DOOR, edit("door_knock", FIRST, f"▲　{FIRST}")),
    ("a byte order mark in the middle", "W-INVISIBLE", _DOOR, edit("door_knock", SECOND, f"▲\ufeff{SECOND}")),
    ("a Cyrillic letter", "W-LOOK-ALIKE", _DOOR, add("door_knock", "门口来了▲А公司的人")),
    ("full-width digits", "W-LOOK-ALIKE", _DOOR, add("door_knock", "门口来了▲３个人")),
    ("a radical", "W-LOOK-ALIKE", _DOOR, edit("door_knock", "夜里有人", "夜里有▲⼈")),
    ("garbage of a wrong encoding", "W-GARBLED", _DOOR, add("door_knock", "▲锟斤拷门口有人")),
    ("a replacement character", "W-GARBLED", _DOOR, edit("door_knock", FIRST, "夜里有人▲\ufffd门要账咋办")),
    ("two scripts in a question", "W-MIXED-SCRIPT", _DOOR, edit("door_knock", FIRST, "夜里有人砸▲門要账咋办")),
    # --- the same twice
    ("a question twice in its text", "W-REPEATED-QUESTION", _DOOR, add("door_knock", f"▲{FIRST}")),
    ("the same with a mark", "W-REPEATED-QUESTION", _DOOR, add("door_knock", f"▲{FIRST}？")),
    ("another topic's question", "E-DUP-QUESTION", _RATE, add("rate_talk", f"▲{FIRST}")),
    ("another topic's in the other script", "E-DUP-QUESTION", _RATE, add("rate_talk", "▲夜裡有人砸門要賬咋辦")),
    ("a question that is out of scope", "E-SCOPE-CLASH", _DOOR, add("door_knock", "▲花卡在哪里申请")),
    ("what is in scope out of it", "E-SCOPE-CLASH", _DOOR, at(2, 1, content("out_of_scope", lambda text: text + f"{FIRST}\n".encode()))),
    ("one text copied to another", "E-DUP-QUESTION", _RATE, at(2, 1, copy("door_knock.txt", "rate_talk.txt"))),
    ("a question without words", "E-EMPTY-QUESTION", _DOOR, add("door_knock", "▲……？！")),
    ("a list in faq.yaml beside the text", "W-REPEATED-QUESTION", _DOOR, at(2, 1, listed(FIRST))),
    ("a list in faq.yaml beside another text", "E-DUP-QUESTION", _RATE, at(2, 1, listed(TEXTS["rate_talk"][0]))),
    # --- merging versions
    ("the mark of a merge", "E-CONFLICT", _DOOR, edit("door_knock", FIRST, f"▲<<<<<<< HEAD\n{FIRST}\n=======\n夜里有人踹门要账咋办\n>>>>>>> theirs")),
    ("what is left of a merge", "E-CONFLICT", _DOOR, edit("door_knock", SECOND, f"{SECOND}\n▲=======\n")),
    ("the mark of a merge in faq.yaml", "E-CONFLICT", "faq.yaml", edit("faq.yaml", _TITLE, _MERGED)),
    # --- encodings, halves
    ("a text in GBK", "E-ENCODING", _DOOR, at(1, 4, in_encoding("door_knock", "gbk"))),
    ("a text in UTF-16", "E-ENCODING", _DOOR, at(1, 1, in_encoding("door_knock", "utf-16"))),
    ("a text cut in a character", "E-ENCODING", _DOOR, at(3, 12, content("door_knock", lambda text: text[:-2]))),
    ("out_of_scope in GBK", "E-ENCODING", _OUT, at(1, 4, in_encoding("out_of_scope", "gbk"))),
    ("faq.yaml in GBK", "E-ENCODING", "faq.yaml", at(4, 63, in_encoding("faq.yaml", "gbk"))),
    ("a text without anything", "E-EMPTY-PART", _DOOR, at(1, 1, content("door_knock", lambda _: b""))),
    ("a text of comments alone", "E-EMPTY-PART", _DOOR, at(1, 1, content("door_knock", lambda _: "# 还没写\n".encode()))),
    ("an out_of_scope without anything", "E-EMPTY-PART", _OUT, at(1, 1, content("out_of_scope", lambda _: b"\n\n"))),
    ("a text with one question left", "W-FEW-QUESTIONS", _DOOR, at(1, 1, content("door_knock", lambda _: f"{FIRST}\n".encode()))),
    # --- files
    ("a text deleted", "E-MISSING-KEY", "faq.yaml", at(_KEY_LINE, 5, remove("door_knock"))),
    ("every text deleted", "E-FILE", "faq.yaml", at(_INTENTS_LINE, 1, lambda folder: shutil.rmtree(folder / "questions"))),
    ("a misspelt name", "E-UNKNOWN-ID", "questions/door_knok.txt", at(1, 1, rename("door_knock.txt", "door_knok.txt"))),
    ("a name with capitals", "E-UNKNOWN-ID", "questions/Door_Knock.txt", at(1, 1, rename("door_knock.txt", "Door_Knock.txt"))),
    ("a title as a name", "E-UNKNOWN-ID", "questions/敲门怎么办.txt", at(1, 1, rename("door_knock.txt", "敲门怎么办.txt"))),
    ("an ending that Windows hides", "E-UNKNOWN-ID", "questions/door_knock.txt.txt", at(1, 1, rename("door_knock.txt", "door_knock.txt.txt"))),
    ("a name with a space", "E-UNKNOWN-ID", "questions/door_knock .txt", at(1, 1, rename("door_knock.txt", "door_knock .txt"))),
    ("out-of-scope with dashes", "E-UNKNOWN-ID", "questions/out-of-scope.txt", at(1, 1, rename("out_of_scope.txt", "out-of-scope.txt"))),
    ("another ending", "W-UNREAD-FILE", "questions/door_knock.md", at(1, 1, rename("door_knock.txt", "door_knock.md"))),
    ("a copy by the file manager", "E-UNKNOWN-ID", "questions/door_knock - 副本.txt", at(1, 1, copy("door_knock.txt", "door_knock - 副本.txt"))),
    ("a topic renamed in faq.yaml alone", "E-UNKNOWN-ID", _DOOR, at(1, 1, content("faq.yaml", _rename_topic))),
    ("a topic deleted from faq.yaml alone", "E-UNKNOWN-ID", "questions/thanks_talk.txt", at(1, 1, content("faq.yaml", _without_last_topic))),
    ("a link that leads nowhere", "E-FILE", "questions/door_knock.txt", at(1, 1, remove("door_knock", lambda file: file.symlink_to("nowhere")))),
    ("a folder in a text's place", "E-FILE", "questions/door_knock.txt", at(1, 1, remove("door_knock", Path.mkdir))),
    ("a text beside the folder", "E-MISSING-KEY", "faq.yaml", at(_KEY_LINE, 5, rename("door_knock.txt", "../door_knock.txt"))),
))
# fmt: on


def follow(folder: Path, problem: Problem, good: Path) -> None:
    """Do what a remedy says, to the letter, as an operator would who knows nothing else and has a copy of the good files."""
    for wording, do in _WAYS.items():
        if found := re.search(wording, problem.remedy):
            do(folder, problem, found, good)
            return
    raise KeyError(problem.remedy)


_Way = Callable[[Path, Problem, "re.Match[str]", Path], object]


def _in_line(change: Callable[[str, int], str | None]) -> _Way:
    """Change the problem's line, given with the offset of its character; None deletes it."""

    def do(folder: Path, problem: Problem, _: "re.Match[str]", __: Path) -> None:
        file = folder / (problem.file or "faq.yaml")
        lines = file.read_text("utf-8").split("\n")
        changed = change(lines[problem.line - 1], problem.column - 1)
        lines[problem.line - 1 : problem.line] = [] if changed is None else [changed]
        file.write_text("\n".join(lines), encoding="utf-8")

    return do


def _from_good(folder: Path, problem: Problem, found: "re.Match[str]", good: Path) -> None:
    """Write the file anew from the copy, by the name that the remedy gives, or its own."""
    name = found[1] if found.re.groups else problem.file or "faq.yaml"
    target = folder / name
    if target.is_dir() and not target.is_symlink():
        target.rmdir()
    target.unlink(missing_ok=True)
    target.parent.mkdir(exist_ok=True)
    shutil.copy(good / name, target)


def _rename(folder: Path, problem: Problem, found: "re.Match[str]", _: Path) -> None:
    target = folder / "questions" / found[1]
    (folder / problem.file).rename(target) if not target.exists() else (folder / problem.file).unlink()


def _merge(folder: Path, problem: Problem, found: "re.Match[str]", _: Path) -> None:
    source, target = folder / problem.file, folder / "questions" / found[1]
    known = target.read_text("utf-8")
    new = [line for line in source.read_text("utf-8").splitlines() if line not in known.splitlines()]
    target.write_text(known + "".join(f"{line}\n" for line in new), encoding="utf-8")
    source.unlink()


def _to_txt(folder: Path, problem: Problem, _: "re.Match[str]", __: Path) -> None:
    (folder / problem.file).rename((folder / problem.file).with_suffix(".txt"))


def _resolve(folder: Path, problem: Problem, _: "re.Match[str]", __: Path) -> None:
    file = folder / (problem.file or "faq.yaml")
    text = file.read_text("utf-8")
    text = re.sub(r"=======\n(?:.*\n)*?>>>>>>> .*\n", "", text)
    file.write_text(re.sub(r"(?m)^(?:<<<<<<<|=======|>>>>>>>).*\n", "", text), encoding="utf-8")


def _save_as_utf8(folder: Path, problem: Problem, _: "re.Match[str]", __: Path) -> None:
    file = folder / (problem.file or "faq.yaml")
    raw = file.read_bytes()
    for encoding in ("utf-16", "gbk"):
        try:
            file.write_text(raw.decode(encoding), encoding="utf-8", newline="")
        except UnicodeDecodeError:
            continue
        return
    file.write_text(raw.decode("utf-8", "ignore"), encoding="utf-8")


def _both(folder: Path, _: Problem, __: "re.Match[str]", good: Path) -> None:
    shutil.copytree(good / "questions", folder / "questions", dirs_exist_ok=True)


def _delete_the_new_one(folder: Path, problem: Problem, _: "re.Match[str]", good: Path) -> None:
    """Of two equal lines the one that the good file doesn't have; the message names the other's place."""
    there = re.search(r"(?:(\S+\.(?:txt|yaml)) )?第 (\d+) 行", problem.message)
    assert there
    own = (folder / problem.file).read_text("utf-8").split("\n")[problem.line - 1]
    is_new = own not in (good / problem.file).read_text("utf-8").split("\n") or not there[1]
    name, number = (problem.file, problem.line) if is_new else (there[1], int(there[2]))
    lines = (folder / name).read_text("utf-8").split("\n")
    (folder / name).write_text("\n".join(lines[: number - 1] + lines[number:]), encoding="utf-8")


def _typed_again(character: str) -> str:
    return {"А": "A"}.get(character, unicodedata.normalize("NFKC", character))


_WAYS: Mapping[str, _Way] = {
    r"这里一行就是一句，请删去它": _in_line(lambda line, at: line[:at] + line[at + 1 :].lstrip()),
    r"请删去引号|请删去首尾的弯引号": _in_line(lambda line, _: line.strip().strip("\"'“”")),
    r"这里一行只写一句问法，请删去这一行": _in_line(lambda _, __: None),
    r"请把注释写在单独的一行": _in_line(lambda line, at: f"# {line[at + 1 :].strip()}\n{line[:at].rstrip()}"),
    r"要当问法就删去“#”": _in_line(lambda line, _: line.replace("#", "")),
    r"请删去这一处再重新输入|请删去；要空格就打半角空格": _in_line(lambda line, at: line[:at] + line[at + 1 :]),
    r"请用输入法重新打一遍": _in_line(lambda line, at: line[:at] + _typed_again(line[at]) + line[at + 1 :]),
    r"请重新输入，文件要存成 UTF-8": _in_line(lambda line, at: line[:at] + re.sub("^(?:锟斤拷|\ufffd)", "砸", line[at:])),
    r"请整句用繁体": _in_line(lambda line, _: line.replace("門", "门")),
    r"请直接写字，或删去花括号": _in_line(lambda line, _: re.sub("[{}｛｝]", "", line)),
    r"删去其一": _delete_the_new_one,
    r"请写成一句话，或删去": _in_line(lambda _, __: None),
    r"请留下要的那一份": _resolve,
    r"请用编辑器另存为 UTF-8": _save_as_utf8,
    r"文件名是不是想写“(.+?)”": _rename,
    r"“(.+?)”已经有了，请把这里的问法并进去，再删去这个文件": _merge,
    r"这个话题要是被误删了，请从备份里找回": lambda folder, _, __, good: shutil.copy(good / "faq.yaml", folder / "faq.yaml"),
    r"问法要放在以 .txt 结尾的文本文件里": _to_txt,
    r"请把 questions/ 和 faq.yaml 放在同一个文件夹里": _both,
    r"把问法写进 (questions/\w+\.txt)": _from_good,
    r"请写上内容，或删去这一项|请补到 \d+ 条以上|请检查路径和读取权限": _from_good,
}  # fmt: skip

"""Ids, titles, related topics, parameters and lexicon words: unique where they must be, and existing where they are referred to."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from intents.checks.raw_faq import RawFaq, WrittenText, sequence
from intents.faq.lost_lines import CUT_OFF_REMEDY
from intents.faq.problems import Problem, quoted
from intents.faq.question_files import key_of
from intents.faq.reader import Path
from intents.faq.schema import PARAMETER_REFERENCE
from intents.faq.spelling import typo_of

_BRACES = re.compile(r"[{}｛｝]")
_TEMPLATE = re.compile(r"([$%#@])(\{[a-z][a-z0-9_]*\})")
_COMMENT_LINE = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_LISTED = 5
"""So many lines are named at most."""
_TELLING_VALUE = re.compile(r"\d{3,}|\d+(?:\.\d+)?%")


def duplicate_ids(raw: RawFaq) -> Iterator[Problem]:
    """Two intents with one id."""
    seen: dict[str, int] = {}
    for index, intent in raw.intents:
        path = ("intents", index, "id")
        key = intent.get("id")
        if not isinstance(key, str) or not key:
            continue
        if key in seen:
            message = f"编号{quoted(key)}在第 {seen[key]} 行已经用过"
            yield raw.problem(path, "E-DUP-ID", message, "请换一个编号，或合并两条")
        seen.setdefault(key, raw.line_of(path))


def duplicate_titles(raw: RawFaq) -> Iterator[Problem]:
    """Two buttons that look the same."""
    seen: dict[str, int] = {}
    for written in raw.titles:
        if written.text in seen:
            message = f"标题{quoted(written.text)}在第 {seen[written.text]} 行已经用过"
            yield raw.problem(written.path, "W-DUP-TITLE", message, "请换一个标题，按钮才分得清")
        seen.setdefault(written.text, raw.line_of(written.path))


def related_topics(raw: RawFaq) -> Iterator[Problem]:
    """Related ids that don't exist, point at the intent itself, or stand twice."""
    ids = _ids(raw)
    unknown: dict[str, list[Path]] = {}
    lone = _ids_of_lone_files(raw)
    for index, intent in raw.intents:
        path = ("intents", index, "related")
        related = [str(key) for key in sequence(intent.get("related")) if key]
        for position, key in enumerate(related):
            at = partial(raw.problem, (*path, position))
            if key in lone:
                continue  # told at the file, see lost_ids
            if key not in ids:
                unknown.setdefault(key, []).append((*path, position))
            elif key == intent.get("id"):
                yield at("W-RELATED", "related 指向了这个话题自己", "请删去")
            elif key in related[:position]:
                yield at("W-RELATED", f"related 里的{quoted(key)}写了两次", "请删去其一")
        least, most = raw.limits.related
        if related and not least <= len(related) <= most:
            message, remedy = f"related 有 {len(related)} 个", f"请写 {least} 到 {most} 个接下来常问的话题"
            yield raw.problem(path, "W-RELATED", message, remedy, at_key=True)
    for key, places in unknown.items():
        message, meant = f"related 里的{quoted(key)}不存在", typo_of(key, ids) if len(places) == 1 else None
        lines = "、".join(str(raw.line_of(path)) for path in places[:_LISTED])
        more = " 等行" if len(places) > _LISTED else " 行"
        gone = f"这个话题要是被误删了，请从备份里找回；不要它了，就从第 {lines}{more}的 related 里删去"
        remedy = f"你是不是想写“{meant}”" if meant else gone
        yield replace(raw.problem(places[0], "E-UNKNOWN-ID", message, remedy), consequences=len(places) - 1)


def _ids(raw: RawFaq) -> set[str]:
    return {key for _, intent in raw.intents if isinstance(key := intent.get("id"), str)}


def lost_ids(raw: RawFaq) -> Iterator[Problem]:
    """The problems of reading the files: where a topic is gone, with what still speaks of it.

    A `- id:` line that is gone is told with the id that others relate to; a text without its topic, with how many do.
    """
    ids = _ids(raw)
    related = Counter(
        key
        for _, intent in raw.intents
        for key in sequence(intent.get("related"))
        if isinstance(key, str) and key and key not in ids
    )
    wanted = {*related, *_ids_of_lone_files(raw)}
    lost = [problem for problem in raw.document.problems if problem.code == "E-LOST-LINE"]
    for problem in raw.document.problems:
        if problem in lost and len(wanted) == len(lost) == 1:
            (key,) = wanted
            remedy = problem.remedy.replace("- id: 编号", f"- id: {key}")
            yield replace(problem, remedy=f"{remedy}（别处写着这个编号）")
        elif problem.code == "E-UNKNOWN-ID":
            yield replace(problem, consequences=related[key_of(problem.file)])
        else:
            yield problem


def _ids_of_lone_files(raw: RawFaq) -> set[str]:
    """The ids of the texts beside faq.yaml that no topic has."""
    return {key_of(problem.file) for problem in raw.document.problems if problem.code == "E-UNKNOWN-ID"}


def cut_off(raw: RawFaq) -> Iterator[Problem]:
    """A file whose last topic isn't finished while others refer to topics that would come after it."""
    if not raw.intents:
        return
    _, last = raw.intents[-1]
    ids = _ids(raw)
    related = [key for _, intent in raw.intents for key in sequence(intent.get("related"))]
    if "reviewed" in last or all(key in ids for key in related if isinstance(key, str)) or "id" not in last:
        return
    source = raw.document.source
    line = next(number for number in range(len(source), 0, -1) if source.line(number).strip())
    message = f"文件到这里就断了：{quoted(str(last.get('id')))}没有写完，后面的话题也不见了"
    yield Problem(line, len(source.line(line)) + 1, "E-CUT-OFF", message, CUT_OFF_REMEDY)


def parameter_references(raw: RawFaq) -> Iterator[Problem]:
    """References to parameters that don't exist, and braces that refer to nothing."""
    unknown: dict[str, list[tuple[Path, int]]] = {}
    for written in raw.answer_texts:
        named = {found[1]: found for found in reversed(list(PARAMETER_REFERENCE.finditer(written.text)))}
        for name, found in named.items():
            if name not in raw.parameters:
                unknown.setdefault(name, []).append((written.path, found.start()))
        yield from _braces(raw, written)
    for name, places in unknown.items():
        path, character = places[0]
        remedy = _parameter_remedy(raw, name, len(places))
        problem = raw.problem(path, "E-UNKNOWN-PARAMETER", f"没有参数{quoted(name)}", remedy, character=character)
        yield replace(problem, consequences=len(places) - 1)
    for written in (*raw.titles, *raw.questions):
        if found_brace := _BRACES.search(written.text):
            message, remedy = "标题和问法里不能引用参数", "请直接写字，或删去花括号"
            yield raw.problem(written.path, "E-BRACE", message, remedy, character=found_brace.start())


def _braces(raw: RawFaq, written: WrittenText) -> Iterator[Problem]:
    if found := _TEMPLATE.search(written.text):
        message = f"“{found[1]}”会原样显示"
        yield raw.problem(
            written.path, "E-BRACE", message, f"请删去“{found[1]}”，只留 {found[2]}", character=found.start()
        )
        return
    blanked = PARAMETER_REFERENCE.sub(lambda found: " " * len(found[0]), written.text)
    if found := _BRACES.search(blanked):
        message, remedy = (
            "花括号会原样显示",
            "引用参数请写成 {lpr_1y} 这样，半角、小写、中间没有空格；不是引用就换成括号",
        )
        yield raw.problem(written.path, "E-BRACE", message, remedy, character=found.start())


def _parameter_remedy(raw: RawFaq, name: str, count: int) -> str:
    """Mend the one place that is misspelt, or the one definition; else the parameter is gone and has to come back."""
    unused = [known for known in raw.parameters if known not in _used_parameters(raw)]
    if (misspelt := typo_of(name, unused)) is not None:
        line = raw.document.key_place(("parameters", misspelt)).line
        return f"第 {line} 行的参数“{misspelt}”没有人引用，是不是该写成“{name}”"
    if count == 1 and (meant := typo_of(name, raw.parameters)) is not None:
        return f"你是不是想写“{meant}”"
    return f"请在 parameters 里把 {name} 这一行写回去（数值、日期、出处；误删的从备份里找）"


def unused_parameters(raw: RawFaq) -> Iterator[Problem]:
    """Parameters that no answer quotes, so that nobody would notice when they are out of date."""
    used = _used_parameters(raw)
    unknown = {
        name
        for written in raw.answer_texts
        for name in PARAMETER_REFERENCE.findall(written.text)
        if name not in raw.parameters
    }
    for name in raw.parameters if raw.intents else ():
        if name not in used and typo_of(name, unknown) is None:
            yield raw.problem(
                ("parameters", name),
                "W-UNUSED-PARAMETER",
                f"参数{quoted(name)}没有一条回答引用",
                "请在回答里引用，或删去",
                at_key=True,
            )


def _used_parameters(raw: RawFaq) -> set[str]:
    """The names in what people read, and in answers that are written in another form than they should."""
    text = _COMMENT_LINE.sub("", raw.document.source.text)
    return set(PARAMETER_REFERENCE.findall(text))


def hard_coded_values(raw: RawFaq) -> Iterator[Problem]:
    """A parameter's value copied into an answer, which won't change with the parameter."""
    telling: dict[str, list[str]] = {}
    for name in raw.parameters:
        if _TELLING_VALUE.fullmatch(text := raw.parameter_text(name)):
            telling.setdefault(text, []).append(f"{{{name}}}")
    if not telling:
        return
    pattern = re.compile(rf"(?<![\d.])(?:{'|'.join(map(re.escape, telling))})(?![\d.])")
    for written in raw.answer_texts:
        if "basis" in written.path:
            continue  # what a law says doesn't change with the parameter
        first_of_each = {found[0]: found for found in reversed(list(pattern.finditer(written.text)))}
        for found in first_of_each.values():
            if written.text.count("“", 0, found.start()) > written.text.count("”", 0, found.start()):
                continue  # a quotation doesn't change with the parameter
            remedy = f"请写成 {' 或 '.join(telling[found[0]])}"
            message = f"{quoted(found[0])}直接写在回答里，数值变了这里不会跟着变"
            yield raw.problem(written.path, "W-WRITTEN-OUT", message, remedy, character=found.start())


def duplicate_words(raw: RawFaq) -> Iterator[Problem]:
    """A word in two groups of the lexicon, of which only the first counts."""
    seen: dict[str, int] = {}
    for index, group in enumerate(sequence(raw.root.get("lexicon"))):
        for position, word in enumerate(sequence(group)):
            path = ("lexicon", index, position)
            if not isinstance(word, str) or not word:
                continue
            if word in seen:
                message = f"{quoted(word)}在第 {seen[word]} 行已经写过"
                yield raw.problem(path, "W-DUP-WORD", message, "请只留在意思最近的那一组")
            seen.setdefault(word, raw.line_of(path))

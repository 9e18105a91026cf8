"""Characters that don't belong into the file: invisible, look-alike or garbled ones, the other script, half-width marks, markup."""

import re
from collections.abc import Iterable, Iterator

from intents.checks.raw_faq import RawFaq, WrittenText
from intents.chinese.script import converter
from intents.faq.problems import Problem, quoted
from intents.faq.source import SourceText

_INVISIBLE = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164"
    "\ufeff\uffa0\U000e0000-\U000e007f\x85]"
)
_GARBLED = re.compile("\ufffd|[\ue000-\uf8ff]|锟斤拷|烫烫烫|[ÃÂ][\x80-\xbf]|ï»¿")
_LOOK_ALIKE = re.compile(
    "[\u0370-\u03ff\u0400-\u052f\u2e80-\u2fdf\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0002f800-\U0002fa1f]"
)
_HALFWIDTH = re.compile(
    "(?<=[\u4e00-\u9fff”》）])[,;:!?](?=[\u4e00-\u9fff“《（]|$)|(?<=[\u4e00-\u9fff])\\.(?=[\u4e00-\u9fff]|$)"
)
_HALFWIDTH_PAIR = re.compile("(?<=[\u4e00-\u9fff])\\([^()]*\\)")
_HAN = re.compile("[\u4e00-\u9fff]")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}\s*[.、)）]|[（(]\d{1,2}[)）]|[①-⑳]|第[一二三四五六七八九十]步)")
_MARKUP = re.compile(
    r"\*\*[^*]+\*\*|__[^_]+__|`[^`]+`|^#{1,6}(?=\s)|\[[^\]]+\]\([^)]+\)|</?[a-z][^<>]*>|&(?:[a-z]+|#\d+);",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)


def invisible(raw: RawFaq) -> Iterator[Problem]:
    """Invisible characters, which make equal texts different; also in keys and ids."""
    for source in raw.document.sources:
        for found in _INVISIBLE.finditer(source.text):
            name = "全角空格" if found[0] == "\u3000" else f"看不见的字符（U+{ord(found[0]):04X}）"
            yield _at(source, found.start(), "W-INVISIBLE", f"这里有一个{name}", "请删去；要空格就打半角空格")


def look_alikes(raw: RawFaq) -> Iterator[Problem]:
    """Letters of another script, of full width, or radicals that look like the usual ones."""
    for source in raw.document.sources:
        text = _COMMENT.sub(lambda comment: " " * len(comment[0]), source.text)
        for found in _LOOK_ALIKE.finditer(text):
            message = f"“{found[0]}”（U+{ord(found[0]):04X}）只是看着像平常的字"
            yield _at(source, found.start(), "W-LOOK-ALIKE", message, "请用输入法重新打一遍")


def garbled(raw: RawFaq) -> Iterator[Problem]:
    """What is left when a text was read in the wrong encoding."""
    for source in raw.document.sources:
        for found in _GARBLED.finditer(source.text):
            yield _at(source, found.start(), "W-GARBLED", "这里是乱码", "请重新输入，文件要存成 UTF-8")


def _at(source: SourceText, offset: int, code: str, message: str, remedy: str) -> Problem:
    place = source.place(offset)
    return Problem(place.line, place.column, code, message, remedy, file=place.file)


def mixed_script(raw: RawFaq) -> Iterator[Problem]:
    """Traditional and Simplified characters in one text; in answers, any Traditional one."""
    shown = (*raw.answer_texts, *raw.titles)
    traditional = frozenset(filter(_is_traditional, _used((*raw.questions, *shown))))
    doubtful = [question for question in raw.questions if not traditional.isdisjoint(question.text)]
    simplified = frozenset(filter(_is_simplified, _used(doubtful)))
    for question in doubtful:
        if simplified.isdisjoint(question.text):
            continue
        first = next(i for i, c in enumerate(question.text) if c in traditional)
        message = f"一句话里繁体“{question.text[first]}”和简体混着写"
        yield raw.problem(question.path, "W-MIXED-SCRIPT", message, "请整句用繁体，或整句用简体", character=first)
    for written in shown:
        first = next((i for i, c in enumerate(written.text) if c in traditional), -1)
        if first >= 0:
            message = f"回答里有繁体字“{written.text[first]}”"
            yield raw.problem(written.path, "W-MIXED-SCRIPT", message, "回答请一律用简体", character=first)


def _used(texts: Iterable[WrittenText]) -> set[str]:
    return set().union(*(written.text for written in texts))


def punctuation(raw: RawFaq) -> Iterator[Problem]:
    """Half-width marks between Chinese characters in what people read."""
    for written in (*raw.answer_texts, *raw.titles):
        pairs = (pair for pair in _HALFWIDTH_PAIR.finditer(written.text) if _HAN.search(pair[0]))
        if found := _HALFWIDTH.search(written.text) or next(pairs, None):
            message = f"中文里用了半角的“{found[0][0]}”"
            remedy = "请换成全角标点"
            yield raw.problem(written.path, "W-HALFWIDTH", message, remedy, character=found.start())


def numbered_lines(raw: RawFaq) -> Iterator[Problem]:
    """A step that begins with its number: the channels number steps themselves."""
    for written in raw.answer_texts:
        if "steps" in written.path and (found := _NUMBERED.match(written.text)):
            message = f"步骤开头写了序号{quoted(found[0])}，会显示成两个序号"
            yield raw.problem(written.path, "W-NUMBERED", message, "请删去序号", character=0)


def markup(raw: RawFaq) -> Iterator[Problem]:
    """Markdown or HTML in what people read: the channels show it as it stands."""
    for written in (*raw.answer_texts, *raw.titles):
        if found := _MARKUP.search(written.text):
            message, remedy = f"{quoted(found[0])}里的排版标记会原样显示", "请只留下文字；编号和小标题由机器人自己加"
            yield raw.problem(written.path, "W-MARKUP", message, remedy, character=found.start())


# A character is of one script only when OpenCC changes it into a character of the other script's classic set and its own
# set lacks it: 后, 里 and 干 are good Traditional too, and Cantonese 佢, 嘅 and 嗰 have no everyday Simplified form.
def _is_traditional(character: str) -> bool:
    return _is_of_one_script(character, "t2s", own="gb2312")


def _is_simplified(character: str) -> bool:
    # Cantonese characters are in neither set. Asked first, because OpenCC's dictionary for this direction takes long to load.
    return _fits(character, "gb2312") and _is_of_one_script(character, "s2t", own="big5")


def _is_of_one_script(character: str, conversion: str, *, own: str) -> bool:
    if not "\u4e00" <= character <= "\u9fff" or _fits(character, own):
        return False
    converted = converter(conversion).convert(character)
    return converted != character and _fits(converted, own)


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True

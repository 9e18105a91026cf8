"""A new intent laid out: at the end of its group, explained, and not yet good enough to be served."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from intents.faq.edit import EditError
from intents.faq.rewrite import RewriteError
from intents.faq.schema import FAQ, Group, Intent
from intents.faq.skeleton import add_intent, refuse_id, with_skeleton
from intents.knowledge import Knowledge
from intents.load import check_text
from tests.faqs import faq_text, intent

TODAY = date(2026, 11, 23)


def grouped() -> str:
    """Two intents of the group collection, with a heading before the next group."""
    text = faq_text(
        [
            intent("home_visit", ["催收会上门吗"]),
            intent("call_bombing", ["一天打几十个电话"]),
            intent("negotiate", ["怎么协商"], group="negotiation"),
        ]
    )
    return text.replace("- id: negotiate\n", "# ---- 协商 ----\n- id: negotiate\n")


def ids(text: str) -> list[str]:
    return [entry["id"] for entry in yaml.safe_load(text)["intents"]]


def test_it_stands_at_the_end_of_its_group_before_the_heading_of_the_next() -> None:
    edit = with_skeleton(grouped(), "night_calls", Group.COLLECTION, "半夜来电", TODAY)
    assert ids(edit.text) == ["home_visit", "call_bombing", "night_calls", "negotiate"]
    assert edit.text.index("night_calls") < edit.text.index("# ---- 协商 ----") < edit.text.index("id: negotiate")


@pytest.mark.parametrize("key", ["allowed_wording", "out_of_scope"])
def test_it_stands_among_the_intents_whatever_key_comes_behind_them(key: str) -> None:
    before = grouped() + f"{key}:\n  questions:\n  - 花呗怎么开通\n"
    edit = with_skeleton(before, "late_calls", Group.NEGOTIATION, "晚到的来电", TODAY)
    assert ids(edit.text)[-1] == "late_calls"
    assert edit.text.index("late_calls") < edit.text.index(f"{key}:")


def test_in_a_group_without_intents_it_stands_at_the_end() -> None:
    edit = with_skeleton(grouped(), "new_one", Group.SUPPORT, "新", TODAY)
    assert ids(edit.text)[-1] == "new_one"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_line_that_was_there_stays(line_end: str) -> None:
    before = grouped().replace("\n", line_end)
    edit = with_skeleton(before, "night_calls", Group.COLLECTION, "半夜来电", TODAY)
    lines = edit.text.splitlines(keepends=True)
    kept = lines[: edit.line - 1] + lines[edit.line - 1 + edit.added_lines :]
    assert "".join(kept) == before
    assert all(line.endswith(line_end) for line in lines)


def test_every_field_of_an_answer_is_there_with_what_it_means() -> None:
    edit = with_skeleton(grouped(), "night_calls", Group.COLLECTION, "半夜来电", TODAY)
    block = "\n".join(edit.text.splitlines()[edit.line - 1 : edit.line - 1 + edit.added_lines])
    entry = yaml.safe_load(block)[0]
    assert set(entry) == set(Intent.model_fields) - {"source"}
    assert set(entry["answer"]) == {"summary", "consequences", "rights", "steps", "script", "basis"}
    assert (entry["title"], entry["owner"], str(entry["reviewed"])) == ("半夜来电", "内容组", "2026-11-23")
    assert str(Intent.model_fields["questions"].description) in block


def test_until_it_is_filled_in_check_lists_what_is_missing_and_the_file_is_not_served() -> None:
    before = grouped()
    edit = with_skeleton(before, "night_calls", Group.COLLECTION, "半夜来电", TODAY)
    checked = check_text(edit.text)
    assert check_text(before).faq is not None
    assert checked.faq is None
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    assert {problem.code for problem in errors} == {"E-EMPTY-PART"}
    assert all(edit.line <= problem.line < edit.line + edit.added_lines for problem in errors)


def test_filled_in_it_is_served() -> None:
    edit = with_skeleton(grouped(), "night_calls", Group.COLLECTION, "半夜来电", TODAY)
    loaded = yaml.safe_load(edit.text)
    entry = next(each for each in loaded["intents"] if each["id"] == "night_calls")
    entry |= {"questions": ["半夜还打电话"], "answer": intent("x", ["y"])["answer"]}
    del entry["related"]
    assert "night_calls" in FAQ.model_validate_json(json.dumps(loaded, default=str)).by_id


@pytest.mark.parametrize(
    ("key", "said"), [("home_visit", "已经有了"), ("Night", "小写"), ("夜", "小写"), ("1st", "小写"), ("a" * 41, "40")]
)
def test_an_id_that_is_taken_or_malformed_is_refused(key: str, said: str) -> None:
    with pytest.raises(EditError, match=said):
        with_skeleton(grouped(), key, Group.COLLECTION, "标题", TODAY)


def test_a_title_that_is_taken_is_refused_with_the_id_that_has_it() -> None:
    with pytest.raises(EditError, match="“call_bombing标题”已经是 call_bombing 的"):
        with_skeleton(grouped(), "night_calls", Group.SUPPORT, "call_bombing标题", TODAY)


def test_a_second_skeleton_goes_beside_an_unfinished_one(tmp_path: Path) -> None:
    path = tmp_path / "faq.yaml"
    path.write_text(grouped(), encoding="utf-8")
    Knowledge.load(path)
    first = add_intent(path, "one_more", Group.COLLECTION, "一", TODAY)
    second = add_intent(path, "two_more", Group.COLLECTION, "二", TODAY)
    assert ids(path.read_text("utf-8")) == ["home_visit", "call_bombing", "one_more", "two_more", "negotiate"]
    assert first.backup.read_text("utf-8") == grouped()
    assert path.read_text("utf-8").splitlines()[second.line - 1].lstrip().startswith("- id: two_more")


def test_the_owner_of_most_topics_is_put_in_and_nobody_where_there_is_none() -> None:
    def owner(*owners: str | None) -> object:
        told = [intent(f"i{n}", [f"问题{n}"], **({"owner": each} if each else {})) for n, each in enumerate(owners)]
        edit = with_skeleton(faq_text(told), "night_calls", Group.COLLECTION, "", TODAY)
        entry = next(each for each in yaml.safe_load(edit.text)["intents"] if each["id"] == "night_calls")
        assert entry["title"] is None
        return entry["owner"]

    assert owner("甲组", "乙组", "乙组") == "乙组"
    text = faq_text([{**intent("a", ["一"]), "owner": ""}])
    assert "owner:   #" in with_skeleton(text, "night_calls", Group.COLLECTION, "", TODAY).text


def test_a_list_for_questions_is_left_out_where_they_stand_in_a_text() -> None:
    edit = with_skeleton(grouped(), "night_calls", Group.COLLECTION, "半夜来电", TODAY, questions=False)
    entry = next(each for each in yaml.safe_load(edit.text)["intents"] if each["id"] == "night_calls")
    assert "questions" not in entry
    assert entry["answer"]["basis"] == [{"law": None, "article": None, "says": None}]
    assert [entry["answer"][part] for part in ("consequences", "rights", "steps")] == [[None]] * 3
    assert entry["related"] == [None]


@pytest.mark.parametrize("key", ["a", "a" * 40, "night_calls2"])
def test_an_id_may_have_up_to_forty_characters(key: str, tmp_path: Path) -> None:
    path = tmp_path / "faq.yaml"
    path.write_text(grouped(), encoding="utf-8")
    refuse_id(path, key)
    with pytest.raises(EditError, match="已经有了"):
        refuse_id(path, "home_visit")


def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "faq.yaml"
    with pytest.raises(RewriteError, match=r"faq\.yaml 打不开"):
        refuse_id(path, "a")
    path.write_bytes("intents: 乱".encode("gbk"))
    with pytest.raises(EditError, match="不是 UTF-8"):
        add_intent(path, "a", Group.COLLECTION, "", TODAY)
    path.write_text("version: 1\nintents: []\n", encoding="utf-8")
    with pytest.raises(EditError, match="还没有任何话题"):
        add_intent(path, "a", Group.COLLECTION, "", TODAY)
    assert path.read_text("utf-8") == "version: 1\nintents: []\n"


def test_where_there_is_no_folder_for_questions_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "faq.yaml"
    path.write_text(grouped(), encoding="utf-8")
    assert add_intent(path, "one_more", Group.COLLECTION, "一", TODAY).questions is None
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "two_more.txt").write_text("早就写好的\n", encoding="utf-8")
    assert add_intent(path, "two_more", Group.COLLECTION, "二", TODAY).questions == "questions/two_more.txt"
    assert (tmp_path / "questions" / "two_more.txt").read_text("utf-8") == "早就写好的\n"


def test_dashes_that_stand_before_say_nothing_of_where_a_topic_begins() -> None:
    edit = with_skeleton(f"# 版本 a-b\n{grouped()}", "night_calls", Group.COLLECTION, "半夜来电", TODAY)
    assert (
        edit.text == f"# 版本 a-b\n{with_skeleton(grouped(), 'night_calls', Group.COLLECTION, '半夜来电', TODAY).text}"
    )
